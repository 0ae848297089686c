"""How far along, in one line of text, and the same line on every surface.

Rule: what is not known is left out, never guessed: no speed before there is one, no time left while nothing
arrives, no numbers before there is a plan. Percent is rounded down, so 100 % means that every byte is here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .progress import DownloadStatus
from .text import bytes_text, seconds_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .progress import DownloadProgress

_WORDS = {
    DownloadStatus.PENDING: "preparing",
    DownloadStatus.CHECKING: "checking",
    DownloadStatus.VERIFYING: "verifying",
    DownloadStatus.COMPLETE: "done",
    DownloadStatus.CANCELLED: "cancelled",
}
_AT_A_FILE = {DownloadStatus.DOWNLOADING, DownloadStatus.VERIFYING}


def progress_line(progress: DownloadProgress) -> str:
    """``38% · 254 MB of 670 MB · 46.5 MB/s · 9 s left · file 1 of 4``, without a line break."""
    return " · ".join(_parts(progress))


def _parts(progress: DownloadProgress) -> Iterator[str]:
    if progress.bytes_total:
        yield f"{progress.percent}%"
        yield f"{bytes_text(progress.bytes_downloaded)} of {bytes_text(progress.bytes_total)}"
    yield from _doing(progress)
    if progress.message and not progress.status.is_final:
        yield progress.message
    if progress.status in _AT_A_FILE and progress.files_total:
        yield f"file {min(progress.files_done + 1, progress.files_total)} of {progress.files_total}"
    if progress.status is DownloadStatus.COMPLETE and progress.bytes_reused:
        yield f"{bytes_text(progress.bytes_reused)} of it were here"


def _doing(progress: DownloadProgress) -> Iterator[str]:
    if progress.status is DownloadStatus.ERROR:
        yield f"failed ({progress.error})"
    elif progress.status is DownloadStatus.DOWNLOADING:
        yield from _pace(progress)
    else:
        yield _WORDS[progress.status]


def _pace(progress: DownloadProgress) -> Iterator[str]:
    if progress.stalled:
        yield "stalled"
    elif progress.speed > 0:
        yield f"{bytes_text(progress.speed)}/s"
        if progress.eta is not None:
            yield f"{seconds_text(progress.eta)} left"
    else:
        yield "downloading"
