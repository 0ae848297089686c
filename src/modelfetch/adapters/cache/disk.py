"""The few things done to single files: open without following links, write all, read into, replace.

Rule: a name in the cache is never followed or written through when it is a symbolic link somebody planted,
and a file appears under a name complete or not at all.

A temporary of ours is locked as long as it is worked at. One that is not is a crash's, and anybody may remove it; where
locks lie that can hit a living one, so whoever makes a temporary begins again when it is gone.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from .faults import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # a pipe would be waited for
_BASE = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)
_MODE = 0o666
"""What a program asks for; the user's umask and the folder's default ACL decide the rest."""

_AT_ONCE = 1 << 16
"""Bytes of a text that may be long."""

_PAUSES = (0.01, 0.02, 0.04, 0.08)
"""Seconds; a reader of ours has a journal open for well under a millisecond."""

_NO_FILE = {errno.ELOOP, errno.ENXIO}
"""What opening says of a link where none is followed, and of a socket."""

_TRIES = 4
"""How often a temporary is made again that somebody took for a crash's."""

TEMPORARY = ".tmp"
"""How the name of every temporary file of ours ends."""


def open_temporary(folder: str, stem: str) -> tuple[int, str]:
    """A new file of ours alone, open for appending and locked until it is closed, and its path."""
    path = temporary(folder, stem)
    fd = os.open(path, _BASE | NO_FOLLOW | os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, _MODE)
    lock(fd)
    return fd, path


def lock(fd: int) -> bool:
    """Lock the open file until it is closed; False when somebody else has, or it cannot be told.

    Windows needs none: it does not unlink what is open.
    """
    if sys.platform == "win32":
        return True
    import fcntl  # noqa: PLC0415 - POSIX only

    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def is_abandoned(path: str) -> bool:
    """Whether nobody works at the temporary file; False where that cannot be told.

    A temporary link lives for microseconds, and Windows unlinks nothing that is open: there it may be tried at once.
    """
    if sys.platform == "win32" or os.path.islink(path):
        return True
    fd = os.open(path, _BASE | NO_FOLLOW | _NO_WAIT | os.O_RDONLY)
    try:
        return lock(fd)
    finally:
        os.close(fd)


def temporary(folder: str, stem: str) -> str:
    """A name that nobody else uses."""
    return f"{folder}{os.sep}{stem}.{os.urandom(4).hex()}{TEMPORARY}"


def open_append(path: str) -> int:
    """An existing file, open for appending."""
    return os.open(path, _BASE | NO_FOLLOW | os.O_WRONLY | os.O_APPEND)


def open_part(path: str) -> tuple[int, os.stat_result]:
    """A part file, open for reading and writing, made when it is not there; and how it was found.

    What cannot be a part file of ours (a link, a second name of another file, another user's file, a pipe)
    is unlinked, and a new file made instead.
    """
    try:
        return _own_part(path)
    except (PermissionError, _NotOursError):
        os.unlink(path)
        return _own_part(path)


class _NotOursError(Exception):
    """What stands at the part file's path must not be written to."""


def _own_part(path: str) -> tuple[int, os.stat_result]:
    if _is_link_unseen(path):
        raise _NotOursError
    try:
        fd = os.open(path, _BASE | NO_FOLLOW | _NO_WAIT | os.O_RDWR | os.O_CREAT, _MODE)
    except OSError as error:
        if error.errno in _NO_FILE:
            raise _NotOursError from error
        raise
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        os.close(fd)
        raise _NotOursError
    return fd, found


def _is_link_unseen(path: str) -> bool:
    """Whether it is a link and opening it would not tell: where the system has no O_NOFOLLOW."""
    return not NO_FOLLOW and os.path.islink(path)


def regular_size(path: str, *, follow: bool) -> int | None:
    """Bytes of the regular file at ``path``; None when there is none. Raises OSError when it cannot be told."""
    try:
        found = os.stat(path, follow_symlinks=follow)
    except ABSENT:
        return None
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL}:  # the last for a name that Windows has not
            return None
        raise
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def read_own(path: str) -> bytes | None:
    """A regular file of ours, whole; None when there is none (a link is none)."""
    fd = open_own(path)
    if fd is None:
        return None
    with open(fd, "rb") as file:
        return file.read()


