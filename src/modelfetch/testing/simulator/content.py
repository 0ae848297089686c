"""File content without bytes: which stretch of a file holds what, as labels.

Rule: two contents are equal exactly when every byte of theirs is. A label stands for where bytes come from:
TRUE is what the file was promised to be, any other number is some lie (a flipped byte has its exchange's), and a gap
was never written.
"""

from __future__ import annotations

from dataclasses import dataclass

TRUE = 0
ROTTEN = 1 << 40
ALWAYS_WRONG = 1 << 41
"""Not -1 and -2: Python has one hash for both."""

Stretch = tuple[int, int, int]
"""Start, stop and label."""


@dataclass(frozen=True, slots=True)
class File:
    """One content of the simulated repo, and how many paths want it."""

    name: str
    size: int
    blob_id: str
    copies: int = 1

    @property
    def paths(self) -> tuple[str, ...]:
        """Where the snapshot wants it."""
        return tuple(f"{self.name}-{number}" for number in range(self.copies))

    def digest(self, content: Content) -> str:
        """The promised digest for the promised content, another one of the same kind for any other."""
        if self.is_true(content):
            return self.blob_id
        return f"{content.checksum(0, self.size) | 1 << 32:0{len(self.blob_id)}x}"

    def is_true(self, content: Content) -> bool:
        """Whether every byte of ``content`` is the promised one."""
        return content.stretches == (((0, self.size, TRUE),) if self.size else ())


class Content:
    """What a file on the simulated disk holds; ``stretches`` are sorted, disjoint and merged."""

    __slots__ = ("stretches",)

    def __init__(self, stretches: tuple[Stretch, ...] = ()) -> None:
        self.stretches = stretches

    def write(self, start: int, stop: int, label: int = TRUE) -> None:
        """Put bytes there."""
        if start == stop:
            return
        merged: list[Stretch] = []
        for item in sorted((*self._outside(start, stop), (start, stop, label))):
            if merged and merged[-1][1] == item[0] and merged[-1][2] == item[2]:
                merged[-1] = (merged[-1][0], item[1], item[2])
            else:
                merged.append(item)
        self.stretches = tuple(merged)

    def erase(self, start: int, stop: int) -> None:
        """Lose the bytes there."""
        if start < stop:
            self.stretches = tuple(self._outside(start, stop))

    def read(self, start: int, stop: int) -> tuple[Stretch, ...]:
        """What is there."""
        return tuple((max(a, start), min(b, stop), label) for a, b, label in self.stretches if a < stop and start < b)

    def checksum(self, start: int, stop: int) -> int:
        """Stands for the CRC-32 of the bytes there: of numbers alone, so the same in every process."""
        return hash(self.read(start, stop)) & 0xFFFFFFFF

    def is_written(self, start: int, stop: int) -> bool:
        """Whether no gap is there."""
        return sum(b - a for a, b, _ in self.read(start, stop)) == stop - start

    def _outside(self, start: int, stop: int) -> list[Stretch]:
        left: list[Stretch] = []
        for item in self.stretches:
            a, b, label = item
            if b <= start or stop <= a:
                left.append(item)
                continue
            if a < start:
                left.append((a, start, label))
            if stop < b:
                left.append((stop, b, label))
        return left
