"""Daemon threads that are kept for the next task.

Rule: a host that quits never waits for us. Workers are daemons, are named, and are let go the moment a job ends.
A thread is woken or made only for a task that no worker on its way back would take: waking one costs more than
most tasks do.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_numbers = itertools.count(1)


def _nothing() -> None:
    pass


class Crew:
    """As many threads as there are tasks at once, but no more than ``most``. Tasks must not raise.

    ``between`` is called on a worker after each of its tasks, when it is free for another: of what that asks to be
    done, the worker does the first thing itself.
    """

    def __init__(self, name: str, *, most: int | None = None, between: Callable[[], None] = _nothing) -> None:
        self._name = name
        self._most = most
        self._between = between
        self._lock = threading.Lock()
        self._tasks: deque[Callable[[], None]] = deque()
        self._coming = 0
        self._asleep: list[threading.Lock] = []
        self._threads: set[threading.Thread] = set()
        self._closed = False

    def do(self, task: Callable[[], None]) -> None:
        """Have ``task`` done on a worker; at once, while there are not ``most`` under way. A closed crew does nothing.

        Raises RuntimeError when the system has no thread for it.
        """
        with self._lock:
            if self._closed:
                return
            self._tasks.append(task)
            if self._coming >= len(self._tasks):
                return
            worker = self._summon()
        if worker is not None:
            self._start(worker)

    def _start(self, worker: threading.Thread) -> None:
        try:
            worker.start()
        except RuntimeError:
            with self._lock:
                self._coming -= 1
                self._threads.discard(worker)
            raise

    def _summon(self) -> threading.Thread | None:
        """Wake the worker that fell asleep last, or make one, which has to be started."""
        if self._asleep:
            self._coming += 1
            self._asleep.pop().release()
            return None
        if self._most is not None and len(self._threads) >= self._most:
            return None
        self._coming += 1
        name = f"modelfetch-{self._name}-{next(_numbers)}"
        worker = threading.Thread(target=self._work, name=name, daemon=True)
        self._threads.add(worker)
        return worker

    def _work(self) -> None:
        alarm = threading.Lock()
        alarm.acquire()
        while not self._closed:
            task = self._next(alarm)
            if task is None:
                alarm.acquire()
                continue
            task()
            del task  # or the last task's buffers would live as long as its worker
            with self._lock:
                self._coming += 1
            self._between()
        with self._lock:
            self._threads.discard(threading.current_thread())

    def _next(self, alarm: threading.Lock) -> Callable[[], None] | None:
        """A task; or None, and the worker is to sleep until ``alarm`` can be taken."""
        with self._lock:
            self._coming -= 1
            if self._tasks:
                return self._tasks.popleft()
            if self._closed:
                alarm.release()
            else:
                self._asleep.append(alarm)
            return None

    def close(self) -> None:
        """Let every worker go as soon as it is idle; what no worker took up is not done any more."""
        with self._lock:
            self._closed = True
            self._tasks.clear()
            asleep, self._asleep = self._asleep, []
        for alarm in asleep:
            alarm.release()

    def join(self, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds until every worker has gone; whether they have."""
        until = time.monotonic() + timeout
        with self._lock:
            threads = self._threads - {threading.current_thread()}
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)
