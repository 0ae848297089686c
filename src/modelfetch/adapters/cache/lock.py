"""The lock that keeps two downloads from fetching one content twice; huggingface_hub takes the same one, with filelock.

Rule: a lock saves work and is never what correctness rests on. Where it cannot be had (a file system
without locks, a lock file of another user's) the download goes on without: content addressing, unique
temporaries and renaming keep it right. It is never waited for, and the lock file stays: unlinking it
would split the next lockers over two files of one name. Only a lock that dies with its process is taken: some
filelocks fall back to a marker file by themselves, which a crash would leave locked for ever.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from inspect import signature
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from filelock import BaseFileLock

MODE = 0o664
"""As huggingface_hub makes it (``utils/_fixes.py``), so that a group can share a cache."""


class Lock:
    """A lock that is held, or the permission to go on without one."""

    __slots__ = ("_let_go",)

    def __init__(self, let_go: Callable[[], object] | None) -> None:
        self._let_go = let_go

    def release(self) -> None:
        """Let go; a second time does nothing. Any thread may call it."""
        let_go, self._let_go = self._let_go, None
        if let_go is not None:
            with suppress(OSError):
                let_go()


def take(path: str) -> Lock | None:
    """The lock at ``path``, or None when somebody holds it: another process, or another thread of this one."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 - plain strings, see layout.py
        return _take(path)
    except (OSError, NotImplementedError):
        return Lock(None)


def _take(path: str) -> Lock | None:
    """The lock, or None when it is another's. Raises OSError or NotImplementedError where locks are not to be had."""
    from filelock import SoftFileLock, Timeout  # noqa: PLC0415 - costs 50 ms, so only a download pays it

    if os.path.islink(path):  # noqa: PTH114 - plain strings, see layout.py; planted: older filelocks would empty it
        return Lock(None)
    held = _lock(path)
    try:
        held.acquire(timeout=0)
    except Timeout:
        return Lock(None) if isinstance(held, SoftFileLock) else None
    if isinstance(held, SoftFileLock):
        held.release(force=True)
        return Lock(None)
    return Lock(lambda: held.release(force=True))


def _lock(path: str) -> BaseFileLock:
    from filelock import FileLock  # noqa: PLC0415 - as above

    if _knows_fallback(FileLock):
        return FileLock(path, timeout=0, mode=MODE, thread_local=False, fallback_to_soft=False)
    return FileLock(path, timeout=0, mode=MODE, thread_local=False)


@cache
def _knows_fallback(kind: type[BaseFileLock]) -> bool:
    return "fallback_to_soft" in signature(kind.__init__).parameters
