"""Becoming a content's one owner, without ever waiting for anybody.

Rule: a claim has one of three answers, and makes no file visible to others but the lock. What an earlier owner
left is believed as far as its journal can be read and the part file is long enough.
"""

from __future__ import annotations

import errno
import os
import sys
from dataclasses import dataclass
from stat import S_IMODE
from typing import TYPE_CHECKING

from ...core.transfer.journal import Journal, Reader, stretches
from .disk import open_append, open_own, open_part, open_temporary, read_on, regular_size, remove, rename, write_all
from .faults import ABSENT

if TYPE_CHECKING:
    from ...core.planning.listing import FileEntry
    from ...core.ranges import RangeSet
    from .layout import Layout


def whereabouts(layout: Layout, file: FileEntry, commit: str | None = None) -> str | None:
    """Where the content is under a final name with the right size; None when it is not.

    With ``commit``, a snapshot file that is no link counts too: the layout without symbolic links, and local
    copies. A blob that is a link (into huggingface_hub's shared store) is followed.
    """
    blob = layout.blob(file.blob_id)
    if regular_size(blob, follow=True) == file.size:
        return blob
    place = None if commit is None else layout.file(commit, file.path)
    return place if place is not None and regular_size(place, follow=False) == file.size else None


def kept(layout: Layout, blob_id: str, size: int) -> Journal:
    """What an owner's journal says and its part file is long enough for; an empty journal when there is none."""
    length = regular_size(layout.part(blob_id), follow=False)
    if not length:
        return Journal(blob_id, size)
    return journalled(layout.journal(blob_id), blob_id, size).within(length)


def journalled(path: str, blob_id: str, size: int) -> Journal:
    """What the journal at ``path`` says of this content; an empty journal when it says nothing of it."""
    fd, reader = open_own(path), Reader()
    if fd is not None:
        try:
            for text in read_on(fd):
                reader.feed(text)
        finally:
            os.close(fd)
    told = reader.end()
    return Journal(blob_id, size) if told is None or (told.blob_id, told.size) != (blob_id, size) else told


@dataclass(frozen=True, slots=True)
class Opened:
    """What an owner has open, and what it found: the bytes an earlier owner ``kept``.

    ``journal`` is the journal's descriptor; ``part_mark`` and ``mark`` are device and inode of the two. ``mode`` is what
    a fresh file has in this folder; None when the part file has it as well.
    """

    part: int
    part_mark: tuple[int, int]
    journal: int
    mark: tuple[int, int]
    mode: int | None
    kept: RangeSet


def is_at(path: str, mark: tuple[int, int]) -> bool:
    """Whether the file with this device and inode is still what ``path`` names."""
    try:
        found = os.lstat(path)
    except ABSENT:
        return False
    return (found.st_dev, found.st_ino) == mark


def open_files(layout: Layout, file: FileEntry) -> Opened:
    """Open the part file and put a fresh journal in place. Call it as the owner.

    Raises FileNotFoundError when the part file was given another name meanwhile: begin again.
    """
    path = layout.part(file.blob_id)
    part, found = open_part(path)
    try:
        _refuse_size(part, file.size)
        told = journalled(layout.journal(file.blob_id), file.blob_id, file.size).within(found.st_size)
        if found.st_size > file.size:
            os.ftruncate(part, file.size)
        journal = _fresh_journal(layout, told)
        fresh = os.fstat(journal)
    except BaseException:
        os.close(part)
        if not found.st_size:
            remove(path)
        raise
    part_mark = found.st_dev, found.st_ino
    if not is_at(path, part_mark):  # a lock lied: an earlier owner has just published what we would write to
        os.close(part)
        os.close(journal)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    mode = S_IMODE(fresh.st_mode)
    mark = fresh.st_dev, fresh.st_ino
    return Opened(part, part_mark, journal, mark, None if S_IMODE(found.st_mode) == mode else mode, told.kept)


def _refuse_size(part: int, size: int) -> None:
    """Raise OSError (EFBIG) when no file here can be so large, before a byte of it is fetched.

    Linux lets nobody seek beyond a file system's largest file; elsewhere the write that is one too far tells.
    """
    try:
        os.lseek(part, size, os.SEEK_SET)
    except OSError as error:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG)) from error
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - POSIX only

        limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
        if limit != resource.RLIM_INFINITY and limit < size:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))


def _fresh_journal(layout: Layout, told: Journal) -> int:
    """A compact journal that says ``told``, put in place at once: this is what makes us the owner."""
    fd, temporary = open_temporary(layout.guests, f"{told.blob_id}.journal")
    try:
        for text in stretches(told):
            write_all(fd, text)
        path = layout.journal(told.blob_id)
        if os.name == "nt":  # an open file cannot be renamed there
            os.close(fd)
            fd = -1
        rename(temporary, path)
        return open_append(path) if fd < 0 else fd
    except BaseException:
        if fd >= 0:
            os.close(fd)
        remove(temporary)
        raise
