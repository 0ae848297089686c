r"""The digest that tells whether a content is what it was promised to be.

Rule: 64 hex digits are the sha256 of the content; 40 are its git blob id, the sha1 of ``blob <size>\0`` and
the content (https://git-scm.com/book/en/v2/Git-Internals-Git-Objects).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from zlib import crc32

from ...core.planning.listing import is_sha256
from ...core.transfer.ports import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.transfer.pieces import Piece
    from .disk import Bytes

BLOCK = 1 << 20
"""Bytes read at once: large enough for the disk, small enough to stop within milliseconds."""


class RunningDigest:
    """The digest of a file from byte 0 to ``done``, run on as more of it is there. For one thread at a time."""

    def __init__(self, blob_id: str, size: int) -> None:
        self._blob_id = blob_id
        self._size = size
        self.reset()

    def reset(self) -> None:
        """Start again at byte 0."""
        self.done = 0
        if is_sha256(self._blob_id):
            self._hash = hashlib.sha256()
        else:
            self._hash = hashlib.sha1(b"blob %d\0" % self._size, usedforsecurity=False)

    def run(self, source: Bytes, upto: int, stopped: Callable[[], bool]) -> str | None:
        """Go on to ``upto``; the hex digest when that is the end, else None.

        A file that ends sooner than it should gives the digest of what is there, which cannot be right.
        Raises Interrupted when ``stopped()``, keeping what was done.
        """
        buffer = _buffer(upto - self.done)
        while self.done < upto:
            if stopped():
                raise Interrupted
            count = source.read_into(buffer[: upto - self.done], self.done)
            if not count:
                break
            self._hash.update(buffer[:count])
            self.done += count
        return self._hash.hexdigest() if upto == self._size else None

    def lies(self, source: Bytes, piece: Piece, stopped: Callable[[], bool]) -> bool:
        """Whether the disk holds something else than what was written there. Raises Interrupted."""
        position, crc, buffer = piece.range.start, 0, _buffer(piece.range.size)
        while position < piece.range.stop:
            if stopped():
                raise Interrupted
            count = source.read_into(buffer[: piece.range.stop - position], position)
            if not count:
                return True
            crc = crc32(buffer[:count], crc)
            position += count
        return crc != piece.crc


def _buffer(count: int) -> memoryview:
    """Room for so many bytes, or for a block of them; for one reading, because many files may be open at once."""
    return memoryview(bytearray(min(BLOCK, max(count, 0))))
