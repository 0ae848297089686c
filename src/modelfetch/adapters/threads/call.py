"""A blocking call that its caller can leave at any moment.

Rule: what may block runs on a worker, and the caller only waits for it. So a cancel, or Ctrl-C, returns to the
caller at once, even while the system's name resolver holds the worker; the worker is then told to end.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar

from ...core.transfer.ports import Interrupted
from ...core.transfer.stall import Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.transfer.ports import Line
    from .crew import Crew

T = TypeVar("T")

_LOOK_EVERY = 0.05


class Scope:
    """Everything a call has open. ``line`` and ``sleep`` are for its worker, ``look`` and ``close`` for its caller."""

    def __init__(self, make_line: Callable[[], Line], stall_timeout: float) -> None:
        self._make_line = make_line
        self._stall_timeout = stall_timeout
        self._closed = threading.Event()
        self._current: tuple[Line, Watch] | None = None

    def line(self) -> Line:
        """The line for the call's next exchange."""
        line = self._make_line()
        self._current = line, Watch(time.monotonic())
        if self._closed.is_set():
            line.shut()
        return line

    def sleep(self, seconds: float) -> None:
        """Wait. Raises Interrupted when the call was left."""
        if self._closed.wait(seconds):
            raise Interrupted

    def look(self) -> None:
        """End the current exchange if it stalled."""
        if (current := self._current) is None:
            return
        line, watch = current
        seen = Watch(watch.since, line.brought - watch.brought)
        checked = seen.check(time.monotonic(), self._stall_timeout)
        if checked is None:
            line.shut()
        elif checked is not seen and self._current is current:
            self._current = line, Watch(checked.since, line.brought)

    def close(self) -> None:
        """Leave the call: end its exchange and its waits."""
        self._closed.set()
        if (current := self._current) is not None:
            current[0].shut()


class _Bell:
    """A lock that one caller waits for. It may be rung at any moment, by a signal handler on the waiting thread as well.

    A wait that runs out ends without an error, which Ctrl-C would be shown as having come of.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def ring(self) -> None:
        with suppress(RuntimeError):  # it rings already
            self._lock.release()

    def wait(self, seconds: float) -> None:
        self._lock.acquire(timeout=seconds)


class _Outcome(Generic[T]):
    """What became of the task, and a bell that rings then, or when the caller should look up."""

    def __init__(self) -> None:
        self.bell = _Bell()
        self.done = False
        self.value: T
        self.error: BaseException | None = None

    def run(self, task: Callable[[], T]) -> None:
        try:
            self.value = task()
        except BaseException as error:  # noqa: BLE001 - it is raised again, on the caller's thread
            self.error = error
        self.done = True
        self.bell.ring()


def in_background(
    crew: Crew,
    task: Callable[[], T],
    scope: Scope,
    wanted: Callable[[], None],
    on_ring: Callable[[Callable[[], None]], None],
) -> T:
    """Do ``task`` on a worker of ``crew`` and wait for it.

    ``wanted`` is called every 50 ms, or when rung, and raises when the call is not wanted any more;
    ``on_ring`` is handed a function that makes it be called at once.
    """
    outcome = _Outcome[T]()
    on_ring(outcome.bell.ring)
    try:
        wanted()
        crew.do(lambda: outcome.run(task))
        while not outcome.done:
            outcome.bell.wait(_LOOK_EVERY)
            scope.look()
            wanted()
    except BaseException:
        scope.close()
        raise
    if outcome.error is not None:
        raise outcome.error
    return outcome.value
