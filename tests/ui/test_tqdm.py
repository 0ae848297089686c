"""The tqdm bar stands where the download stands, is honest about its rate, and leaves nothing open."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tqdm import tqdm

import modelfetch as mf
from modelfetch.testing import LocalHub, Synthetic

from .snapshots import COMPLETE, RUNNING, START

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from modelfetch.ui.tqdm import Bar


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    yield
    assert len(getattr(tqdm, "_instances", ())) == 0


def drawing(file: io.StringIO, **options: Any) -> Bar:
    return mf.ui.tqdm.bar(file=file, disable=False, mininterval=0, ncols=100, ascii=True, **options)


def drawn(file: io.StringIO) -> list[str]:
    return [line.strip() for line in file.getvalue().replace("\n", "\r").split("\r") if line.strip()]


def opened(bar: Bar) -> tqdm[Any]:
    assert bar._bar is not None
    return bar._bar


def test_it_opens_at_the_first_look_with_the_true_total_and_what_is_here() -> None:
    with drawing(io.StringIO()) as bar:
        bar(START)
        assert (opened(bar).total, opened(bar).initial, opened(bar).n) == (1000, 400, 400)


def test_it_is_set_to_where_the_download_is_and_counts_nothing_twice() -> None:
    with drawing(io.StringIO()) as bar:
        for seen in (START, RUNNING, RUNNING, replace(RUNNING, bytes_downloaded=700)):
            bar(seen)
        assert opened(bar).n == 700


def test_bytes_that_turn_out_to_be_here_do_not_count_into_tqdm_s_rate() -> None:
    with drawing(io.StringIO()) as bar:
        bar(START)
        bar(replace(RUNNING, bytes_downloaded=900, bytes_reused=850))
        assert opened(bar).n - opened(bar).initial == 50


def test_its_text_is_the_line_that_every_surface_shows() -> None:
    file = io.StringIO()
    with drawing(file, desc="large-v3") as bar:
        bar(RUNNING)
    line = "large-v3  60% · 600 B of 1.00 kB · 50 B/s · 8 s left · file 1 of 2"
    assert drawn(file)[0] == f"|######    | {line}"


def test_a_stall_is_drawn_although_no_byte_came() -> None:
    file = io.StringIO()
    with drawing(file) as bar:
        bar(RUNNING)
        bar(replace(RUNNING, stalled=True))
        assert "stalled" in drawn(file)[-1]


def test_as_a_context_manager_it_closes_whatever_happens() -> None:
    bar = drawing(io.StringIO())
    bar(START)
    with pytest.raises(KeyboardInterrupt), bar:
        raise KeyboardInterrupt
    assert bar._bar is None


def test_it_may_be_used_again() -> None:
    with drawing(io.StringIO()) as bar:
        bar(START)
        bar(COMPLETE)
        bar(replace(START, bytes_total=5000))
        assert opened(bar).total == 5000


def test_where_there_is_no_terminal_nothing_is_written() -> None:
    file = io.StringIO()
    bar = mf.ui.tqdm.bar(file=file)
    for seen in (START, RUNNING, COMPLETE):
        bar(seen)
    assert file.getvalue() == ""


def test_a_process_without_stderr_is_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    bar = mf.ui.tqdm.bar(disable=False)
    for seen in (START, RUNNING, COMPLETE):
        bar(seen)


@pytest.mark.parametrize("name", ["total", "initial", "iterable"])
def test_what_the_download_says_cannot_be_said_for_it(name: str) -> None:
    options: dict[str, Any] = {name: 1}
    with pytest.raises(TypeError, match=name):
        mf.ui.tqdm.bar(**options)


def test_tqdm_s_own_options_are_passed_on() -> None:
    file = io.StringIO()
    with drawing(file, bar_format="{n_fmt}/{total_fmt}{unit} {desc}", leave=False) as bar:
        bar(RUNNING)
    assert drawn(file)[0].startswith("600/1.00kB 60%")


def test_auto_uses_the_class_that_suits_the_host() -> None:
    from tqdm.auto import tqdm as automatic

    with drawing(io.StringIO(), auto=True) as bar:
        bar(START)
        assert isinstance(opened(bar), automatic)


def test_a_whole_download_in_one_line(tmp_path: Path) -> None:
    file = io.StringIO()
    with LocalHub() as hub:
        hub.add_repo("org/name", {"model.bin": Synthetic(3_000_000)})
        mf.download("org/name", progress=drawing(file), endpoint=hub.endpoint, cache_dir=tmp_path, token=False)
    assert drawn(file)[-1] == "|##########| 100% · 3.00 MB of 3.00 MB · done"
