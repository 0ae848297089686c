"""How far somebody else's download of a content is, as its files on disk tell."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from ...core.ranges import ByteRange
from ...core.transfer.alive import alive
from ...core.transfer.journal import Reader
from .disk import open_own, read_on, regular_size
from .faults import ABSENT

if TYPE_CHECKING:
    from ...core.planning.listing import FileEntry
    from .layout import Layout


_LAST = 64
"""Bytes: a line of a journal, which no other one has at the same place."""


class Sight:
    """Remembers what was seen of each content. Thread-safe."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._mutex = Lock()
        self._journals: dict[str, _Followed] = {}
        self._before: dict[str, dict[str, int]] = {}
        self._alive: dict[str, str] = {}

    def seen(self, file: FileEntry) -> int | None:
        """Bytes that whoever has the file brought so far, None when nothing of it is there. Raises OSError.

        The owner is one of us (its journal tells) or a huggingface_hub (its temporary's length tells). What a dead one
        left may be there as well, and may be more.
        """
        with self._mutex:
            now = self._told(file)
            before = self._before.get(file.blob_id, {})
            self._before[file.blob_id] = now
            if not now:
                return None
            path = alive(now, before, self._alive.get(file.blob_id), _touched)
            self._alive[file.blob_id] = path
        return min(now[path], file.size)

    def _told(self, file: FileEntry) -> dict[str, int]:
        """What each of the files that tell of the content tells: paths to bytes."""
        journal = self._layout.journal(file.blob_id)
        told = {path: regular_size(path, follow=False) or 0 for path in _neighbours(self._layout, file.blob_id)}
        if os.path.lexists(journal):
            self._journals[file.blob_id] = followed = _followed(journal, self._journals.get(file.blob_id))
            told[journal] = followed.bytes_in(file, regular_size(self._layout.part(file.blob_id), follow=False) or 0)
        return told


@dataclass(slots=True)
class _Followed:
    """A journal that is read on, as far as ``at``.

    ``mark`` (device and inode) and ``last``, the bytes that were read last, tell whether it is still the same one: a system
    gives the inode of what was removed to the next file.
    """

    mark: tuple[int, int] | None = None
    at: int = 0
    last: bytes = b""
    reader: Reader = field(default_factory=Reader)

    def bytes_in(self, file: FileEntry, length: int) -> int:
        """Bytes of ``file`` that it says are in a part file of ``length`` bytes."""
        if self.reader.about != (file.blob_id, file.size):
            return 0
        cut = ByteRange(length, file.size) if length < file.size else None
        return (self.reader.kept.remove(cut) if cut else self.reader.kept).size


def _followed(path: str, known: _Followed | None) -> _Followed:
    """What is at ``path``, with all that it says by now; ``known``: as it was before, of which nothing is read again."""
    fd = open_own(path)
    if fd is None:
        return _Followed()
    try:
        found = os.fstat(fd)
        mark = found.st_dev, found.st_ino
        if known is None or known.mark != mark or not _goes_on(fd, known):
            known = _Followed(mark)
        os.lseek(fd, known.at, os.SEEK_SET)
        for text in read_on(fd):
            known.reader.feed(text)
            known.at += len(text)
            known.last = (known.last + text)[-_LAST:]
    finally:
        os.close(fd)
    return known


def _goes_on(fd: int, known: _Followed) -> bool:
    """Whether what was read last is still where it was."""
    os.lseek(fd, known.at - len(known.last), os.SEEK_SET)
    return os.read(fd, len(known.last)) == known.last


def _neighbours(layout: Layout, blob_id: str) -> list[str]:
    """huggingface_hub's temporaries: ``<etag>.<8 hex>.incomplete``, and up to 1.17 ``<etag>.incomplete``."""
    try:
        names = os.listdir(layout.blobs)
    except ABSENT:
        return []
    return [layout.blob(name) for name in names if name.startswith(blob_id) and name.endswith(".incomplete")]


def _touched(path: str) -> int:
    """When the file was changed last, in nanoseconds, by whichever clock."""
    try:
        return os.lstat(path).st_mtime_ns
    except OSError:  # gone meanwhile
        return 0
