"""What happens once, and waiting for it.

Rule: it happens once and never unhappens. Waiting takes no lock that a Ctrl-C could leave behind, and who asked to be told is
told once, however late it asked and whatever the others do who are told.
"""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from .deliver import deliver

if TYPE_CHECKING:
    from collections.abc import Callable


class Latch:
    """Shut until it is opened, and open from then on."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._is_set = False
        self._bells: list[queue.SimpleQueue[None]] = []
        self._callbacks: list[Callable[[], object]] = []

    @property
    def is_set(self) -> bool:
        """Whether it has happened; takes no lock."""
        return self._is_set

    def set(self) -> None:
        """It happened: wake who waits, and tell who asked, on this thread."""
        with self._lock:
            self._is_set = True
            callbacks, self._callbacks = self._callbacks, []
        for bell in tuple(self._bells):
            bell.put(None)
        for fn in callbacks:
            deliver(fn, ours=True)

    def tell(self, fn: Callable[[], object]) -> None:
        """Call ``fn`` when it happens, on the thread that says so; at once, on this one, when it has."""
        with self._lock:
            if not self._is_set:
                self._callbacks.append(fn)
                return
        deliver(fn)

    def wait(self, timeout: float | None) -> bool:
        """Wait up to ``timeout`` seconds, on a queue of this caller's own; whether it has happened.

        None, and more than the system can count, is no limit; less than nothing is none at all. A queue is written in C, so
        Ctrl-C here cannot leave a lock behind that the download's threads would wait for.
        """
        limit = None if timeout is None or timeout > threading.TIMEOUT_MAX else max(0.0, timeout)
        bell: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._bells.append(bell)
        try:
            if not self._is_set:
                with suppress(queue.Empty):
                    bell.get(timeout=limit)
        finally:
            self._bells.remove(bell)
        return self._is_set
