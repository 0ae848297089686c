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

from ..planning.listing import LARGEST_FILE
from ..ranges import ByteRange, RangeSet
from .pieces import Piece, Pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HEADER = "modelfetch.journal/1"
"""Format name and version; a later format gets another file name as well, so both can live side by side."""

_LONGEST_LINE = 256
"""Bytes; about twice what a header takes, so that no number in a line that is believed is a long one."""

_LINES_AT_ONCE = 1_000
_CRC = re.compile("[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Journal:
    """What a journal says: for which content, and which pieces of it are on disk (disjoint, in order)."""

    blob_id: str
    size: int
    pieces: Sequence[Piece] = ()

    @property
    def kept(self) -> RangeSet:
        """The bytes that are on disk."""
        return RangeSet.in_order(piece.range for piece in self.pieces)

    def within(self, length: int) -> Journal:
        """The same, without pieces beyond ``length``: a part file that was cut short cannot hold them."""
        if not self.pieces or self.pieces[-1].range.stop <= length:
            return self
        return Journal(self.blob_id, self.size, Pieces(piece for piece in self.pieces if piece.range.stop <= length))


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
    return b"".join(stretches(journal))


def stretches(journal: Journal) -> Iterator[bytes]:
    """The same, some lines at a time."""
    yield encode_header(journal.blob_id, journal.size)
    for at in range(0, len(journal.pieces), _LINES_AT_ONCE):
        yield b"".join(map(encode_kept, journal.pieces[at : at + _LINES_AT_ONCE]))


def decode(text: bytes) -> Journal | None:
    """What ``text`` says, or None when its header is missing, damaged or of another version."""
    reader = Reader()
    reader.feed(text)
    return reader.end()


class Reader:
    """Reads a journal in stretches of any length, as it grows.

    ``about``: whose it is and of how many bytes; None until its header was read, and for good where that was not understood.
    ``kept``: the bytes that it says are on disk, so far.
    """

    def __init__(self) -> None:
        self.about: tuple[str, int] | None = None
        self.kept = RangeSet()
        self._pieces = Pieces()
        self._has_begun = False
        self._rest = b""

    def feed(self, text: bytes) -> None:
        """The next stretch of its text; a line is read when its end has come."""
        *lines, rest = (self._rest + text).split(b"\n")
        self._rest = rest[: _LONGEST_LINE + 1]  # what is longer is no line, however it goes on
        for line in lines:
            self._read(_fields(line))

    def end(self) -> Journal | None:
        """All that it says, a last line without its end included; None when its header was not understood."""
        self.feed(b"\n")
        return None if self.about is None else Journal(*self.about, self._pieces.in_order())

    def _read(self, fields: list[str] | None) -> None:
        match fields:
            case [name, blob_id, size] if name == HEADER and not self._has_begun:
                if size.isdecimal() and int(size) <= LARGEST_FILE:
                    self.about = blob_id, int(size)
            case ["+", start, stop, crc] if (told := self._range(start, stop)) and _CRC.fullmatch(crc):
                if self.kept.touches(told):  # written again: what stands there now is the later one
                    self._drop(told)
                self._pieces.append(Piece(told, int(crc, 16)))
                self.kept = self.kept.add(told)
            case ["-", start, stop] if told := self._range(start, stop):
                self._drop(told)
            case _:
                pass
        self._has_begun = True

    def _drop(self, gone: ByteRange) -> None:
        """A piece that loses one byte is lost whole: its checksum covers all of it."""
        for taken in self._pieces.take_out(gone):
            self.kept = self.kept.remove(taken)

    def _range(self, start: str, stop: str) -> ByteRange | None:
        """The range a line names, where it lies within the file."""
        size = self.about[1] if self.about else 0
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
