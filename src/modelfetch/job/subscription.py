"""Being told instead of looking: one thread for each subscriber.

Rule: a subscriber cannot hurt a download. One that raises is logged and dropped, one that is slow gets the latest
value when it is ready, and one that is stuck delays nobody but itself. ``over`` tells when it was told its last.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from .deliver import deliver
from .latch import Latch

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..core.transfer.progress import DownloadProgress

_PATIENCE = 0.25
"""Seconds between two looks whether the subscription was ended."""

_STEP = 0.02
"""Seconds that the terminal snapshot may come late because an interval is being waited out."""


class Subscription:
    """Delivers snapshots from ``after`` (number of the last one, seconds to wait) to ``fn`` until the terminal one.

    ``since``: the number of the last one before them.
    """

    def __init__(
        self,
        after: Callable[[int, float], DownloadProgress | None],
        fn: Callable[[DownloadProgress], object],
        interval: float,
        post: Callable[[Callable[[], object]], object] | None,
        since: int,
    ) -> None:
        self._since = since
        self._after = after
        self._fn = fn
        self._interval = interval
        self._post = post
        self._ended = threading.Event()
        self.over = Latch()
        self._thread = threading.Thread(target=self._run, name="modelfetch-subscriber", daemon=True)

    def start(self) -> None:
        """Begin to deliver. Raises RuntimeError when no thread is to be had."""
        try:
            self._thread.start()
        except BaseException:
            self.cancel()  # after Ctrl-C the thread may be there all the same
            self.over.set()
            raise

    def cancel(self) -> None:
        """Deliver nothing more."""
        self._ended.set()

    def _run(self) -> None:
        try:
            self._deliver_all()
        finally:
            self.over.set()

    def _deliver_all(self) -> None:
        seq, at = self._since, float("-inf")
        while not self._ended.is_set():
            progress = self._after(seq, _PATIENCE)
            if progress is None or self._ended.is_set():
                continue
            rest = self._interval - (time.monotonic() - at)
            if rest > 0 and not progress.status.is_final:
                self._ended.wait(min(rest, _STEP))
                continue
            seq, at = progress.seq, time.monotonic()
            if not self._tell(progress) or progress.status.is_final:
                return

    def _tell(self, progress: DownloadProgress) -> bool:
        """Hand ``progress`` over, by way of the host's own ``post`` where there is one; whether to go on."""
        post = self._post
        if post is None:
            return self._give(progress, ours=True)
        return deliver(lambda: post(lambda: self._give(progress)), ours=True)

    def _give(self, progress: DownloadProgress, *, ours: bool = False) -> bool:
        """Call the subscriber, unless it left meanwhile; one that raises has left."""
        if not self._ended.is_set() and not deliver(lambda: self._fn(progress), ours=ours):
            self._ended.set()
        return not self._ended.is_set()
