"""A journal says what was written, and damage to it costs lines and never invents any."""

from __future__ import annotations

from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.ranges import ByteRange, RangeSet
from modelfetch.core.transfer.journal import (
    HEADER,
    Journal,
    Reader,
    decode,
    encode,
    encode_dropped,
    encode_header,
    encode_kept,
)
from modelfetch.core.transfer.pieces import Piece

SIZE = 100
BLOB = "b" * 64
HEAD = encode_header(BLOB, SIZE)

SPANS = st.tuples(st.integers(0, SIZE), st.integers(0, SIZE)).filter(lambda ends: ends[0] != ends[1])
RANGES = SPANS.map(lambda ends: ByteRange(*sorted(ends)))
PIECES = st.builds(Piece, RANGES, st.integers(0, 2**32 - 1))
LINES = st.lists(PIECES | RANGES, max_size=12)
"""What was journalled, in order: a piece that was kept, or a range that was dropped."""


def text_of(lines: list[Piece | ByteRange]) -> bytes:
    return HEAD + b"".join(encode_kept(item) if isinstance(item, Piece) else encode_dropped(item) for item in lines)


def replayed(lines: list[Piece | ByteRange]) -> tuple[Piece, ...]:
    """The naive model: each line throws out what it overlaps, and a piece then stands in its place."""
    pieces: list[Piece] = []
    for item in lines:
        span = item.range if isinstance(item, Piece) else item
        pieces = [piece for piece in pieces if not piece.range.overlap(span)]
        pieces += [item] if isinstance(item, Piece) else []
    return tuple(sorted(pieces, key=lambda piece: piece.range))


def believed(text: bytes) -> tuple[Piece, ...]:
    journal = decode(text)
    return journal.pieces if journal else ()


def line(body: str) -> bytes:
    """A line whose own checksum fits, whatever it says."""
    return f"{body} {crc32(body.encode()):08x}\n".encode()


# ------------------------------------------------------------------ what it looks like


def test_a_journal_is_text_that_a_person_can_read() -> None:
    kept, dropped = encode_kept(Piece(ByteRange(0, 64), 0xBEEF)), encode_dropped(ByteRange(8, 16))
    assert HEAD.startswith(f"{HEADER} {BLOB} 100 ".encode())
    assert kept.startswith(b"+ 0 64 0000beef ")
    assert dropped.startswith(b"- 8 16 ")
    assert all(text.endswith(b"\n") and len(text.split()[-1]) == 8 for text in (HEAD, kept, dropped))


# ------------------------------------------------------------------ round trip


@given(LINES)
def test_what_was_journalled_is_read_again_and_later_lines_win(lines: list[Piece | ByteRange]) -> None:
    assert decode(text_of(lines)) == Journal(BLOB, SIZE, replayed(lines))


@given(LINES, st.lists(st.integers(0, 800), max_size=6))
def test_it_is_read_in_stretches_as_it_is_read_whole(lines: list[Piece | ByteRange], cuts: list[int]) -> None:
    text, reader, at = text_of(lines), Reader(), 0
    for cut in (*sorted(cuts), len(text)):
        reader.feed(text[at:cut])
        at = max(at, cut)
    assert reader.about == (BLOB, SIZE)
    assert reader.kept == RangeSet.of(piece.range for piece in replayed(lines))
    assert reader.end() == Journal(BLOB, SIZE, replayed(lines))


def test_a_line_without_an_end_is_not_kept_for_ever() -> None:
    reader = Reader()
    reader.feed(HEAD)
    for _ in range(100):
        reader.feed(b"x" * 1_000)
    assert len(reader._rest) < 1_000
    reader.feed(b"\n" + encode_kept(Piece(ByteRange(0, 5), 1)))
    assert reader.kept.size == 5


def test_a_file_larger_than_any_is_not_understood() -> None:
    assert decode(encode_header(BLOB, 1 << 70)) is None
    assert Reader().end() is None


@given(LINES)
def test_a_journal_written_anew_says_the_same(lines: list[Piece | ByteRange]) -> None:
    journal = decode(text_of(lines))
    assert journal is not None
    assert decode(encode(journal)) == journal


@given(LINES)
def test_the_kept_bytes_are_those_of_the_pieces(lines: list[Piece | ByteRange]) -> None:
    journal = Journal(BLOB, SIZE, replayed(lines))
    assert journal.kept == RangeSet.of(piece.range for piece in journal.pieces)


def test_a_piece_written_again_replaces_the_older_one_and_its_checksum() -> None:
    old, new = Piece(ByteRange(0, 50), 1), Piece(ByteRange(40, 60), 2)
    assert believed(text_of([old, new])) == (new,)
    assert believed(text_of([new, old])) == (old,)


def test_a_piece_that_loses_one_byte_is_lost_whole() -> None:
    first, second = Piece(ByteRange(0, 50), 1), Piece(ByteRange(50, 60), 2)
    assert believed(text_of([first, second, ByteRange(49, 50)])) == (second,)


