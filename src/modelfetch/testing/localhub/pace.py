"""Speed limits: how long to wait before the next bytes may have been sent.

Rule: bytes are sent when the link would have finished carrying them, so a limit holds from the first byte on.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from .content import PIECE

if TYPE_CHECKING:
    from collections.abc import Callable

_TICK = 0.02
_LATE = 0.05


class Pace:
    """One link, shared by all who send over it. ``rate`` gives its bytes per second at this moment, None: no limit."""

    def __init__(self, rate: Callable[[], float | None]) -> None:
        self._rate = rate
        self._lock = threading.Lock()
        self._free_at = 0.0

    @property
    def piece(self) -> int:
        """Bytes to send at a time: what passes in 20 ms, so that a changed limit is felt at once."""
        rate = self._rate()
        return PIECE if rate is None else max(1, min(PIECE, int(rate * _TICK)))

    def reserve(self, size: int) -> float:
        """Seconds to wait before ``size`` bytes are through. Thread-safe."""
        rate = self._rate()
        if rate is None:
            return 0.0
        with self._lock:
            now = time.monotonic()
            # a sleeper that woke late may catch up; an idle link saves nothing up
            begin = self._free_at if now - self._free_at < _LATE else now
            self._free_at = begin + size / rate
            return max(0.0, self._free_at - now)
