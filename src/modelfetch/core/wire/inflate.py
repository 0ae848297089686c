"""Unpacking a body that came compressed although nobody asked: as much as is wanted at a time, and no more.

Rule: what a compressed byte may become has no bound, so the reader sets one: memory holds what it asked for and one
packed block. Formats: gzip of any number of members (RFC 1952), and zlib (RFC 1950), which HTTP calls deflate.
"""

from __future__ import annotations

import zlib

from .head import GarbledAnswerError

PACKINGS = frozenset({"gzip", "x-gzip", "deflate"})
"""The content codings that can be undone (RFC 9110 section 8.4.1)."""

_ANY_HEADER = zlib.MAX_WBITS | 32


class Inflater:
    """Undoes one body's packing. Not thread-safe."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_ANY_HEADER)
        self._packed = b""
        self._within = False

    @property
    def is_whole(self) -> bool:
        """Whether what was put in ends where a member ends."""
        return not self._within

    def put(self, packed: bytes) -> None:
        """More of the body."""
        self._packed += packed
        self._within |= bool(packed)

    def take(self, most: int) -> bytes:
        """Up to ``most`` bytes (1 or more) of what was packed; empty when more has to be put in first.

        Raises GarbledAnswerError for what is neither gzip nor zlib, or damaged.
        """
        while True:
            try:
                out = self._stream.decompress(self._packed, most)
            except zlib.error as error:
                message = f"its packed body is damaged: {error}"
                raise GarbledAnswerError(message) from error
            self._packed = self._stream.unconsumed_tail
            if self._stream.eof:
                self._packed = self._stream.unused_data
                self._stream = zlib.decompressobj(_ANY_HEADER)
                self._within = bool(self._packed)
            if out or not self._packed:
                return out
