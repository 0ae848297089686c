"""Runs the machine with threads: carries out its commands and tells it what happened.

Rule: no decision is made here. One conductor thread feeds the machine and journals; workers do what may block.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, assert_never

from ...core import events as ev
from ...core.ports import Absent, Busy, Interrupted, Present, Usurped
from ...core.throttle import read_size
from ...errors import ModelFetchError
from .crew import Crew
from .exchange import Exchange, Throttle

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.listing import FileEntry
    from ...core.machine import Machine
    from ...core.ports import Cache, Line, Part, Source
    from ...core.ranges import RangeSet
    from ...core.record import Selection

TICK = 0.05
"""Seconds between two looks at the clock and at the progress."""

BLOCK = 512 * 1024
"""Bytes that are written and journalled at once: what a killed process may lose for each connection."""

_CONNECTIONS = 16

WIND_UP = 0.5
"""Seconds to wait for workers that are on their way out, so that a finished download touches the disk no more."""


class ThreadDriver:
    """Drives one machine. ``run`` blocks its thread, the conductor; ``cancel`` may be called on any other.

    ``look`` is called on the conductor every 50 ms, and when the machine has finished.
    """

    def __init__(  # noqa: PLR0913 - everything a download touches is handed in
        self,
        machine: Machine,
        source: Source,
        cache: Cache,
        *,
        commit: str,
        revision: str,
        selection: Selection,
        line: Callable[[], Line],
        bandwidth_limit: float | None = None,
        look: Callable[[], None] = lambda: None,
    ) -> None:
        self._machine = machine
        self._source = source
        self._cache = cache
        self._commit, self._revision, self._selection = commit, revision, selection
        self._entries: dict[str, FileEntry] = {}
        self._paths: dict[str, list[str]] = {}
        for file in selection.files:
            self._entries.setdefault(file.blob_id, file)
            self._paths.setdefault(file.blob_id, []).append(file.path)
        self._line = line
        self._look = look
        self._throttle = Throttle(bandwidth_limit, time.monotonic)
        self._block = BLOCK if bandwidth_limit is None else read_size(bandwidth_limit, _CONNECTIONS, BLOCK)
        self._crew = Crew("worker")
        self._inbox: queue.SimpleQueue[ev.Event | BaseException] = queue.SimpleQueue()
        self._exchanges: dict[int, Exchange] = {}
        self._parts: dict[str, Part] = {}
        self._closing = threading.Event()
        self._ticked = 0.0

    def cancel(self, *, discard: bool = False) -> None:
        """Ask for the end; returns at once."""
        self._inbox.put(ev.CancelAsked(discard))

    def run(self) -> ev.Outcome:
        """Drive the machine to its end; only a bug makes this raise."""
        try:
            self._feed(ev.Started())
            while self._machine.outcome is None:
                self._feed(self._next())
            return self._machine.outcome
        finally:
            self._close()
            self._look()

    def _close(self) -> None:
        self._closing.set()
        for exchange in self._exchanges.values():
            exchange.stop()
        for part in list(self._parts.values()):
            part.release()
        self._crew.close()
        self._crew.join(WIND_UP)

    # ------------------------------------------------------------------ the loop

    def _next(self) -> ev.Event:
        now = time.monotonic()
        if now - self._ticked < TICK:
            due = min(self._machine.wake_at(), self._ticked + TICK) if self._inbox.empty() else now
            try:
                event = self._inbox.get(timeout=max(0.0, due - now))
            except queue.Empty:
                pass
            else:
                if isinstance(event, BaseException):
                    raise event
                return event
        self._ticked = time.monotonic()
        self._look()
        return ev.Tick()

    def _feed(self, event: ev.Event) -> None:
        commands = deque(self._machine.handle(event, time.monotonic()))
        while commands:
            answer = self._carry_out(commands.popleft())
            if answer is not None:
                commands.extend(self._machine.handle(answer, time.monotonic()))
        if isinstance(event, ev.Ended):
            self._exchanges.pop(event.exchange, None)

    def _carry_out(self, command: ev.Command) -> ev.Event | None:  # noqa: C901, PLR0912 - one case a command
        match command:
            case ev.Locate(number, name):
                exchange = self._open(number)
                self._do(name, lambda: self._locate(number, name, exchange))
            case ev.Fetch():
                exchange = self._open(command.exchange)
                self._do(command.file, lambda: self._fetch(command, exchange))
            case ev.Stop(number):
                if (stopped := self._exchanges.get(number)) is not None:
                    stopped.stop()
            case ev.Claim(name):
                self._do(name, lambda: self._claim(name))
            case ev.Look(name):
                self._do(name, lambda: self._look_at_owner(name))
            case ev.Discard(name, ranges):
                return self._discard(name, ranges)
            case ev.Hash(name, upto):
                part = self._parts[name]
                self._do(name, lambda: self._hash(name, upto, part))
            case ev.Audit(name):
                part = self._parts[name]
                self._do(name, lambda: self._say(ev.Audited(name, part.audit(self._closing.is_set))))
            case ev.Publish(name):
                part = self._parts[name]
                self._do(name, lambda: self._publish(name, part))
            case ev.Adopt(name):
                self._do(name, lambda: self._link(name))
            case ev.Release(name, discard):
                self._release(name, discard=discard)
            case ev.Seal():
                self._do("", self._seal)
            case ev.Finish():
                pass
            case _:
                assert_never(command)
        return None

    # ------------------------------------------------------------------ on the conductor

    def _open(self, number: int) -> Exchange:
        exchange = Exchange(self._line(), self._throttle)
        self._exchanges[number] = exchange
        return exchange

    def _discard(self, name: str, ranges: RangeSet) -> ev.Event | None:
        try:
            self._parts[name].discard(ranges)
        except Usurped:
            return ev.Usurped(name)
        except ModelFetchError as error:
            return ev.Failed(name, error)
        return None

    def _release(self, name: str, *, discard: bool) -> None:
        part = self._parts.pop(name, None)
        if part is not None:
            (part.forget if discard else part.release)()

    # ------------------------------------------------------------------ on a worker

    def _do(self, name: str, task: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                task()
            except Interrupted:
                pass
            except Usurped:
                self._say(ev.Usurped(name))
            except ModelFetchError as error:
                self._say(ev.Failed(name, error))
            except BaseException as error:  # noqa: BLE001 - a bug on a worker has to end the job, not to hang it
                self._inbox.put(error)

        self._crew.do(guarded)

    def _say(self, event: ev.Event) -> None:
        self._inbox.put(event)

    def _locate(self, number: int, name: str, exchange: Exchange) -> None:
        def found(location: ev.Location, etag: str | None, size: int | None) -> None:
            self._say(ev.Located(number, name, location, etag, size))

        end = self._source.locate(self._entries[name].path, exchange.line, found)
        self._say(ev.Ended(number, end, random.random()))

    def _fetch(self, command: ev.Fetch, exchange: Exchange) -> None:
        part = self._parts[command.file]

        def receive(offset: int, view: memoryview) -> None:
            self._say(ev.Arrived(command.exchange, command.file, exchange.keep(part, offset, view)))
            exchange.pay(len(view))

        end: ev.End
        try:
            end = self._source.fetch(
                command.location,
                command.range,
                self._entries[command.file].size,
                exchange.line,
                receive,
                block=self._block,
                whole=command.whole,
            )
        except Interrupted:
            end = ev.Broken("stopped")
        self._say(ev.Ended(command.exchange, end, random.random()))

    def _claim(self, name: str) -> None:
        answer = self._cache.claim(self._entries[name], self._commit)
        match answer:
            case Busy(seen):
                self._say(ev.OwnerSeen(name, seen))
            case Present():
                self._say(ev.Present(name))
            case _:
                self._parts[name] = answer
                self._say(ev.Claimed(name, answer.kept))
                if self._closing.is_set():  # too late: nobody listens any more
                    answer.release()

    def _look_at_owner(self, name: str) -> None:
        match self._cache.look(self._entries[name]):
            case Busy(seen):
                self._say(ev.OwnerSeen(name, seen))
            case Absent():
                self._say(ev.OwnerSeen(name))
            case Present():
                self._say(ev.Present(name))

    def _hash(self, name: str, upto: int, part: Part) -> None:
        self._say(ev.Hashed(name, upto, part.digest(upto, self._closing.is_set)))

    def _publish(self, name: str, part: Part) -> None:
        part.publish()
        self._link(name)

    def _link(self, name: str) -> None:
        for path in self._paths[name]:
            self._cache.link(self._commit, path, name)
        self._say(ev.Published(name))

    def _seal(self) -> None:
        self._cache.seal(self._commit, self._revision, self._selection)
        self._say(ev.Sealed())
