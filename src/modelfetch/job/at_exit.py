"""What still runs when the interpreter exits is cancelled, and waited for a little.

Rule: the hook is registered by the first download of a process, because importing must not have effects; it ends the
downloads of its own process alone, because a forked child shares its parent's sockets; and once it has begun, nothing starts
any more.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .run import Run

EXIT_WITHIN = 2.0
"""Seconds that the interpreter's exit waits for downloads to end, for all of them together."""


class _ExitHook:
    """The runs of this process that have not settled."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = 0
        self._exiting = 0
        self._runs: weakref.WeakSet[Run] = weakref.WeakSet()

    @property
    def has_begun(self) -> bool:
        return self._exiting == os.getpid()

    def add(self, run: Run) -> None:
        with self._lock:
            if self._process != os.getpid():
                self._process, self._runs = os.getpid(), weakref.WeakSet()
                atexit.register(self._end_all, self._process)
            self._runs.add(run)

    def remove(self, run: Run) -> None:
        with self._lock:
            self._runs.discard(run)

    def _end_all(self, process: int) -> None:
        if process != os.getpid():
            return
        until = time.monotonic() + EXIT_WITHIN
        self._exiting = process
        with self._lock:
            runs = sorted(self._runs, key=lambda run: run.has_begun)  # those that wait first, or they would move up
        for run in runs:
            run.cancel()
        for run in runs:
            run.join(until - time.monotonic())


_hook = _ExitHook()


def end_at_exit(run: Run) -> None:
    """Have ``run`` cancelled at the interpreter's exit, and waited for."""
    _hook.add(run)


def forget(run: Run) -> None:
    """``run`` has settled: nothing is left to cancel."""
    _hook.remove(run)


def is_exiting() -> bool:
    """Whether the hook of this process has begun."""
    return _hook.has_begun
