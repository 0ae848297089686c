"""What is seen of a download: its latest progress.

Rule: a look takes no lock, the latest value wins, and nothing queues up. Who waits for snapshots is never spared the very
first, and after the terminal one there are no more. Who comes later begins with the latest: what is shown never goes back.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from ..core.transfer.progress import DownloadProgress

if TYPE_CHECKING:
    from collections.abc import Callable


class Snapshots:
    """The progress of one download, shown by its run and looked at from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._latest = DownloadProgress()
        self._measured = self._latest
        self._first: DownloadProgress | None = None
        self._is_closed = False

    @property
    def latest(self) -> DownloadProgress:
        """The latest one; takes no lock."""
        return self._latest

    @property
    def has_begun(self) -> bool:
        """Whether there was a first one: the plan is known, or it ended before."""
        return self._first is not None

    @property
    def joined_at(self) -> int:
        """The number after which somebody who comes now is told: of the first one, or else of the latest."""
        return self._latest.seq - 1 if self.has_begun else -1

    def begin(self, first: DownloadProgress) -> None:
        """Show the first one, which everybody who waits gets to see."""
        with self._changed:
            self._first = self._first or first
            self.show(first)

    def show(self, progress: DownloadProgress) -> None:
        """The latest one; a terminal one is shown by :meth:`close` alone."""
        with self._changed:
            self._measured = progress
            if not self._is_closed and not progress.status.is_final:
                self._latest = progress
                self._changed.notify_all()

    def close(self, ended: Callable[[DownloadProgress], DownloadProgress]) -> DownloadProgress:
        """Show and return the terminal one, which ``ended`` makes of the one that had come furthest."""
        with self._changed:
            furthest = max(self._measured, self._latest, key=lambda progress: progress.bytes_downloaded)
            self._latest = replace(ended(furthest), seq=self._latest.seq + 1)
            self._first = self._first or self._latest
            self._is_closed = True
            self._changed.notify_all()
            return self._latest

    def newer_than(self, after: int) -> DownloadProgress | None:
        """What comes next for who has seen number ``after`` (-1: none yet), if it is there; takes no lock."""
        first, latest = self._first, self._latest
        if first is None or latest.seq <= after:
            return None
        return first if after < 0 else latest

    def wait_for_newer(self, after: int, timeout: float) -> DownloadProgress | None:
        """The same, after waiting up to ``timeout`` seconds for it."""
        with self._changed:
            self._changed.wait_for(lambda: self.newer_than(after) is not None, timeout)
            return self.newer_than(after)
