"""What a caller may choose about how a download goes."""

from __future__ import annotations

from dataclasses import dataclass

from .schedule import MOST_CONNECTIONS
from .stall import FLOOR, WINDOW
from .throttle import BURST


@dataclass(frozen=True, slots=True)
class Policy:
    """What the caller may choose: connections (None: adaptive), seconds, bytes a second (None: no limit).

    A connection that brings less than ``stall_floor`` bytes in ``stall_timeout`` seconds is cut.
    """

    max_connections: int | None = None
    stall_timeout: float = WINDOW
    bandwidth_limit: float | None = None
    stall_floor: int = FLOOR

    def floor(self, connections: int) -> float:
        """Bytes that each of so many connections has to bring: fewer where our own limit would starve an honest one."""
        if self.bandwidth_limit is None:
            return self.stall_floor
        return min(self.stall_floor, self.bandwidth_limit * self.stall_timeout / (2 * connections))

    def read_size(self, largest: int) -> int:
        """Bytes to read at once: under a limit so few that every connection sees its share several times a second."""
        if self.bandwidth_limit is None:
            return largest
        return max(1, int(min(largest, self.bandwidth_limit * BURST / MOST_CONNECTIONS)))