@given(LINES, st.integers(0, SIZE))
def test_a_part_file_that_was_cut_short_cannot_hold_what_lies_beyond(
    lines: list[Piece | ByteRange], length: int
) -> None:
    journal = Journal(BLOB, SIZE, replayed(lines))
    kept = journal.within(length)
    assert (kept.blob_id, kept.size) == (BLOB, SIZE)
    assert set(journal.pieces) - set(kept.pieces) == {piece for piece in journal.pieces if piece.range.stop > length}


# ------------------------------------------------------------------ damage


@given(LINES, st.data())
def test_a_torn_tail_costs_only_its_line(lines: list[Piece | ByteRange], data: st.DataObject) -> None:
    text = text_of(lines)
    cut = data.draw(st.integers(len(HEAD), len(text)))
    whole = text[:cut].count(b"\n") - 1
    torn = text[: cut + 1].endswith(b"\n") and not text[:cut].endswith(b"\n")  # all there but the line's end
    assert believed(text[:cut]) == replayed(lines[: whole + torn])


@given(LINES, st.data())
def test_a_torn_line_in_the_middle_costs_only_itself_once_it_was_ended(
    lines: list[Piece | ByteRange], data: st.DataObject
) -> None:
    torn = encode_kept(Piece(ByteRange(0, SIZE), 7))
    torn = torn[: data.draw(st.integers(0, len(torn) - 2))]
    at = data.draw(st.integers(0, len(lines)))
    rest = text_of(lines[at:]).removeprefix(HEAD)
    assert believed(text_of(lines[:at]) + torn + b"\n" + rest) == replayed(lines)


@given(LINES, st.data())
def test_no_truncation_yields_a_piece_that_was_not_written(lines: list[Piece | ByteRange], data: st.DataObject) -> None:
    text = text_of(lines)
    cut = data.draw(st.integers(0, len(text)))
    assert set(believed(text[:cut])) <= set(lines)


@given(LINES, st.data())
def test_no_changed_byte_yields_a_piece_that_was_not_written(
    lines: list[Piece | ByteRange], data: st.DataObject
) -> None:
    text = bytearray(text_of(lines))
    text[data.draw(st.integers(0, len(text) - 1))] ^= data.draw(st.integers(1, 255))
    assert set(believed(bytes(text))) <= set(lines)


@given(st.data())
def test_a_damaged_header_says_nothing_at_all(data: st.DataObject) -> None:
    text = bytearray(text_of([Piece(ByteRange(0, 10), 1)]))
    text[data.draw(st.integers(0, len(HEAD) - 1))] ^= data.draw(st.integers(1, 255))
    assert decode(bytes(text)) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_an_error(text: bytes) -> None:
    assert decode(text) is None
    assert believed(HEAD + text) == ()


@given(st.text("+- 0123456789abcdefx", max_size=40), st.sampled_from(["", "+ ", "- ", "+ 0 9 "]))
def test_a_line_that_says_something_else_is_passed_over_even_when_its_checksum_fits(body: str, start: str) -> None:
    kept = Piece(ByteRange(90, 100), 9)
    for piece in believed(HEAD + line(start + body) + encode_kept(kept)):
        assert encode_kept(piece) in HEAD + line(start + body) + encode_kept(kept)


@pytest.mark.parametrize(
    "body",
    [
        "+ 0 101 00000000",
        "+ 5 5 00000000",
        "+ 9 5 00000000",
        "+ -1 5 00000000",
        "+ 0x1 5 00000000",
        "+ 0 5 0",
        "+ 0 5 0000000g",
        "+ 0 5 -0000001",
        "+ 0 5",
        "- 0 101",
        "* 0 5",
        f"+ 0 {'9' * 5000} 00000000",
        "",
    ],
)
def test_a_line_outside_of_the_file_or_of_the_format_is_passed_over(body: str) -> None:
    assert believed(HEAD + encode_kept(Piece(ByteRange(50, 60), 1)) + line(body)) == (Piece(ByteRange(50, 60), 1),)


@pytest.mark.parametrize(
    "body",
    [
        f"modelfetch.journal/2 {BLOB} 100",
        f"{HEADER} {BLOB}",
        f"{HEADER} {BLOB} 100 more",
        f"{HEADER} {BLOB} -1",
        f"{HEADER} {BLOB} many",
        f"{HEADER} {BLOB} {'9' * 5000}",
    ],
)
def test_a_header_that_is_not_understood_says_nothing(body: str) -> None:
    assert decode(line(body) + encode_kept(Piece(ByteRange(0, 1), 0))) is None


def test_arabic_digits_are_no_numbers_here() -> None:
    body = "+ \N{ARABIC-INDIC DIGIT ZERO} \N{ARABIC-INDIC DIGIT FIVE} 00000000".encode()
    assert believed(HEAD + body + b" %08x\n" % crc32(body)) == ()
