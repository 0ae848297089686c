"""The lock that keeps two downloads from fetching one content twice; huggingface_hub takes the same one.

Rule: a lock saves work and is never what correctness rests on. Where it cannot be had (a file system
without locks, a lock file of another user's) the download goes on without: content addressing, unique
temporaries and renaming keep it right. It is never waited for, and the lock file stays: unlinking it
would split the next lockers over two files of one name.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from filelock import BaseFileLock

_MODE = 0o664
"""As huggingface_hub makes it (``utils/_fixes.py``), so that a group can share a cache."""


class Lock:
    """A lock that is held, or the permission to go on without one."""

    __slots__ = ("_held",)

    def __init__(self, held: BaseFileLock | None) -> None:
        self._held = held

    def release(self) -> None:
        """Let go; a second time does nothing. Any thread may call it."""
        held, self._held = self._held, None
        if held is not None:
            with suppress(OSError):
                held.release(force=True)


def take(path: Path) -> Lock | None:
    """The lock at ``path``, or None when somebody holds it: another process, or another thread of this one."""
    from filelock import SoftFileLock, Timeout  # noqa: PLC0415 - costs 50 ms, so only a download pays it

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = _lock(path)
    except OSError:
        return Lock(None)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return Lock(None) if isinstance(lock, SoftFileLock) else None
    except (OSError, NotImplementedError):
        return Lock(None)
    if isinstance(lock, SoftFileLock):  # filelock's own fallback, which a crash would leave locked for ever
        Lock(lock).release()
        return Lock(None)
    return Lock(lock)


def _lock(path: Path) -> BaseFileLock:
    from filelock import FileLock  # noqa: PLC0415 - as above

    try:
        return FileLock(path, timeout=0, mode=_MODE, thread_local=False, fallback_to_soft=False)
    except TypeError:  # filelock before it had that option
        return FileLock(path, timeout=0, mode=_MODE, thread_local=False)