def read_on(fd: int) -> Iterator[bytes]:
    """What follows where ``fd`` stands, a little at a time."""
    while text := os.read(fd, _AT_ONCE):
        yield text


def open_own(path: str) -> int | None:
    """A regular file of ours, open for reading; None when there is none (a link is none)."""
    if _is_link_unseen(path):
        return None
    try:
        fd = os.open(path, _BASE | NO_FOLLOW | _NO_WAIT | os.O_RDONLY)
    except ABSENT:
        return None
    except OSError as error:
        if error.errno in _NO_FILE or os.path.isdir(path):
            return None
        raise
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        return None
    return fd


def replace_text(folder: str, path: str, text: str, *, lasting: bool = False) -> None:
    """Give ``path`` the content ``text``, at once; the temporary is made in ``folder``.

    ``lasting``: the bytes are on the device before the name, so that a power cut leaves no empty file under it.
    """

    def fill(fd: int) -> None:
        write_all(fd, text.encode())
        if lasting:
            sync(fd)

    place(folder, path, fill)


def place(folder: str, path: str, fill: Callable[[int], None]) -> None:
    """Give ``path`` what ``fill`` writes to the descriptor it is given, at once; the temporary is made in ``folder``."""
    for _ in range(_TRIES):
        with suppress(_GoneError):
            _place(folder, path, fill)
            return
    _place(folder, path, fill)


class _GoneError(FileNotFoundError):
    """A temporary of ours is no longer there."""


def _place(folder: str, path: str, fill: Callable[[int], None]) -> None:
    fd, made = open_temporary(folder, os.path.basename(path))
    try:
        try:
            fill(fd)
            if os.name != "nt":
                rename(made, path)  # while it is locked: nobody takes it for a crash's
        finally:
            os.close(fd)
        if os.name == "nt":  # an open file cannot be renamed there
            rename(made, path)
    except FileNotFoundError as error:
        if os.path.isdir(folder) and os.path.isdir(os.path.dirname(path)):
            raise _GoneError(*error.args) from error
        raise
    except BaseException:
        remove(made)
        raise


def write_all(fd: int, text: bytes) -> None:
    """Write all of ``text``."""
    view = memoryview(text)
    while view:
        view = view[os.write(fd, view) :]


def rename(source: str, target: str) -> None:
    """Give ``source`` the name ``target`` at once, replacing what has it.

    Windows refuses while anybody has ``target`` open, if only to read it: that is tried again for a moment.
    """
    for pause in _PAUSES if os.name == "nt" else ():
        with suppress(PermissionError):
            os.replace(source, target)
            return
        time.sleep(pause)
    os.replace(source, target)


def remove(path: str) -> None:
    """Unlink; what is not there, or will not go, stays as it is."""
    with suppress(OSError):
        os.unlink(path)


def sync(fd: int) -> None:
    """Bring the file's bytes to the device, so that a name given to it later never names a hole."""
    getattr(os, "fdatasync", os.fsync)(fd)


class Bytes:
    """Reads and writes at positions of one descriptor, from any thread."""

    __slots__ = ("_seek", "fd")

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._seek = Lock()

    def write(self, offset: int, view: memoryview) -> None:
        """Write all of ``view`` at ``offset``."""
        pwrite: Callable[[int, memoryview, int], int] = getattr(os, "pwrite", self._pwrite)
        while view:
            done = pwrite(self.fd, view, offset)
            view, offset = view[done:], offset + done

    def read_into(self, view: memoryview, offset: int) -> int:
        """Fill ``view`` from ``offset``; how many bytes that were, fewer only at the end of the file."""
        preadv: Callable[[int, list[memoryview], int], int] = getattr(os, "preadv", self._preadv)
        filled = 0
        while filled < len(view):
            count = preadv(self.fd, [view[filled:]], offset + filled)
            if not count:
                break
            filled += count
        return filled

    def _pwrite(self, fd: int, view: memoryview, offset: int) -> int:
        with self._seek:
            os.lseek(fd, offset, os.SEEK_SET)
            return os.write(fd, view)

    def _preadv(self, fd: int, views: list[memoryview], offset: int) -> int:
        with self._seek:
            os.lseek(fd, offset, os.SEEK_SET)
            block = os.read(fd, len(views[0]))
        views[0][: len(block)] = block
        return len(block)
