"""``flock``, the lock of POSIX systems, as filelock takes it.

Rule: the same file is locked in the same way, so that filelock and this module keep each other out. The system lets
go of it when its process dies; a forked child closes what it inherited, or it would hold its parent's locks.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sys
from contextlib import suppress
from functools import cache, partial

from .lock import MODE, Lock

assert sys.platform != "win32"  # noqa: S101 - tells a type checker as well that there is no such thing there

_HELD = {errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES}
"""What ``flock`` says of a lock that is another's."""

_FLAGS = os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC

_descriptors: set[int] = set()


def take_by_flock(path: str) -> Lock | None:
    """The lock, or None when it is another's. Raises OSError where locks are not to be had."""
    _forget_in_forked_children()
    fd = _open(path)
    try:
        if not _is_locked_now(fd):
            os.close(fd)
            return None
    except BaseException:
        os.close(fd)
        raise
    _descriptors.add(fd)
    return Lock(partial(_let_go, fd))


def _open(path: str) -> int:
    """Neither follows a planted link nor empties the file; only who makes it sets its mode."""
    try:
        fd = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, MODE)
    except FileExistsError:
        return os.open(path, _FLAGS)
    with suppress(OSError):  # a file system without modes
        os.fchmod(fd, MODE)
    return fd


def _is_locked_now(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        raise
    return os.fstat(fd).st_nlink > 0  # else somebody deleted it meanwhile: the next try finds the new one


def _let_go(fd: int) -> None:
    _descriptors.discard(fd)
    try:
        fcntl.flock(fd, fcntl.LOCK_UN)
    finally:
        os.close(fd)


@cache
def _forget_in_forked_children() -> None:
    os.register_at_fork(after_in_child=_forget)


def _forget() -> None:
    for fd in _descriptors:
        os.close(fd)
    _descriptors.clear()
