"""What a file of the pretended Hub holds, as values that can be read at any place.

Rule: content is asked for in pieces and never held whole unless a test gave it whole, so a repo of 100 GB costs
no memory. Content is a value: equal content has equal digests, which are computed once in the life of a process.
"""

from __future__ import annotations

import hashlib
from array import array
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE = 512 * 1024
"""Bytes in a piece: large enough for 1 GB/s over loopback, small enough that a limit on speed is felt at once."""

_TILE = 1 << 20
_BLOCK = 4096
_BLOCKS = _TILE // _BLOCK
_ODD = 0x9E37_79B9_7F4A_7C15


@runtime_checkable
class Content(Protocol):
    """Bytes that can be read at any place. Has to be hashable, and must never change."""

    @property
    def size(self) -> int:
        """How many bytes there are."""
        ...

    def read(self, start: int, stop: int) -> bytes | memoryview:
        """The bytes from ``start`` on: at least one of them, and none beyond ``stop``."""
        ...


@dataclass(frozen=True, slots=True)
class Literal:
    """Bytes that are held in memory."""

    data: bytes

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self.data)

    def read(self, start: int, stop: int) -> memoryview:
        """The bytes ``start`` to ``stop - 1``."""
        return memoryview(self.data)[start:stop]


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A file of the disk, as it was when it was added: ``modified`` is its time of change in nanoseconds."""

    path: Path
    size: int
    modified: int

    @classmethod
    def of(cls, path: Path) -> OnDisk:
        """The content of the file at ``path``. Raises ``OSError`` where there is none."""
        stat = path.stat()
        return cls(path.resolve(), stat.st_size, stat.st_mtime_ns)

    def read(self, start: int, stop: int) -> bytes:
        """The bytes ``start`` to ``stop - 1``, read anew each time."""
        with self.path.open("rb", buffering=0) as file:
            file.seek(start)
            return file.read(stop - start)


@dataclass(frozen=True, slots=True)
class Synthetic:
    """Random-looking bytes of any ``size`` that take no memory; another ``seed`` gives other bytes.

    A random tile of 1 MiB is repeated, and every 4 KiB block begins with its own number: a range that was put in
    the wrong place is seen as wrong bytes.
    """

    size: int
    seed: int = 0

    def read(self, start: int, stop: int) -> memoryview:
        """The bytes from ``start`` on, at most to the end of their tile."""
        number, begin = divmod(start, _TILE)
        end = min(stop, self.size, (number + 1) * _TILE) - number * _TILE
        first, last = begin // _BLOCK, -(-end // _BLOCK)
        piece = bytearray(_tile(self.seed, min(self.size, _TILE))[first * _BLOCK : last * _BLOCK])
        _number_blocks(piece, self.seed * _ODD % 2**62 + number * _BLOCKS + first)
        return memoryview(piece)[begin - first * _BLOCK : end - first * _BLOCK]


def _number_blocks(piece: bytearray, first: int) -> None:
    numbers = array("Q", range(first, first + len(piece) // _BLOCK))
    memoryview(piece).cast("Q")[:: _BLOCK // 8] = memoryview(numbers)


@lru_cache(maxsize=8)
def _tile(seed: int, size: int) -> bytes:
    whole_blocks = -(-size // _BLOCK) * _BLOCK
    return hashlib.shake_128(b"modelfetch.testing %d" % seed).digest(whole_blocks)


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes ``start`` to ``stop - 1`` of a content: what an answer carries."""

    content: Content
    start: int
    stop: int

    @classmethod
    def whole(cls, content: Content) -> Span:
        """All of it."""
        return cls(content, 0, content.size)

    @property
    def size(self) -> int:
        """How many bytes."""
        return self.stop - self.start

    def pieces(self, size: int = PIECE) -> Iterator[bytes | memoryview]:
        """The bytes in order, at most ``size`` at a time."""
        at = self.start
        while at < self.stop:
            piece = self.content.read(at, min(at + size, self.stop))
            yield piece
            at += len(piece)

    def to_bytes(self) -> bytes:
        """All of them at once: for what is known to be small."""
        return b"".join(self.pieces())


@dataclass(frozen=True, slots=True)
class Digests:
    """The two names that content has on the Hub: ``sha256`` for LFS, ``git`` (a blob id, sha1) for all else."""

    sha256: str
    git: str


@lru_cache(maxsize=4096)
def _digests(content: Content) -> Digests:
    sha256 = hashlib.sha256()
    git = hashlib.sha1(b"blob %d\0" % content.size, usedforsecurity=False)
    for piece in Span.whole(content).pieces():
        sha256.update(piece)
        git.update(piece)
    return Digests(sha256.hexdigest(), git.hexdigest())


def digests(content: Content) -> Digests:
    """Both digests of ``content``; those of synthetic content are computed once in the life of a process."""
    return _digests(content) if isinstance(content, Synthetic) else _digests.__wrapped__(content)


def as_content(given: bytes | Path | Content) -> Content:
    """What a test gave for a file, as content."""
    match given:
        case bytes():
            return Literal(given)
        case Path():
            return OnDisk.of(given)
        case _:
            return given
