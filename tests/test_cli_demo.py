"""The demo says only what is true, needs nothing of the user's, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from modelfetch.cli import demo, main

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = {
    "HF_HUB_OFFLINE": "1",
    "HF_ENDPOINT": "http://127.0.0.1:9",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
    "HF_TOKEN": "hf_of_the_user",
}


def test_it_runs_offline_behind_a_dead_proxy_and_counts_what_it_claims(tmp_path: Path) -> None:
    places = {"TMPDIR": str(tmp_path), "TEMP": str(tmp_path), "TMP": str(tmp_path), "HF_HOME": str(tmp_path / "home")}
    ran = subprocess.run(
        [sys.executable, "-m", "modelfetch", "demo", "--fast"],
        env=os.environ | HOSTILE | places,
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "NOT TRUE" not in ran.stdout
    assert re.search(r"the call had ended \d+ ms after the cancel", ran.stdout)
    model, before, after, twice = (
        int(count.replace(",", "")) for count in re.findall(r"^  .*? ([\d,]+)$", ran.stdout, re.MULTILINE)
    )
    assert before + after == model + twice
    assert 0 < before < model
    assert 0 < after < model
    assert list(tmp_path.iterdir()) == []


def test_a_size_that_no_model_has_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["demo", "--fast", "--size", "1"])
    assert capsys.readouterr().err.endswith(
        "error: no real model is as small as 1 B; choose a --size of 25MB or more\n"
    )


def test_a_claim_that_is_not_true_is_said_and_makes_it_fail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "_digest", lambda path, file: f"not that of {path}, {file}")
    assert main(["demo", "--fast", "--size", "45MB"]) == 1
    assert "NOT TRUE: All 4 files are what the Hub lists" in capsys.readouterr().out
