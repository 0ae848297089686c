"""Many pieces are as good as a tuple of them, and take little room."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.ranges import ByteRange
from modelfetch.core.transfer.pieces import Piece, Pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

SPANS = st.tuples(st.integers(0, 50), st.integers(1, 20)).map(lambda pair: ByteRange(pair[0], pair[0] + pair[1]))
MANY = st.lists(st.builds(Piece, SPANS, st.integers(0, 2**32 - 1)), max_size=12)


@given(MANY)
def test_they_are_a_sequence_of_what_was_put_in(pieces: Sequence[Piece]) -> None:
    held = Pieces(pieces)
    assert (held, len(held), hash(held)) == (pieces, len(pieces), hash(tuple(pieces)))
    assert (held[:2], held[::-1], repr(held)) == (pieces[:2], pieces[::-1], repr(tuple(pieces)))
    assert list(held.in_order()) == sorted(pieces, key=lambda piece: piece.range.start)


@given(MANY, SPANS)
def test_what_loses_a_byte_is_taken_out_whole(pieces: Sequence[Piece], gone: ByteRange) -> None:
    held = Pieces(pieces)
    met = [piece for piece in pieces if piece.range.overlap(gone)]
    assert held.take_out(gone) == [piece.range for piece in met]
    assert held == [piece for piece in pieces if piece not in met]


def test_they_are_not_equal_to_what_is_no_sequence_or_another() -> None:
    piece = Piece(ByteRange(0, 5), 1)
    assert Pieces([piece]) != piece
    assert Pieces([piece]) != (piece, piece)
    assert Pieces([piece]) != (Piece(ByteRange(0, 5), 2),)


def test_a_place_that_is_not_there_is_an_error() -> None:
    with pytest.raises(IndexError):
        Pieces()[0]


def test_a_piece_takes_twenty_bytes() -> None:
    held = Pieces(Piece(ByteRange(at, at + 1), at) for at in range(10_000))
    assert sum(sys.getsizeof(column) for column in (held._starts, held._stops, held._crcs)) < 10_000 * 25
