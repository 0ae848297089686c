"""The rich bar stands where the download stands, says the line that every surface says, and leaves nothing open."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

import modelfetch as mf
from modelfetch.testing import LocalHub, Synthetic

from .snapshots import COMPLETE, RUNNING, START

if TYPE_CHECKING:
    from pathlib import Path

    from modelfetch.ui.rich import Bar


def drawing(file: io.StringIO, name: str = "", **options: Any) -> Bar:
    """A bar on what rich takes for a terminal."""
    return mf.ui.rich.bar(
        name, console=Console(file=file, force_terminal=True, width=100, color_system=None), **options
    )


def drawn(file: io.StringIO) -> list[str]:
    """Each time the line was drawn, without what moves the cursor."""
    lines = file.getvalue().replace("\x1b[2K", "\n").replace("\r", "\n").split("\n")
    return [line.strip() for line in lines if "━" in line or "·" in line]


def test_its_text_is_the_line_that_every_surface_shows() -> None:
    file = io.StringIO()
    with drawing(file, "large-v3") as bar:
        bar(RUNNING)
    assert drawn(file)[-1].endswith("large-v3  60% · 600 B of 1.00 kB · 50 B/s · 8 s left · file 1 of 2")


def test_its_length_is_the_fraction() -> None:
    file = io.StringIO()
    with drawing(file) as bar:
        bar(RUNNING)
    assert drawn(file)[-1].partition(" ")[0].count("━") == 12


def test_a_text_in_brackets_is_text_and_no_markup() -> None:
    file = io.StringIO()
    with drawing(file, "[red]model") as bar:
        bar(RUNNING)
    assert "[red]model" in drawn(file)[-1]


def test_as_a_context_manager_it_gives_the_cursor_back_whatever_happens() -> None:
    file = io.StringIO()
    bar = drawing(file)
    bar(START)
    with pytest.raises(KeyboardInterrupt), bar:
        raise KeyboardInterrupt
    assert file.getvalue().endswith("\x1b[?25h")


def test_a_bar_that_was_forgotten_gives_the_cursor_back() -> None:
    file = io.StringIO()
    bar = drawing(file)
    bar(START)
    del bar
    assert file.getvalue().endswith("\x1b[?25h")


def test_it_may_be_used_again() -> None:
    file = io.StringIO()
    with drawing(file) as bar:
        bar(COMPLETE)
        bar(replace(RUNNING, bytes_total=6000))
    assert drawn(file)[-1].partition(" ")[0].count("━") == 2


def test_a_model_without_bytes_is_a_full_bar_when_it_is_done() -> None:
    file = io.StringIO()
    with drawing(file) as bar:
        bar(mf.DownloadProgress(mf.DownloadStatus.COMPLETE, files_done=1, files_total=1))
    assert drawn(file)[-1] == "━" * 20 + " done"


def test_where_there_is_no_terminal_nothing_is_written_unless_it_is_asked_for() -> None:
    for disable, lines in ((None, 0), (False, 1)):
        file = io.StringIO()
        bar = mf.ui.rich.bar(console=Console(file=file, width=100), disable=disable)
        for seen in (START, RUNNING, COMPLETE):
            bar(seen)
        assert len(drawn(file)) == lines


def test_without_rich_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    with pytest.raises(ImportError, match=r"pip install 'modelfetch\[rich\]'"):
        mf.ui.rich.bar()(START)


def test_a_whole_download_in_one_line(tmp_path: Path) -> None:
    file = io.StringIO()
    with LocalHub() as hub:
        hub.add_repo("org/name", {"model.bin": Synthetic(3_000_000)})
        mf.download("org/name", progress=drawing(file), endpoint=hub.endpoint, cache_dir=tmp_path, token=False)
    assert drawn(file)[-1] == "━" * 20 + " 100% · 3.00 MB of 3.00 MB · done"
