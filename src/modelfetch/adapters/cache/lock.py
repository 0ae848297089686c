"""The lock that keeps two downloads from fetching one content twice; huggingface_hub takes the same one.

Rule: a lock saves work and is never what correctness rests on. Where it cannot be had (a file system
without locks, a lock file of another user's) the download goes on without: content addressing, unique
temporaries and renaming keep it right. It is never waited for, and the lock file stays: unlinking it
would split the next lockers over two files of one name.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from functools import cache
from inspect import signature
from typing import TYPE_CHECKING

from .planted import is_below_link

if TYPE_CHECKING:
    from filelock import BaseFileLock

_MODE = 0o664
"""As huggingface_hub makes it (``utils/_fixes.py``), so that a group can share a cache."""

_HELD = {errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.ENOENT}
"""What ``flock`` says of a lock that is another's; or that one removed the file, having had it."""


class Lock:
    """A lock that is held, or the permission to go on without one."""

    __slots__ = ("_held",)

    def __init__(self, held: BaseFileLock | None) -> None:
        self._held = held

    @property
    def is_real(self) -> bool:
        """Whether others are kept out; else it is only the permission to go on."""
        return self._held is not None

    def release(self) -> None:
        """Let go; a second time does nothing. Any thread may call it."""
        held, self._held = self._held, None
        if held is not None:
            with suppress(OSError):
                held.release(force=True)


def take(path: str) -> Lock | None:
    """The lock at ``path``, or None when somebody holds it: another process, or another thread of this one."""
    from filelock import SoftFileLock, Timeout  # noqa: PLC0415 - costs 50 ms, so only a download pays it

    try:
        if is_below_link(path):  # planted: older filelocks would empty what it leads to
            return Lock(None)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        lock = _lock(path)
        lock.acquire(timeout=0)
    except Timeout:
        return None if _are_locks_to_be_had(path) else Lock(None)
    except (OSError, NotImplementedError):
        return Lock(None)
    if isinstance(lock, SoftFileLock):  # filelock's own fallback, which a crash would leave locked for ever
        Lock(lock).release()
        return Lock(None)
    return Lock(lock)


def _lock(path: str) -> BaseFileLock:
    from filelock import FileLock  # noqa: PLC0415 - as above

    if _knows_fallback(FileLock):
        return FileLock(path, timeout=0, mode=_MODE, thread_local=False, fallback_to_soft=False)
    return FileLock(path, timeout=0, mode=_MODE, thread_local=False)


@cache
def _knows_fallback(kind: type[BaseFileLock]) -> bool:
    return "fallback_to_soft" in signature(kind.__init__).parameters


def _are_locks_to_be_had(path: str) -> bool:
    """Whether a lock that was not given is somebody's, rather than the file system having none.

    filelock does not tell these apart in all its versions.
    """
    had = True
    if sys.platform != "win32":
        import fcntl  # noqa: PLC0415 - POSIX only

        try:
            with open(path, "rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            had = error.errno in _HELD
    return had
