"""A host that waits: the calling thread shows the progress while another one fetches.

Rule: the first snapshot is seen before any byte is fetched and the terminal one exactly once. Who has cancelled is given no
result, though all is there by then. Whatever is raised here, by the host's callback or by Ctrl-C, ends the download and
propagates.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .run import SETTLE_WITHIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..core.transfer.progress import DownloadProgress
    from .result import DownloadResult
    from .run import Run

_LOOK_EVERY = 0.05
_REPORT_STEP = 0.02


def follow(run: Run, progress: Callable[[DownloadProgress], object] | None, interval: float) -> DownloadResult:
    """Start ``run``, and call ``progress`` on this thread at most every ``interval`` seconds until it ends. Raises its error."""
    if progress is not None:
        run.hold()
    try:
        run.start()
        if progress is not None:
            _report(run, progress, interval)
        while not run.ending.wait(_LOOK_EVERY):
            run.look()
    except BaseException:
        run.is_left = True  # first, because another Ctrl-C may break off the rest
        run.cancel()
        run.ending.wait(SETTLE_WITHIN)
        raise
    result = run.ending.result()
    if run.is_unwanted:
        raise run.cancelled()
    return result


def _report(run: Run, progress: Callable[[DownloadProgress], object], interval: float) -> None:
    shown, at = -1, float("-inf")
    while True:
        run.look()
        latest = run.snapshots.newer_than(shown)
        if latest is None or (not latest.status.is_final and time.monotonic() - at < interval):
            run.ending.wait(_REPORT_STEP)
            continue
        shown, at = latest.seq, time.monotonic()
        progress(latest)
        run.release()
        if latest.status.is_final:
            return
