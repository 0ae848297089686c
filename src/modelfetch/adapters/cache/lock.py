"""The lock that keeps two downloads from fetching one content twice; huggingface_hub takes the same one.

Rule: a lock saves work and is never what correctness rests on. Where it cannot be had (a file system
without locks, a lock file of another user's) the download goes on without: content addressing, unique
temporaries and renaming keep it right. It is never waited for, and the lock file stays: unlinking it
would split the next lockers over two files of one name.

huggingface_hub takes it with filelock, which on POSIX means ``flock`` of that file: so do we, since a model of many
small files would pay more for filelock's bookkeeping than for all its writes. On Windows filelock itself is asked.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

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
        try:
            return _take(path)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 - plain strings, see layout.py
            return _take(path)
    except (OSError, NotImplementedError):
        return Lock(None)


def _take(path: str) -> Lock | None:
    """Raises OSError or NotImplementedError where locks are not to be had."""
    if sys.platform == "win32":
        from .filelocks import take_by_filelock  # noqa: PLC0415 - Windows only

        return take_by_filelock(path)
    else:  # noqa: RET505 - so that a type checker leaves it out elsewhere
        from .flocks import take_by_flock  # noqa: PLC0415 - POSIX only

        return take_by_flock(path)
