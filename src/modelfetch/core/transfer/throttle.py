"""How fast to read under a bandwidth limit.

Rule: a bucket fills at the limit and holds a tenth of a second of it; whoever reads pays first and
waits until the bucket is no longer in debt. All connections share one bucket.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

BURST = 0.1
"""Seconds of the limit that may be read at once after a pause."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """``rate`` in bytes a second; ``level`` in bytes, negative while in debt; ``at`` in seconds."""

    rate: float
    level: float = 0.0
    at: float = 0.0

    def take(self, count: int, now: float) -> tuple[Bucket, float]:
        """Pay for ``count`` bytes: the bucket after it, and the seconds to wait before reading on."""
        level = min(self.rate * BURST, self.level + (now - self.at) * self.rate) - count
        return replace(self, level=level, at=now), max(0.0, -level / self.rate)
