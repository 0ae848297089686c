"""``modelfetch list``, ``status``, ``verify`` and ``remove``, as a person and as a program use them."""

from __future__ import annotations

import io
import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf
from modelfetch.cli import main
from modelfetch.testing.fixture import isolated_cache as isolated_cache
from modelfetch.testing.fixture import local_hub as local_hub

if TYPE_CHECKING:
    from pathlib import Path

    from modelfetch.testing import LocalHub

REPO = "org/name"
FILES = {"config.json": b"{}", "model.bin": b"weights", "tokenizer.json": b"{ }", "vocabulary.txt": b"a\nb\n"}
SIZE = sum(map(len, FILES.values()))


@pytest.fixture
def cache(local_hub: LocalHub, isolated_cache: Path) -> Path:
    """A cache with one complete model."""
    local_hub.add_repo(REPO, FILES)
    mf.download(REPO, cache_dir=isolated_cache, endpoint=local_hub.endpoint, token=False)
    return isolated_cache


def spoil(cache: Path) -> None:
    (link,) = (cache / "models--org--name" / "snapshots").glob("*/model.bin")
    link.resolve().write_bytes(b"weighut")


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    """The exit code and what was written to stdout and stderr."""
    code = main([str(word) for word in words])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_a_list_is_a_table_with_a_total(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "list", "--cache-dir", cache)

    headings, row = out.splitlines()
    assert code == 0
    assert headings.split() == ["MODEL", "SIZE", "FILES", "STATUS", "LAST", "USED", "REVISIONS"]
    assert row.split()[:5] == [REPO, "16", "B", "4", "downloaded"]
    assert row.split()[-2:] == ["ago", "main"]
    assert row.index("main") == headings.index("REVISIONS")
    assert row.index("downloaded") == headings.index("STATUS")
    assert err == f"1 model, 16 B in {cache}.\n"


def test_a_list_as_json_holds_every_field(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (model,) = mf.list_cached(cache)

    code, out, err = run(capsys, "list", "--json", "--cache-dir", cache)

    (told,) = json.loads(out)
    assert (code, err) == (0, "")
    assert told == {
        "repo_id": REPO,
        "revisions": ["main"],
        "commits": list(model.commits),
        "path": str(model.path),
        "size_bytes": SIZE,
        "files": sorted(FILES),
        "last_used": model.last_used,
        "status": "downloaded",
    }


def test_an_empty_cache_is_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "list", "--cache-dir", tmp_path / "x") == (0, "", f"No models in {tmp_path / 'x'}.\n")
    assert run(capsys, "list", "--json", "--cache-dir", tmp_path / "x") == (0, "[]\n", "")


def test_what_two_models_share_counts_once_in_the_total(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blob = next((cache / "models--org--name" / "snapshots").glob("*/model.bin")).resolve()
    other = cache / "models--org--other" / "snapshots" / ("b" * 40)
    other.mkdir(parents=True)
    (other / "model.bin").hardlink_to(blob)

    assert run(capsys, "list", "--cache-dir", cache)[2] == f"2 models, 16 B in {cache}.\n"


def test_the_status_is_a_word_and_the_exit_code(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here = ("--cache-dir", cache)
    assert run(capsys, "status", REPO, *here) == (0, "downloaded\n", "")
    assert run(capsys, "status", "org/other", *here) == (1, "not downloaded\n", "")
    assert run(capsys, "status", REPO, "--backend", "ctranslate2", *here) == (0, "downloaded\n", "")
    next((cache / "models--org--name" / "snapshots").glob("*/model.bin")).unlink()
    assert run(capsys, "status", REPO, *here) == (1, "partial\n", "")
    code, out, _ = run(capsys, "status", REPO, "--json", *here)
    assert (code, json.loads(out)) == (1, {"model": REPO, "status": "partial"})


def test_a_model_that_verifies_says_so_and_nothing_on_stdout(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "verify", REPO, "--cache-dir", cache)

    (model,) = mf.list_cached(cache)
    assert (code, out, err) == (0, "", f"org/name ({model.commits[0][:7]}): 4 files verified.\n")


def test_bad_files_are_named_and_the_exit_code_is_1(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoil(cache)
    next((cache / "models--org--name" / "snapshots").glob("*/config.json")).unlink()

    code, out, err = run(capsys, "verify", REPO, "--cache-dir", cache)

    assert (code, out) == (1, "corrupt  model.bin\nmissing  config.json\n")
    assert "2 files verified, 1 corrupt, 1 missing. To repair it: modelfetch remove org/name, then" in err


def test_a_verification_as_json_is_the_report(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoil(cache)

    code, out, err = run(capsys, "verify", REPO, "--json", "--cache-dir", cache)

    told = json.loads(out)
    assert (code, err) == (1, "")
    assert (told["repo_id"], told["corrupt"], told["missing"], told["unknown"]) == (REPO, ["model.bin"], [], [])
    assert (told["ok"], told["is_ok"]) == (["config.json", "tokenizer.json", "vocabulary.txt"], False)


def test_verifying_what_is_not_there_is_a_typed_error(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "verify", "org/other", "--cache-dir", cache)

    assert (code, out) == (1, "")
    assert err.startswith("NotCachedError: org/other is not in the cache")


def test_without_a_terminal_a_removal_asks_nothing_and_says_what_it_freed(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "remove", REPO, "--cache-dir", cache) == (0, "Freed 16 B.\n", "")
    assert run(capsys, "remove", REPO, "--cache-dir", cache) == (0, "Freed 0 B.\n", "")
    code, out, _ = run(capsys, "remove", REPO, "--revision", "v1", "--json", "--cache-dir", cache)
    assert (code, json.loads(out)) == (0, {"model": REPO, "freed_bytes": 0})


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("", 1)])
def test_at_a_terminal_it_asks_and_anything_but_yes_is_no(
    cache: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys, "stderr", terminal)

    assert run(capsys, "remove", REPO, "--cache-dir", cache)[0] == code

    assert terminal.getvalue().startswith("Remove org/name from the cache? [y/N] ")
    assert len(mf.list_cached(cache)) == code


def test_yes_asks_nothing_at_a_terminal_either(
    cache: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(sys, "stderr", Terminal())

    assert run(capsys, "remove", REPO, "--yes", "--cache-dir", cache)[:2] == (0, "Freed 16 B.\n")


def test_names_in_a_cache_are_shown_and_not_obeyed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    snapshot = tmp_path / "models--org--name" / "snapshots" / ("c" * 40)
    snapshot.mkdir(parents=True)
    (snapshot / "model.bin").write_bytes(b"x")
    if os.name == "posix":
        (snapshot / "a\x1b[2J").write_bytes(b"x")

    _, out, _ = run(capsys, "verify", f"{REPO}@{'c' * 40}", "--cache-dir", tmp_path)

    assert "\x1b" not in out
    assert "unknown  model.bin" in out
