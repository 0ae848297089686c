"""How far along, in one line of text, and the same line on every surface.

Rule: what is not known is left out, never guessed: no speed before there is one, no time left while nothing
arrives, no numbers before there is a plan. Percent is rounded down, so 100 % means that every byte is here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..text import bytes_text, seconds_text
from ..transfer.progress import DownloadStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..transfer.progress import DownloadProgress

_WORDS = {
    DownloadStatus.PENDING: "preparing",
    DownloadStatus.CHECKING: "checking",
    DownloadStatus.VERIFYING: "verifying",
    DownloadStatus.COMPLETE: "done",
    DownloadStatus.CANCELLED: "cancelled",
}
_FAILED = {DownloadStatus.ERROR, DownloadStatus.CANCELLED}
"""Their message is a paragraph, and whoever shows the error shows it."""

_AT_A_FILE = {DownloadStatus.DOWNLOADING, DownloadStatus.VERIFYING}


def progress_line(progress: DownloadProgress) -> str:
    """``38% · 254 MB of 670 MB · 46.5 MB/s · 9 s left · file 1 of 4``, without a line break."""
    return " · ".join(_parts(progress))


def detail_line(progress: DownloadProgress) -> str:
    """The numbers alone, for who shows percent and status elsewhere: ``254 MB of 670 MB · 46.5 MB/s · 9 s left · file 1 of 4``."""
    return " · ".join((*_bytes(progress), *_speed(progress), *_where(progress)))


def _parts(progress: DownloadProgress) -> Iterator[str]:
    if progress.bytes_total:
        yield f"{progress.percent}%"
    yield from _bytes(progress)
    yield from _doing(progress)
    yield from _where(progress)


def _bytes(progress: DownloadProgress) -> Iterator[str]:
    if progress.bytes_total:
        yield f"{bytes_text(progress.bytes_downloaded)} of {bytes_text(progress.bytes_total)}"


def _where(progress: DownloadProgress) -> Iterator[str]:
    """What it waits for, and which file it is at."""
    if progress.message and progress.status not in _FAILED:
        yield progress.message
    if progress.status in _AT_A_FILE and progress.files_total:
        yield f"file {min(progress.files_done + 1, progress.files_total)} of {progress.files_total}"
    if progress.status is DownloadStatus.COMPLETE and progress.bytes_reused:
        yield f"{bytes_text(progress.bytes_reused)} of it were here"


def _doing(progress: DownloadProgress) -> Iterator[str]:
    if progress.status is DownloadStatus.ERROR:
        yield f"failed ({progress.error})"
    elif progress.status is DownloadStatus.DOWNLOADING:
        yield from tuple(_speed(progress)) or ("stalled" if progress.stalled else "downloading",)
    else:
        yield _WORDS[progress.status]


def _speed(progress: DownloadProgress) -> Iterator[str]:
    if progress.status is DownloadStatus.DOWNLOADING and progress.speed > 0 and not progress.stalled:
        yield f"{bytes_text(progress.speed)}/s"
        if progress.eta is not None:
            yield f"{seconds_text(progress.eta)} left"
