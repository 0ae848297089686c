"""Daemon threads that are kept for the next task.

Rule: a host that quits never waits for us. Workers are daemons, are named, and are let go the moment a job ends.
"""

from __future__ import annotations

import itertools
import queue
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_numbers = itertools.count(1)


class Crew:
    """As many threads as there are tasks at once. Tasks must not raise."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._idle: list[queue.SimpleQueue[Callable[[], None] | None]] = []
        self._threads: set[threading.Thread] = set()
        self._closed = False

    def do(self, task: Callable[[], None]) -> None:
        """Have ``task`` done on some worker, at once. A closed crew does nothing more."""
        with self._lock:
            if self._closed:
                return
            if self._idle:
                self._idle.pop().put(task)
                return
            worker = self._hire(task)
        worker.start()

    def _hire(self, task: Callable[[], None]) -> threading.Thread:
        inbox: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        inbox.put(task)
        name = f"modelfetch-{self._name}-{next(_numbers)}"
        worker = threading.Thread(target=self._work, args=(inbox,), name=name, daemon=True)
        self._threads.add(worker)
        return worker

    def _work(self, inbox: queue.SimpleQueue[Callable[[], None] | None]) -> None:
        while (task := inbox.get()) is not None:
            task()
            del task  # or the last task's buffers would live as long as its worker
            with self._lock:
                if self._closed:
                    break
                self._idle.append(inbox)
        with self._lock:
            self._threads.discard(threading.current_thread())

    def close(self) -> None:
        """Let every worker go as soon as it is idle."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for inbox in idle:
            inbox.put(None)

    def join(self, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds until every worker has gone; whether they have."""
        until = time.monotonic() + timeout
        with self._lock:
            threads = self._threads - {threading.current_thread()}
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)
