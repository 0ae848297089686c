"""When a connection that is still open counts as dead.

Rule: less than a floor (16 KiB) in a window is a stall, whether nothing came or a trickle. An idle timeout would
be fooled by one byte a second.
"""

from __future__ import annotations

from dataclasses import dataclass

FLOOR = 16 * 1024
"""Bytes a connection has to bring in one window: about a tenth of what a dial-up line brings in 30 seconds."""

WINDOW = 30.0
"""Seconds that it has for them."""

QUIET = 3.0
"""Seconds without a byte from anywhere, after which a download is shown as stalled."""


@dataclass(frozen=True, slots=True)
class Watch:
    """One connection's current window: when it began (seconds) and what it brought (bytes)."""

    since: float
    brought: int = 0

    def arrived(self, count: int) -> Watch:
        """After ``count`` more bytes."""
        return Watch(self.since, self.brought + count)

    def check(self, now: float, window: float, floor: float = FLOOR) -> Watch | None:
        """The watch to go on with, or None when the connection stalled. ``window`` is seconds."""
        if now < self.since + window:  # the sum that a wake-up is set for: a difference may round to just before it
            return self
        return Watch(now) if self.brought >= floor else None
