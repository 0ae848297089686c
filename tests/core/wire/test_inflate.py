"""A packed body comes out as it went in, in pieces no larger than were asked for, or it is refused."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.wire.head import GarbledAnswerError
from modelfetch.core.wire.inflate import Inflater


def unpacked(packed: bytes, *, step: int, most: int) -> tuple[bytes, Inflater]:
    """What comes out when ``step`` bytes are put in at a time and ``most`` are taken at a time."""
    inflater, out = Inflater(), bytearray()
    for at in range(0, len(packed), step):
        inflater.put(packed[at : at + step])
        while piece := inflater.take(most):
            assert len(piece) <= most
            out += piece
    return bytes(out), inflater


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4), st.integers(1, 50), st.integers(1, 50))
def test_any_members_in_any_pieces_come_out_as_they_went_in(members: list[bytes], step: int, most: int) -> None:
    out, inflater = unpacked(b"".join(map(gzip.compress, members)), step=step, most=most)
    assert out == b"".join(members)
    assert inflater.is_whole


def test_what_http_calls_deflate_is_zlib() -> None:
    assert unpacked(zlib.compress(b"hello"), step=100, most=100)[0] == b"hello"


def test_a_bomb_comes_out_as_slowly_as_it_is_taken() -> None:
    inflater = Inflater()
    inflater.put(gzip.compress(bytes(10_000_000)))
    assert [len(inflater.take(1000)) for _ in range(5)] == [1000] * 5


def test_a_body_that_breaks_off_is_not_whole() -> None:
    out, inflater = unpacked(gzip.compress(b"hello", mtime=0)[:-4], step=100, most=100)
    assert out == b"hello"
    assert not inflater.is_whole


def test_nothing_at_all_is_whole() -> None:
    out, inflater = unpacked(b"", step=1, most=1)
    inflater.put(b"")
    assert (out, inflater.take(1), inflater.is_whole) == (b"", b"", True)


@pytest.mark.parametrize(
    "packed", [b"plain text", gzip.compress(b"hello", mtime=0)[:-8] + bytes(8), gzip.compress(b"x", mtime=0) + b"tail"]
)
def test_what_is_not_packed_or_damaged_is_refused(packed: bytes) -> None:
    with pytest.raises(GarbledAnswerError, match="its packed body is damaged"):
        unpacked(packed, step=3, most=100)
