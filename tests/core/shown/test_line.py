"""One line says how far a download is, and says nothing that is not known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.shown.line import progress_line
from modelfetch.core.transfer.progress import DownloadProgress, DownloadStatus

RUNNING = DownloadProgress(
    status=DownloadStatus.DOWNLOADING,
    bytes_downloaded=254_000_000,
    bytes_total=670_000_000,
    files_total=4,
    speed=46_500_000.0,
    eta=8.9,
    seq=7,
)


def test_a_speed_without_a_time_left_is_shown_alone() -> None:
    assert progress_line(replace(RUNNING, eta=None)) == "37% · 254 MB of 670 MB · 46.5 MB/s · file 1 of 4"


def test_a_running_download_shows_bytes_speed_time_left_and_file() -> None:
    assert progress_line(RUNNING) == "37% · 254 MB of 670 MB · 46.5 MB/s · 9 s left · file 1 of 4"


def test_before_there_is_a_plan_no_number_is_shown() -> None:
    assert progress_line(DownloadProgress()) == "preparing"


def test_before_there_is_a_speed_a_word_stands_in_its_place() -> None:
    assert progress_line(replace(RUNNING, speed=0.0, eta=None)) == "37% · 254 MB of 670 MB · downloading · file 1 of 4"


def test_a_stalled_download_shows_neither_speed_nor_time_left() -> None:
    assert progress_line(replace(RUNNING, stalled=True)) == "37% · 254 MB of 670 MB · stalled · file 1 of 4"


def test_what_a_download_waits_for_is_said() -> None:
    waiting = replace(RUNNING, speed=0.0, eta=None, message="waiting before another try")
    assert progress_line(waiting) == "37% · 254 MB of 670 MB · downloading · waiting before another try · file 1 of 4"


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (DownloadStatus.CHECKING, "37% · 254 MB of 670 MB · checking"),
        (DownloadStatus.VERIFYING, "37% · 254 MB of 670 MB · verifying · file 1 of 4"),
        (DownloadStatus.CANCELLED, "37% · 254 MB of 670 MB · cancelled"),
    ],
)
def test_each_status_has_its_word(status: DownloadStatus, line: str) -> None:
    assert progress_line(replace(RUNNING, status=status)) == line


def test_an_error_is_named_and_its_message_is_left_to_who_shows_it() -> None:
    failed = replace(RUNNING, status=DownloadStatus.ERROR, error="NetworkError", message="A long\nstory.")
    assert progress_line(failed) == "37% · 254 MB of 670 MB · failed (NetworkError)"


def test_an_error_before_there_was_a_plan_is_named_alone() -> None:
    assert progress_line(DownloadProgress(DownloadStatus.ERROR, error="NetworkError")) == "failed (NetworkError)"


def test_the_last_file_is_never_passed() -> None:
    assert progress_line(replace(RUNNING, files_done=4)).endswith("file 4 of 4")


def test_a_complete_download_says_what_was_here_before() -> None:
    complete = replace(RUNNING, status=DownloadStatus.COMPLETE, bytes_downloaded=670_000_000)
    assert progress_line(complete) == "100% · 670 MB of 670 MB · done"
    assert progress_line(replace(complete, bytes_reused=254_000_000)).endswith("done · 254 MB of it were here")


def test_a_model_without_bytes_is_done_without_a_number() -> None:
    assert progress_line(DownloadProgress(DownloadStatus.COMPLETE, files_done=1, files_total=1)) == "done"


@given(
    status=st.sampled_from(DownloadStatus),
    done=st.integers(0, 10**12),
    more=st.integers(0, 10**12),
    speed=st.floats(0, 1e12),
    eta=st.none() | st.floats(0, 1e9),
    stalled=st.booleans(),
)
def test_it_is_one_line_and_says_100_percent_only_when_every_byte_is_here(  # noqa: PLR0913 - one for each field
    *, status: DownloadStatus, done: int, more: int, speed: float, eta: float | None, stalled: bool
) -> None:
    seen = DownloadProgress(
        status, bytes_downloaded=done, bytes_total=done + more, speed=speed, eta=eta, stalled=stalled
    )
    line = progress_line(seen)
    assert len(line.splitlines()) == 1
    assert line.startswith("100%") == (more == 0 and done > 0)
