"""Runs the machine with threads: carries out its commands and tells it what happened.

Rule: no decision is made here. Workers do what may block, and feed the machine themselves with what came of it, one
at a time: a file goes from one step to the next without a thread being woken. One thread, the conductor, keeps the time.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, assert_never

from ...core.transfer import events as ev
from ...core.transfer.ports import Absent, Busy, Held, Interrupted, Lost, Present, Usurped
from ...core.wire import ends
from ...errors import ModelFetchError
from .crew import Crew
from .exchange import Exchange, Throttle
from .turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.kept.record import Selection
    from ...core.planning.listing import FileEntry
    from ...core.ranges import RangeSet
    from ...core.transfer.machine import Machine
    from ...core.transfer.policy import Policy
    from ...core.transfer.ports import Cache, Line, Part, Source
    from ...core.wire.located import Location

TICK = 0.05
"""Seconds between two looks at the clock and at the progress."""

BLOCK = 512 * 1024
"""Bytes that are written and journalled at once: what a killed process may lose for each connection."""

DISK_WORKERS = 8
"""Files that are claimed, hashed or published at once: enough to keep a slow disk and a few cores busy."""

WIND_UP = 0.5
"""Seconds to wait for workers that are on their way out, so that a finished download touches the disk no more."""


class ThreadDriver:
    """Drives one machine. ``run`` blocks its thread, the conductor; ``cancel`` may be called on any other.

    The machine, the exchanges and every command are in the hands of whoever feeds: the conductor or a worker.

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
        policy: Policy,
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
        self._throttle = Throttle(policy.bandwidth_limit, time.monotonic)
        self._block = policy.read_size(BLOCK)
        self._events = Turns(self._feed)
        self._net = Crew("net", between=self._listen)
        self._disk = Crew("disk", most=DISK_WORKERS, between=self._listen)
        self._bell = threading.Event()
        self._bug: BaseException | None = None
        self._exchanges: dict[int, Exchange] = {}
        self._parts: dict[str, Part] = {}
        self._closing = threading.Event()

    def cancel(self, *, discard: bool = False) -> None:
        """Ask for the end; returns at once."""
        self._events.tell(ev.CancelAsked(discard))
        self._bell.set()

    def run(self) -> ev.Outcome:
        """Drive the machine to its end; only a bug makes this raise."""
        try:
            self._say(ev.Started())
            self._listen()
            while self._machine.outcome is None and self._bug is None:
                self._bell.wait(self._rest())
                self._bell.clear()
                self._say(ev.Tick())
                self._listen()
        finally:
            with self._events.alone():
                self._close()
                self._look()
        if self._machine.outcome is None:
            raise self._bug or AssertionError
        return self._machine.outcome

    def _close(self) -> None:
        self._closing.set()
        for exchange in self._exchanges.values():
            exchange.stop()
        for part in list(self._parts.values()):
            part.release()
        until = time.monotonic() + WIND_UP
        for crew in (self._net, self._disk):
            crew.close()
        for crew in (self._net, self._disk):
            crew.join(until - time.monotonic())
        for part in list(self._parts.values()):  # claimed since
            part.release()

    # ------------------------------------------------------------------ the loop

    def _rest(self) -> float:
        """Look at the progress; seconds until the next tick."""
        with self._events.alone():
            self._look()
            due = self._machine.wake_at() - time.monotonic()
        self._listen()
        return max(0.0, min(due, TICK))

    def _listen(self) -> None:
        """Feed the machine what was said, unless another thread is at it; a bug ends the job, not just a worker."""
        try:
            self._events.listen()
        except BaseException as error:  # noqa: BLE001 - it is raised again, on the conductor
            self._bug = error
        if self._bug is not None or self._machine.outcome is not None:
            self._bell.set()

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
                self._do(self._net, name, lambda: self._locate(number, name, exchange))
            case ev.Fetch():
                exchange = self._open(command.exchange)
                part = self._parts[command.file]
                self._do(self._net, command.file, lambda: self._fetch(command, exchange, part))
            case ev.Stop(number):
                if (stopped := self._exchanges.get(number)) is not None:
                    stopped.stop()
            case ev.Claim(name):
                self._do(self._disk, name, lambda: self._claim(name))
            case ev.Look(name):
                self._do(self._disk, name, lambda: self._look_at_owner(name))
            case ev.Discard(name, ranges):
                return self._discard(name, ranges)
            case ev.Hash(name, upto):
                part = self._parts[name]
                self._do(self._disk, name, lambda: self._hash(name, upto, part))
            case ev.Audit(name):
                part = self._parts[name]
                self._do(self._disk, name, lambda: self._say(ev.Audited(name, part.audit(self._closing.is_set))))
            case ev.Publish(name):
                part = self._parts[name]
                self._do(self._disk, name, lambda: self._publish(name, part))
            case ev.Adopt(name):
                self._do(self._disk, name, lambda: self._adopt(name))
            case ev.Release(name, discard):
                self._release(name, discard=discard)
            case ev.Seal():
                self._do(self._disk, "", self._seal)
            case ev.Finish():
                pass
            case _:
                assert_never(command)
        return None

    # ------------------------------------------------------------------ done at once

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
        elif discard:
            self._cache.forget(self._entries[name])

    # ------------------------------------------------------------------ on a worker

    def _do(self, crew: Crew, name: str, task: Callable[[], None]) -> None:
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
                self._bug = error

        crew.do(guarded)

    def _say(self, event: ev.Event) -> None:
        self._events.tell(event)

    def _locate(self, number: int, name: str, exchange: Exchange) -> None:
        def found(location: Location, etag: str | None, size: int | None) -> None:
            self._say(ev.Located(number, name, location, etag, size))

        end = self._source.locate(self._entries[name].path, exchange.line, found)
        self._say(ev.Ended(number, end, random.random()))

    def _fetch(self, command: ev.Fetch, exchange: Exchange, part: Part) -> None:
        def receive(offset: int, view: memoryview) -> None:
            if offset < command.range.start:
                self._say(ev.Passed(command.exchange, len(view)))
            else:
                self._say(ev.Arrived(command.exchange, command.file, exchange.keep(part, offset, view)))
            self._listen()
            exchange.pay(len(view))

        end: ends.End
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
            end = ends.Broken("stopped")
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
                self._say(ev.OwnerGone(name))
            case Present():
                self._say(ev.Present(name))

    def _hash(self, name: str, upto: int, part: Part) -> None:
        self._say(ev.Hashed(name, upto, part.digest(upto, self._closing.is_set)))

    def _publish(self, name: str, part: Part) -> None:
        part.publish()
        try:
            placed = self._placed(name)
        finally:
            self._release(name, discard=False)
        self._say(placed)

    def _adopt(self, name: str) -> None:
        self._say(self._placed(name))

    def _placed(self, name: str) -> ev.Event:
        self._cache.note(self._commit, self._revision, self._selection)
        try:
            for path in self._paths[name]:
                self._cache.link(self._commit, path, name, self._closing.is_set)
        except Lost:
            return ev.Lost(name)
        except Held:
            return ev.OwnerSeen(name, self._entries[name].size)
        return ev.Published(name)

    def _seal(self) -> None:
        gone = self._cache.seal(self._commit, self._revision, self._selection)
        self._say(ev.Unsealed(gone) if gone else ev.Sealed())
