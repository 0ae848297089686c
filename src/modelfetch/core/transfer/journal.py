"""The journal: which pieces of a file are safely on disk, as bytes that survive a torn write.

Rule: a line is believed only when its own checksum fits, so a torn, doubled or damaged line costs that
line and nothing else; later lines win over earlier ones. A journal whose header is not understood says
nothing: its part file is then worth nothing either.

One journal, three uses: a resume reads it, a second process follows it to show live progress, and an audit
holds the disk against it. It is text, one fact a line, so that a person can read it too::

    modelfetch.journal/1 <blob id> <size> <line crc>
    + <start> <stop> <piece crc> <line crc>        these bytes are on disk
    - <start> <stop> <line crc>                    these bytes are not to be trusted

Positions are decimal bytes, half-open; both checksums are CRC-32 (as in zlib), eight hex digits. The
piece's checksum tells, when a digest comes out wrong, a disk that lost bytes from a source that sent
wrong ones. It guards against accidents, never against malice: that is the digest's work.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

from ..ranges import ByteRange, RangeSet

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADER = "modelfetch.journal/1"
"""Format name and version; a later format gets another file name as well, so both can live side by side."""

_LONGEST_LINE = 256
"""Bytes; about twice what a header takes, so that no number in a line that is believed is a long one."""

_CRC = re.compile("[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Piece:
    """One stretch of bytes that was written in one go, and the CRC-32 of what was written."""

    range: ByteRange
    crc: int


@dataclass(frozen=True, slots=True)
class Journal:
    """What a journal says: for which content, and which pieces of it are on disk (disjoint, in order)."""

    blob_id: str
    size: int
    pieces: tuple[Piece, ...] = ()

    @property
    def kept(self) -> RangeSet:
        """The bytes that are on disk."""
        return RangeSet.of(piece.range for piece in self.pieces)

    def within(self, length: int) -> Journal:
        """The same, without pieces beyond ``length``: a part file that was cut short cannot hold them."""
        pieces = tuple(piece for piece in self.pieces if piece.range.stop <= length)
        return Journal(self.blob_id, self.size, pieces)


def encode_header(blob_id: str, size: int) -> bytes:
    """The first line."""
    return _line(f"{HEADER} {blob_id} {size}")


def encode_kept(piece: Piece) -> bytes:
    """The line that says: these bytes are on disk."""
    return _line(f"+ {piece.range.start} {piece.range.stop} {piece.crc:08x}")


def encode_dropped(gone: ByteRange) -> bytes:
    """The line that says: these bytes are not to be trusted."""
    return _line(f"- {gone.start} {gone.stop}")


def encode(journal: Journal) -> bytes:
    """A whole journal, compact."""
    header = encode_header(journal.blob_id, journal.size)
    return header + b"".join(encode_kept(piece) for piece in journal.pieces)


def decode(text: bytes) -> Journal | None:
    """What ``text`` says, or None when its header is missing, damaged or of another version."""
    first, *rest = text.split(b"\n")
    match _fields(first):
        case [name, blob_id, size] if name == HEADER and size.isdecimal():
            return Journal(blob_id, int(size), _replay(rest, int(size)))
        case _:
            return None


def _replay(lines: Iterable[bytes], size: int) -> tuple[Piece, ...]:
    pieces: dict[int, Piece] = {}
    covered = RangeSet()
    for line in lines:
        match _fields(line):
            case ["+", start, stop, crc] if (told := _range(start, stop, size)) and _CRC.fullmatch(crc):
                if covered.touches(told):  # written again: what stands there now is the later one
                    _drop(pieces, told)
                pieces[told.start] = Piece(told, int(crc, 16))
                covered = covered.add(told)
            case ["-", start, stop] if told := _range(start, stop, size):
                _drop(pieces, told)
                covered = RangeSet.of(piece.range for piece in pieces.values())
            case _:
                continue
    return tuple(pieces[start] for start in sorted(pieces))


def _drop(pieces: dict[int, Piece], gone: ByteRange) -> None:
    """A piece that loses one byte is lost whole: its checksum covers all of it."""
    for start in [key for key, piece in pieces.items() if piece.range.overlap(gone)]:
        del pieces[start]


def _range(start: str, stop: str, size: int) -> ByteRange | None:
    """The range a line names, where it lies within the file."""
    if not (start.isdecimal() and stop.isdecimal() and int(start) < int(stop) <= size):
        return None
    return ByteRange(int(start), int(stop))


def _line(text: str) -> bytes:
    body = text.encode("ascii")
    return b"%s %08x\n" % (body, crc32(body))


def _fields(line: bytes) -> list[str] | None:
    """The words of a line whose checksum fits, else None."""
    body, _, check = line.rpartition(b" ")
    if len(line) > _LONGEST_LINE or check != b"%08x" % crc32(body):
        return None
    return body.decode("ascii", "replace").split(" ")
