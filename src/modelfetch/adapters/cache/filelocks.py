"""The lock by way of filelock, as huggingface_hub takes it.

Rule: only a lock that dies with its process is taken. Some filelocks fall back to a marker file by themselves, which
a crash would leave locked for ever; with those the download goes on without.
"""

from __future__ import annotations

import os
from functools import cache
from inspect import signature
from typing import TYPE_CHECKING

from .lock import MODE, Lock

if TYPE_CHECKING:
    from filelock import BaseFileLock


def take_by_filelock(path: str) -> Lock | None:
    """The lock, or None when it is another's. Raises OSError or NotImplementedError where locks are not to be had."""
    from filelock import SoftFileLock, Timeout  # noqa: PLC0415 - costs 50 ms, so only a download pays it

    if os.path.islink(path):  # noqa: PTH114 - plain strings, see layout.py; planted: older filelocks would empty what it leads to
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
