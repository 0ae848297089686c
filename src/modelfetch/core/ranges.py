"""Byte-range algebra: which bytes of a file are there, and which are holes.

Rule: a range is half-open (``start`` is in it, ``stop`` is not) and never empty, so that lengths are
differences and neighbours touch without sharing a byte. A :class:`RangeSet` is sorted, disjoint and
merged, so that equal sets of bytes are equal values.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True, order=True)
class ByteRange:
    """The bytes ``start`` to ``stop - 1`` of a file; at least one byte."""

    start: int
    stop: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.stop:
            message = f"a byte range needs 0 <= start < stop, not {self.start}..{self.stop}"
            raise ValueError(message)

    @property
    def size(self) -> int:
        """How many bytes."""
        return self.stop - self.start

    def overlap(self, other: ByteRange) -> ByteRange | None:
        """The bytes in both, or None."""
        start, stop = max(self.start, other.start), min(self.stop, other.stop)
        return ByteRange(start, stop) if start < stop else None

    def http(self) -> str:
        """The ``Range`` header's value (RFC 9110 section 14.1.2: both ends included)."""
        return f"bytes={self.start}-{self.stop - 1}"


@dataclass(frozen=True, slots=True)
class RangeSet:
    """A set of bytes as sorted, disjoint ranges that do not touch. Build it with :meth:`of`.

    ``size`` is how many bytes are in it: asked far more often than a set is built, so it is counted then.
    """

    ranges: tuple[ByteRange, ...] = ()
    size: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", sum([item.stop - item.start for item in self.ranges]))

    @classmethod
    def of(cls, ranges: Iterable[ByteRange]) -> RangeSet:
        """The union of any ranges, in any order, overlapping or not."""
        return cls.in_order(sorted(ranges))

    @classmethod
    def in_order(cls, ranges: Iterable[ByteRange]) -> RangeSet:
        """The union of ranges that come sorted, overlapping or not; there may be very many."""
        merged: list[ByteRange] = []
        for item in ranges:
            if merged and item.start <= merged[-1].stop:
                merged[-1] = ByteRange(merged[-1].start, max(merged[-1].stop, item.stop))
            else:
                merged.append(item)
        return cls(tuple(merged))

    @classmethod
    def whole(cls, size: int) -> RangeSet:
        """All bytes of a file of ``size`` bytes."""
        return cls((ByteRange(0, size),)) if size else cls()

    def __iter__(self) -> Iterator[ByteRange]:
        return iter(self.ranges)

    def __bool__(self) -> bool:
        return bool(self.ranges)

    @property
    def prefix(self) -> int:
        """Where the run that starts at byte 0 ends; 0 when byte 0 is missing."""
        return self.ranges[0].stop if self.ranges and self.ranges[0].start == 0 else 0

    def add(self, new: ByteRange) -> RangeSet:
        """This set and ``new``; cost grows with the number of runs, not of bytes."""
        low = bisect_left(self.ranges, new.start, key=_stop)
        high = bisect_right(self.ranges, new.stop, key=_start)
        touched = self.ranges[low:high]
        if touched:
            new = ByteRange(min(new.start, touched[0].start), max(new.stop, touched[-1].stop))
        return RangeSet((*self.ranges[:low], new, *self.ranges[high:]))

    def remove(self, gone: ByteRange) -> RangeSet:
        """This set without the bytes of ``gone``."""
        kept: list[ByteRange] = []
        for item in self.ranges:
            if item.start < min(item.stop, gone.start):
                kept.append(ByteRange(item.start, min(item.stop, gone.start)))
            if max(item.start, gone.stop) < item.stop:
                kept.append(ByteRange(max(item.start, gone.stop), item.stop))
        return RangeSet(tuple(kept))

    def minus(self, other: RangeSet) -> RangeSet:
        """The bytes of this set that are not in ``other``."""
        left = self
        for item in other:
            left = left.remove(item)
        return left

    def touches(self, other: ByteRange) -> bool:
        """Whether any byte of ``other`` is in the set."""
        index = bisect_right(self.ranges, other.start, key=_stop)
        return index < len(self.ranges) and self.ranges[index].start < other.stop

    def holes(self, size: int) -> RangeSet:
        """The bytes of a file of ``size`` bytes that are not in the set."""
        holes: list[ByteRange] = []
        at = 0
        for item in self.ranges:
            if at < min(item.start, size):
                holes.append(ByteRange(at, min(item.start, size)))
            at = item.stop
        return RangeSet((*holes, ByteRange(at, size)) if at < size else tuple(holes))


def _start(item: ByteRange) -> int:
    return item.start


def _stop(item: ByteRange) -> int:
    return item.stop
