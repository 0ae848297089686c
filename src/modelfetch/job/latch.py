"""What happens once, and waiting for it.

Rule: it happens once and never unhappens. Waiting takes no lock that a Ctrl-C could leave behind, and who asked to be told is
told once, however late it asked and whatever the others do who are told.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from .deliver import deliver

if TYPE_CHECKING:
    from collections.abc import Callable


_LOOK_EVERY = 0.1
"""Seconds: Windows shows Ctrl-C to who waits for a lock only when that wait is over."""


class Latch:
    """Shut until it is opened, and open from then on."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._is_set = False
        self._bells: list[threading.Lock] = []
        self._callbacks: list[Callable[[], object]] = []

    @property
    def is_set(self) -> bool:
        """Whether it has happened; takes no lock."""
        return self._is_set

    def set(self) -> None:
        """It happened: wake who waits, and tell who asked, on this thread."""
        with self._lock:
            if self._is_set:
                return
            self._is_set = True
            callbacks, self._callbacks = self._callbacks, []
        for bell in tuple(self._bells):
            bell.release()
        for fn in callbacks:
            deliver(fn, ours=True)

    def tell(self, fn: Callable[[], object]) -> Callable[[], None]:
        """Call ``fn`` when it happens, on the thread that says so; at once, on this one, when it has.

        Returns what takes that back, for who may ask very often.
        """
        with self._lock:
            told = self._is_set
            if not told:
                self._callbacks.append(fn)
        if told:
            deliver(fn)
        return partial(self._forget, fn)

    def _forget(self, fn: Callable[[], object]) -> None:
        with self._lock, suppress(ValueError):
            self._callbacks.remove(fn)

    def wait(self, timeout: float | None) -> bool:
        """Wait up to ``timeout`` seconds, on a bell of this caller's own; whether it has happened.

        None, and more than the system can count, is no limit; less than nothing is none at all. A bell is a lock that one
        caller alone takes: Ctrl-C here leaves nothing behind that the download's threads would wait for, and unlike a queue
        it says without an error that nothing happened, which Ctrl-C would be shown as having come of.
        """
        limit = float("inf") if timeout is None else timeout
        until = time.monotonic() + limit
        bell = threading.Lock()
        bell.acquire()
        self._bells.append(bell)
        try:
            while not self._is_set and limit > 0:
                bell.acquire(timeout=min(limit, _LOOK_EVERY))
                limit = until - time.monotonic()
        finally:
            self._bells.remove(bell)
        return self._is_set
