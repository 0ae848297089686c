"""What was written in one go, and many of it.

Rule: memory does not grow with the model. A file of 50 GB is written in two hundred thousand pieces, so they are kept in
columns, twenty bytes each.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from operator import eq
from typing import TYPE_CHECKING, overload

from ..ranges import ByteRange

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Piece:
    """One stretch of bytes that was written in one go, and the CRC-32 of what was written."""

    range: ByteRange
    crc: int


class Pieces(Sequence[Piece]):
    """Pieces in the order they came."""

    __slots__ = ("_crcs", "_starts", "_stops")

    def __init__(self, pieces: Iterable[Piece] = ()) -> None:
        self._starts, self._stops, self._crcs = array("Q"), array("Q"), array("I")
        for piece in pieces:
            self.append(piece)

    def append(self, piece: Piece) -> None:
        """One more."""
        self._starts.append(piece.range.start)
        self._stops.append(piece.range.stop)
        self._crcs.append(piece.crc)

    def take_out(self, gone: ByteRange) -> list[ByteRange]:
        """Take out each that has a byte of ``gone``, whole; returns where they were."""
        met = [at for at, start in enumerate(self._starts) if start < gone.stop and gone.start < self._stops[at]]
        taken = [self[at].range for at in met]
        if met:
            others = Pieces(self[at] for at in sorted(set(range(len(self))).difference(met)))
            self._starts, self._stops, self._crcs = others._starts, others._stops, others._crcs
        return taken

    def in_order(self) -> Pieces:
        """The same, sorted by where they begin."""
        return Pieces(self[at] for at in sorted(range(len(self)), key=self._starts.__getitem__))

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> Piece: ...
    @overload
    def __getitem__(self, index: slice) -> Pieces: ...
    def __getitem__(self, index: int | slice) -> Piece | Pieces:
        if isinstance(index, slice):
            return Pieces(self[at] for at in range(*index.indices(len(self))))
        return Piece(ByteRange(self._starts[index], self._stops[index]), self._crcs[index])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(eq, self, other))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))
