"""One simulated process: carries out a machine's commands in virtual time, as a driver does in real time.

Rule: it decides nothing. What a driver's worker does is done at one instant, and told after the host's lag.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Any, ClassVar

from ...core.transfer import events as ev
from ...core.transfer.file import FileTransfer
from ...core.transfer.following import patience
from ...core.transfer.ports import Lost, Usurped
from ...core.wire.refusal import Question
from ...errors import ModelFetchError
from . import faults as f
from .checks import Gauge, may_fetch, reused_is_true
from .exchange import Exchange
from .host import Host
from .rules import ENDLESS, RuleBrokenError, hold

if TYPE_CHECKING:
    from collections.abc import Callable

    from .content import File
    from .part import Part
    from .simulation import Simulation

_DISK_SECONDS = 0.002
_HASHED_A_SECOND = 500e6
_NEVER = float("inf")
_ASKED = Question("org/model", "c" * 40, "https://hub.invalid")


class Process(Host):
    """One call of ``download``."""

    def __init__(self, name: str, user: int, world: Simulation, on_end: Callable[[ev.Outcome | None], None]) -> None:
        super().__init__(name, user, world, on_end)
        self._heard: ev.Event = ev.Started()
        self._files = {file.blob_id: file for file in world.world.files}
        self._parts: dict[str, Part] = {}
        self._told: set[str] = set()
        self._brought: dict[str, int] = {}
        self._placed: set[str] = set()
        self._is_sealed = False
        self._usurped: Counter[str] = Counter()
        self._tick_at = _NEVER
        self._gauge = Gauge(world.world.files)
        self.machine = world.kinds.machine(map(self._transfer, world.world.files), world.world.policy, _ASKED)
        self.later(0.0, lambda: self.feed(ev.Started()))

    def _transfer(self, file: File) -> FileTransfer:
        shelf = self.world.disk.shelves[file.blob_id]
        cached, seen = shelf.blob is not None, shelf.journalled().kept.size
        return FileTransfer(file.blob_id, file.size, file.paths, cached=cached, seen=seen)

    # ------------------------------------------------------------------ the loop

    def feed(self, event: ev.Event) -> None:
        """Tell the machine, and carry out what it wants."""
        if self.is_over:
            return
        commands = deque(self._ask(event))
        while commands:
            command = commands.popleft()
            answer = self._ACTIONS[type(command)](self, command)
            if answer is not None:
                commands.extend(self._ask(answer))
        if isinstance(event, ev.Ended):
            self.exchanges.pop(event.exchange, None)
        self._gauge.look(self.machine, self.world.now)
        if self.machine.outcome is None:
            self._set_alarm()
            if not self.queued:
                raise RuleBrokenError(ENDLESS, f"{self.name} waits for nothing")
        else:
            self.is_over = True
            self._close(self.machine.outcome)

    def _note(self, event: ev.Event) -> None:
        """Remember what the rules are about."""
        self._heard = event
        match event:
            case ev.Arrived(number) | ev.Ended(number) if number in self.exchanges:
                self.trouble.hear(event, self.exchanges[number])
            case ev.Claimed(name):
                self._told.add(name)
            case ev.Usurped(name):
                self._usurped[name] += 1
            case ev.Lost(name):
                self._miss(name)
            case ev.Unsealed(names):
                for name in names:
                    self._miss(name)
            case _:
                pass

    def _miss(self, name: str) -> None:
        self._waiting.pop(name, None)
        self._placed.discard(name)
        self.trouble.lost[name] += 1

    def _ask(self, event: ev.Event) -> tuple[ev.Command, ...]:
        self._note(event)
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
            self.feed(ev.Tick())

    def patience(self, name: str) -> float:
        """Seconds that it may leave the file to who took it."""
        return patience(max(1, self._usurped[name]))

    def owns(self, name: str) -> bool:
        """Whether it has that content, and nobody took it over."""
        part = self._parts.get(name)
        return part is not None and part.is_ours

    def _close(self, outcome: ev.Outcome) -> None:
        held = [part.file_name for name, part in self._parts.items() if name in self._told]
        hold(not held, "{} finished and still owns {}", self.name, held)
        going = [number for number, exchange in self.exchanges.items() if not (exchange.is_over or exchange.is_stopped)]
        hold(not going, "{} finished, and exchanges {} go on", self.name, going)
        for part in self._parts.values():
            part.release()
        for exchange in self.exchanges.values():
            exchange.is_over = True
        if isinstance(outcome, ev.Complete):
            hold(self._is_sealed, "{} is complete, and what it had was gone at its end", self.name)
            reused_is_true(self.machine, self._files.values(), self._brought)
        if isinstance(outcome, ev.Failure):
            self.world.judge(self, outcome.error)
        self._on_end(outcome)

    # ------------------------------------------------------------------ commands: exchanges

    def _locate(self, command: ev.Locate) -> None:
        course = self.world.network.locate(online=self.is_online)
        self._begin(Exchange(self, command.exchange, self._files[command.file], course))

    def _fetch(self, command: ev.Fetch) -> None:
        part, file = self._part(command), self._files[command.file]
        may_fetch(command, part, self.exchanges.values())
        width = self._width + 1
        course = self.world.network.fetch(
            file, command.range, command.location, whole=command.whole, online=self.is_online, width=width
        )
        self.world.struck |= {f.Flip} if course.lies else set()
        self.world.struck |= {f.Unranged} if command.whole else set()
        self._begin(Exchange(self, command.exchange, file, course, asked=command.range, part=part))

    def _begin(self, exchange: Exchange) -> None:
        hold(exchange.number not in self.exchanges, "exchange {} is used twice", exchange.number)
        self.exchanges[exchange.number] = exchange
        self.trouble.meet(exchange.course.fault)
        limit = self.world.world.policy.max_connections
        hold(limit is None or self._width <= limit, "{} connections, {} are allowed", self._width, limit)

    @property
    def _width(self) -> int:
        return sum(not (exchange.is_over or exchange.is_stopped) for exchange in self.exchanges.values())

    def _stop(self, command: ev.Stop) -> None:
        if command.exchange in self.exchanges:
            self.exchanges[command.exchange].stop()

    # ------------------------------------------------------------------ commands: the disk

    def _claim(self, command: ev.Claim) -> None:
        hold(command.file not in self._parts, "{} is claimed, and is ours", self._files[command.file].name)
        self.work(_DISK_SECONDS, command.file, lambda: self._try_claim(command.file))

    def _try_claim(self, name: str) -> ev.Event | None:
        answer = self.world.claim(self, name)
        if isinstance(answer, ev.OwnerSeen | ev.Present):
            self._waiting.setdefault(name, self.world.now)
            return answer
        self._waiting.pop(name, None)
        if self.world.disk.honest:
            return self._take(answer, name)
        self.work(self.world.random.uniform(0.0, _DISK_SECONDS), name, lambda: self._take(answer, name))
        return None

    def _take(self, part: Part, name: str) -> ev.Event:
        part.take()
        if self.is_over:
            part.release()
        else:
            self._parts[name] = part
        return ev.Claimed(name, part.kept)

    def _look(self, command: ev.Look) -> None:
        self._waiting.setdefault(command.file, self.world.now)
        self.work(_DISK_SECONDS, command.file, lambda: self.world.look(self, command.file))

    def _hash(self, command: ev.Hash) -> None:
        part, name, upto = self._part(command), command.file, command.upto
        seconds = part.begin_digest(upto) / _HASHED_A_SECOND
        self.work_on(part, _DISK_SECONDS + seconds, lambda: ev.Hashed(name, upto, part.digest(upto)))

    def _audit(self, command: ev.Audit) -> None:
        part = self._part(command)
        self.work_on(part, _DISK_SECONDS, lambda: ev.Audited(command.file, part.audit()))

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
        self.work_on(part, _DISK_SECONDS, lambda: self._do_publish(part, command.file))

    def _do_publish(self, part: Part, name: str) -> ev.Event:
        part.publish()
        self._parts.pop(name, None)
        self._told.discard(name)
        self.world.grew()
        return self._link(name, part.brought.size)

    def _adopt(self, command: ev.Adopt) -> None:
        self.work(_DISK_SECONDS, command.file, lambda: self._link(command.file, 0))

    def _link(self, name: str, brought: int) -> ev.Event:
        try:
            self.world.disk.link(self.world.disk.shelves[name])
        except Lost:
            return ev.Lost(name)
        self._placed.add(name)
        self._brought[name] = brought
        return ev.Published(name)

    def _release(self, command: ev.Release) -> None:
        part = self._parts.pop(command.file, None)
        self._told.discard(command.file)
        if part is None:
            self.world.disk.forget(command.file, wanted=command.discard)
            return
        usurped = self._heard == ev.Usurped(command.file) and self.machine.outcome is None
        hold(not (usurped and part.is_ours), "{} gave {} up, and nobody had taken it", self.name, part.file_name)
        (part.forget if command.discard else part.release)()

    def _seal(self, _: ev.Seal) -> None:
        def seal() -> ev.Event:
            missing = [file.name for name, file in self._files.items() if name not in self._placed]
            hold(not missing, "{} have no place, and the snapshot is sealed", missing)
            gone = self.world.disk.seal()
            self._is_sealed = not gone
            return ev.Unsealed(gone) if gone else ev.Sealed()

        self.work(_DISK_SECONDS, "", seal)

    def _finish(self, _: ev.Finish) -> None:
        pass

    def _part(self, command: ev.Fetch | ev.Hash | ev.Audit | ev.Discard | ev.Publish) -> Part:
        """Rule 6: whoever touches a file owns it."""
        hold(command.file in self._parts, "{} for a file that is not {}'s", command, self.name)
        return self._parts[command.file]

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
