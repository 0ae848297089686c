"""Many files, few connections: which range is asked for next, and on how many connections.

Rule: parts are handed out in order, so that the finished prefix grows and can be hashed while the rest
still comes. A part is large enough that its round trip is small beside it, and shrinks towards the end
so that all connections finish together. Connections are added only while they make the whole faster.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..ranges import ByteRange, RangeSet

MIB = 1 << 20

LARGEST_PART = 16 * MIB
"""Measured over a 50 ms link: parts of 1 MiB lose 60 % of the speed, 4 MiB 16 %, 16 MiB next to nothing."""

SMALLEST_PART = 4 * MIB

FIRST_CONNECTIONS = 4
"""Enough for a gigabit link and for most per-connection limits; kind to small routers."""

MOST_CONNECTIONS = 16

STEP_SECONDS = 0.25
"""How long a number of connections is tried before it is judged."""

GAIN = 1.1
"""A higher number has to bring this much more speed to stay."""

SETTLE_SECONDS = 5.0
"""How long to stay with a number that a higher one did not improve on."""


def next_part(holes: RangeSet, connections: int) -> ByteRange | None:
    """The next range to ask for, from the first hole."""
    first = next(iter(holes), None)
    if first is None:
        return None
    share = holes.size // (2 * max(1, connections))
    size = min(LARGEST_PART, max(SMALLEST_PART, share))
    rest = first.size - size
    return first if rest < SMALLEST_PART // 2 else ByteRange(first.start, first.start + size)


@dataclass(frozen=True, slots=True)
class Width:
    """How many connections to use ``now``, found by climbing for as long as it pays.

    ``good`` is the last number that paid, ``rate`` the bytes a second it brought. The measurement began
    at ``since`` (seconds) with ``count`` bytes; nothing higher is tried before ``hold`` (seconds).
    """

    most: int
    now: int
    good: int
    rate: float = 0.0
    since: float = 0.0
    count: int = 0
    hold: float = 0.0

    @classmethod
    def start(cls, most: int | None, at: float) -> Width:
        """The first number; ``most`` is the caller's limit."""
        limit = MOST_CONNECTIONS if most is None else max(1, most)
        first = min(FIRST_CONNECTIONS, limit)
        return cls(limit, first, first, since=at)

    def measured(self, count: int, at: float, *, busy: bool) -> Width:
        """After ``count`` bytes in all at time ``at``; ``busy``: there is work for more connections."""
        if at - self.since < STEP_SECONDS:
            return self
        rate = (count - self.count) / (at - self.since)
        begun = replace(self, since=at, count=count)
        if not busy:
            return begun
        if self.now > self.good and rate < self.rate * GAIN:
            return replace(begun, now=self.good, hold=at + SETTLE_SECONDS)
        if at < self.hold:
            return replace(begun, rate=rate)
        wider = min(self.most, 2 * self.now)
        return replace(begun, good=self.now, now=wider, rate=rate)
