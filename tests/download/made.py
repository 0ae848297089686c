"""Jobs whose work is a test's own: no hub, and they end when the test says so."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import modelfetch as mf
from modelfetch.job import DownloadJob

if TYPE_CHECKING:
    from modelfetch.job import Run

PATIENCE = 5.0
"""Seconds until who waits for what never comes gives up."""


class Made:
    """A job that shows a first snapshot and is complete once ``end`` is set."""

    def __init__(self) -> None:
        self.end = threading.Event()
        self.job = DownloadJob(self._work)

    def _work(self, run: Run) -> mf.DownloadResult:
        run.begin(mf.DownloadProgress(mf.DownloadStatus.DOWNLOADING, seq=1))
        while not self.end.wait(0.01):
            run.wanted()
        return mf.DownloadResult(Path(), "", (), 0, 0, 0.0, mf.DownloadProgress(mf.DownloadStatus.COMPLETE))


class Stuck:
    """A subscriber that is stuck in the terminal snapshot until ``release``; ``gave_up`` says that this never came."""

    def __init__(self) -> None:
        self.reached, self.release = threading.Event(), threading.Event()
        self.gave_up = False

    def __call__(self, progress: mf.DownloadProgress) -> None:
        if progress.status.is_final:
            self.reached.set()
            self.gave_up = not self.release.wait(PATIENCE)
