"""One exchange as its worker and the conductor share it.

Rule: after ``stop`` returned, nothing more is written: those bytes may be somebody else's by then.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ...core.transfer.ports import Interrupted
from ...core.transfer.throttle import Bucket

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.transfer.pieces import Piece
    from ...core.transfer.ports import Line, Part


class Throttle:
    """One bucket for all connections; see ``core.transfer.throttle``."""

    def __init__(self, rate: float | None, clock: Callable[[], float]) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._bucket = None if rate is None else Bucket(rate, at=clock())

    def take(self, count: int) -> float:
        """Pay for ``count`` bytes; seconds to wait before reading on."""
        if self._bucket is None:
            return 0.0
        with self._lock:
            self._bucket, wait = self._bucket.take(count, self._clock())
            return wait


class Exchange:
    """A line, and the gate through which what it brings is written."""

    def __init__(self, line: Line, throttle: Throttle) -> None:
        self.line = line
        self._throttle = throttle
        self._gate = threading.Lock()
        self._stopped = threading.Event()

    def keep(self, part: Part, offset: int, view: memoryview) -> Piece:
        """Write and journal one block, unless stopped. Raises Interrupted then."""
        with self._gate:
            if self._stopped.is_set():
                raise Interrupted
            return part.keep(offset, view)

    def pay(self, count: int) -> None:
        """Keep to the bandwidth limit: wait for ``count`` bytes' worth of time, or until stopped."""
        wait = self._throttle.take(count)
        if wait and self._stopped.wait(min(wait, threading.TIMEOUT_MAX)):
            raise Interrupted

    def stop(self) -> None:
        """End it. When this returns, it has written its last byte."""
        self._stopped.set()
        self.line.shut()
        with self._gate:
            pass
