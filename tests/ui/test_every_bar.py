"""What is true of every bar."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

import modelfetch as mf

from .snapshots import COMPLETE, START

if TYPE_CHECKING:
    from collections.abc import Callable

BARS: dict[str, Callable[[io.StringIO], Callable[[mf.DownloadProgress], None]]] = {
    "rich": lambda file: mf.ui.rich.bar(console=Console(file=file, force_terminal=True)),
    "tqdm": lambda file: mf.ui.tqdm.bar(file=file, disable=False),
}
CLOSED = {"rich": "\x1b[?25h", "tqdm": "\n"}
"""What is written last: the cursor is given back, the line is ended."""


@pytest.mark.parametrize("status", [status for status in mf.DownloadStatus if status.is_final])
@pytest.mark.parametrize("name", BARS)
def test_the_terminal_snapshot_is_drawn_and_closes_it(name: str, status: mf.DownloadStatus) -> None:
    file = io.StringIO()
    bar = BARS[name](file)
    bar(START)
    bar(replace(COMPLETE, status=status, error="NetworkError"))
    assert {"complete": "done", "error": "failed", "cancelled": "cancelled"}[status.value] in file.getvalue()
    assert file.getvalue().endswith(CLOSED[name])


@pytest.mark.parametrize("name", BARS)
def test_an_end_before_there_was_a_plan_draws_nothing(name: str) -> None:
    file = io.StringIO()
    bar = BARS[name](file)
    bar(mf.DownloadProgress())
    bar(mf.DownloadProgress(mf.DownloadStatus.ERROR, error="NetworkError"))
    assert file.getvalue() == ""


@pytest.mark.parametrize("name", BARS)
def test_naming_it_does_not_import_what_draws_it(name: str) -> None:
    code = f"import sys, modelfetch as mf; mf.ui.{name}.bar(); sys.exit({name!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
