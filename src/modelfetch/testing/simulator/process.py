"""One simulated process: carries out a machine's commands in virtual time, as a driver does in real time.

Rule: it decides nothing. What a driver's worker does is done at one instant, and told after the host's lag.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar

from ...core import events as ev
from ...core.ports import Interrupted, Usurped
from ...core.refusal import Question
from ...core.transfer import FileTransfer
from ...errors import ModelFetchError
from . import faults as f
from .checks import Gauge, Trouble, may_fetch, reused_is_true
from .exchange import Exchange
from .rules import hold

if TYPE_CHECKING:
    from collections.abc import Callable

    from .content import File
    from .part import Part
    from .simulation import Simulation

_DISK_SECONDS = 0.002
_HASHED_A_SECOND = 500e6
_NEVER = float("inf")
_ASKED = Question("org/model", "c" * 40, "https://hub.invalid")


class Process:
    """One call of ``download``. ``on_end`` is told its outcome, or None when it was killed."""

    def __init__(self, name: str, world: Simulation, on_end: Callable[[ev.Outcome | None], None]) -> None:
        self.name = name
        self.world = world
        self.is_alive = True
        self.is_over = False
        self.trouble = Trouble()
        self.is_calm = world.network.calm
        self.exchanges: dict[int, Exchange] = {}
        self._on_end = on_end
        self._files = {file.blob_id: file for file in world.world.files}
        self._parts: dict[str, Part] = {}
        self._told: set[str] = set()
        self._waiting: dict[str, float] = {}
        self._brought: dict[str, int] = {}
        self._tick_at = _NEVER
        self._gauge = Gauge(world.world.files)
        self.machine = world.kinds.machine(map(self._transfer, world.world.files), world.world.policy, _ASKED)
        self.later(0.0, lambda: self._feed(ev.Started()))

    def _transfer(self, file: File) -> FileTransfer:
        shelf = self.world.disk.shelves[file.blob_id]
        cached, seen = shelf.blob is not None, shelf.journalled().kept.size
        return FileTransfer(file.blob_id, file.size, file.paths, cached=cached, seen=seen)

    # ------------------------------------------------------------------ what the world does to it

    def die(self) -> None:
        """It is killed; what it had written stays."""
        self.is_alive = False
        for exchange in self.exchanges.values():
            exchange.is_over = True
        if not self.is_over:
            self._on_end(None)

    def sleep(self) -> None:
        """The laptop slept: every other connection did not survive that, and the others look stalled."""
        for exchange in self.exchanges.values():
            self.trouble.network += 1
            if self.world.random.random() < 0.5:  # noqa: PLR2004 - a half
                self.later(0.0, exchange.break_off)

    def waits_since(self, name: str) -> float:
        """When it saw the file's owner first (seconds); infinite when it has not yet."""
        return self._waiting.get(name, _NEVER)

    # ------------------------------------------------------------------ what its exchanges need

    def later(self, delay: float, action: Callable[[], None]) -> None:
        """Do ``action`` after ``delay`` seconds, unless it was killed."""
        self.world.later(delay, action, self)

    def tell(self, event: ev.Event) -> None:
        """Tell the machine, after the host's lag."""
        self.later(self.world.world.pace.lag, lambda: self._feed(event))

    # ------------------------------------------------------------------ the loop

    def _feed(self, event: ev.Event) -> None:
        if self.is_over:
            return
        commands = deque(self._ask(event))
        while commands:
            command = commands.popleft()
            answer = self._ACTIONS[type(command)](self, command)
            if answer is not None:
                commands.extend(self._ask(answer))
        if isinstance(event, ev.Claimed):
            self._told.add(event.file)
        elif isinstance(event, ev.Ended):
            self.exchanges.pop(event.exchange, None)
        self._gauge.look(self.machine, self.world.now)
        if self.machine.outcome is None:
            self._set_alarm()
        else:
            self.is_over = True
            self._close(self.machine.outcome)

    def _ask(self, event: ev.Event) -> tuple[ev.Command, ...]:
        commands = self.machine.handle(event, self.world.now)
        self.world.log.append((self.world.now, self.name, event, commands))
        return commands

    def _set_alarm(self) -> None:
        wake_at = self.machine.wake_at()
        if wake_at < self._tick_at:
            self._tick_at = wake_at
            self.later(max(0.0, wake_at - self.world.now), lambda: self._tick(wake_at))

    def _tick(self, due: float) -> None:
        if due == self._tick_at:
            self._tick_at = _NEVER
            self._feed(ev.Tick())

    def _close(self, outcome: ev.Outcome) -> None:
        held = [part.file_name for name, part in self._parts.items() if name in self._told]
        hold(not held, f"{self.name} finished and still owns {held}")
        for part in self._parts.values():
            part.release()
        for exchange in self.exchanges.values():
            exchange.is_over = True
        if isinstance(outcome, ev.Complete):
            reused_is_true(self.machine, self._files.values(), self._brought)
        if isinstance(outcome, ev.Failure):
            self.world.judge(self, outcome.error)
        self._on_end(outcome)

    # ------------------------------------------------------------------ commands: exchanges

    def _locate(self, command: ev.Locate) -> None:
        course = self.world.network.locate()
        self._begin(Exchange(self, command.exchange, self._files[command.file], course))

    def _fetch(self, command: ev.Fetch) -> None:
        part, file = self._part(command), self._files[command.file]
        may_fetch(command, part, self.exchanges.values())
        course = self.world.network.fetch(file, command.range, command.location, whole=command.whole)
        self.world.struck |= {f.Flip} if course.lies else set()
        self.world.struck |= {f.Unranged} if command.whole else set()
        self._begin(Exchange(self, command.exchange, file, course, asked=command.range, part=part))

    def _begin(self, exchange: Exchange) -> None:
        hold(exchange.number not in self.exchanges, f"exchange {exchange.number} is used twice")
        self.exchanges[exchange.number] = exchange
        self.trouble.meet(exchange.course.fault)
        limit = self.world.world.policy.max_connections
        width = sum(not other.is_over for other in self.exchanges.values())
        hold(limit is None or width <= limit, f"{width} connections, {limit} are allowed")

    def _stop(self, command: ev.Stop) -> None:
        if command.exchange in self.exchanges:
            self.exchanges[command.exchange].stop()

    # ------------------------------------------------------------------ commands: the disk

    def _claim(self, command: ev.Claim) -> None:
        hold(command.file not in self._parts, f"{self._files[command.file].name} is claimed, and is ours")
        self._work(_DISK_SECONDS, command.file, lambda: self._try_claim(command.file))

    def _try_claim(self, name: str) -> ev.Event:
        answer = self.world.claim(self, name)
        if isinstance(answer, ev.OwnerSeen | ev.Present):
            self._waiting.setdefault(name, self.world.now)
            return answer
        self._waiting.pop(name, None)
        if self.is_over:
            answer.release()
        else:
            self._parts[name] = answer
        return ev.Claimed(name, answer.kept)

    def _look(self, command: ev.Look) -> None:
        self._work(_DISK_SECONDS, command.file, lambda: self.world.look(command.file))

    def _hash(self, command: ev.Hash) -> None:
        part, name, upto = self._part(command), command.file, command.upto
        seconds = part.begin_digest(upto) / _HASHED_A_SECOND
        self._work_on(part, _DISK_SECONDS + seconds, lambda: ev.Hashed(name, upto, part.digest(upto)))

    def _audit(self, command: ev.Audit) -> None:
        part = self._part(command)
        self._work_on(part, _DISK_SECONDS, lambda: ev.Audited(command.file, part.audit()))

    def _discard(self, command: ev.Discard) -> ev.Event | None:
        try:
            self._part(command).discard(command.ranges)
        except Usurped:
            return ev.Usurped(command.file)
        except ModelFetchError as error:
            return ev.Failed(command.file, error)
        return None

    def _publish(self, command: ev.Publish) -> None:
        part = self._part(command)
        self._work_on(part, _DISK_SECONDS, lambda: self._do_publish(part, command.file))

    def _do_publish(self, part: Part, name: str) -> ev.Event:
        part.publish()
        self._parts.pop(name, None)
        self._brought[name] = part.brought.size
        self.world.disk.touch()
        return ev.Published(name)

    def _adopt(self, command: ev.Adopt) -> None:
        shelf = self.world.disk.shelves[command.file]

        def link() -> ev.Event:
            self.world.disk.touch()
            hold(shelf.blob is not None, f"{shelf.file.name} is linked, and is not there")
            return ev.Published(command.file)

        self._work(_DISK_SECONDS, command.file, link)

    def _release(self, command: ev.Release) -> None:
        part = self._parts.pop(command.file, None)
        self._told.discard(command.file)
        if part is not None:
            (part.forget if command.discard else part.release)()

    def _seal(self, _: ev.Seal) -> None:
        def seal() -> ev.Event:
            self.world.disk.touch()
            missing = [shelf.file.name for shelf in self.world.disk.shelves.values() if shelf.blob is None]
            hold(not missing, f"{missing} are not published, and the snapshot is sealed")
            return ev.Sealed()

        self._work(_DISK_SECONDS, "", seal)

    def _finish(self, _: ev.Finish) -> None:
        pass

    def _part(self, command: ev.Fetch | ev.Hash | ev.Audit | ev.Discard | ev.Publish) -> Part:
        """Rule 6: whoever touches a file owns it."""
        hold(command.file in self._parts, f"{command} for a file that is not {self.name}'s")
        return self._parts[command.file]

    def _work_on(self, part: Part, seconds: float, task: Callable[[], ev.Event]) -> None:
        """Work that is left undone when the part is released meanwhile."""

        def unless_gone() -> ev.Event:
            if part.gone:
                raise Interrupted
            return task()

        self._work(seconds, part.shelf.file.blob_id, unless_gone)

    def _work(self, seconds: float, name: str, task: Callable[[], ev.Event]) -> None:
        """As a worker: do it, and say how it went."""

        def guarded() -> None:
            try:
                self.tell(task())
            except Interrupted:
                pass
            except Usurped:
                self.tell(ev.Usurped(name))
            except ModelFetchError as error:
                self.tell(ev.Failed(name, error))

        self.later(seconds, guarded)

    _ACTIONS: ClassVar[dict[type, Callable[[Process, Any], ev.Event | None]]] = {
        ev.Locate: _locate,
        ev.Fetch: _fetch,
        ev.Stop: _stop,
        ev.Claim: _claim,
        ev.Look: _look,
        ev.Hash: _hash,
        ev.Audit: _audit,
        ev.Discard: _discard,
        ev.Publish: _publish,
        ev.Adopt: _adopt,
        ev.Release: _release,
        ev.Seal: _seal,
        ev.Finish: _finish,
    }
