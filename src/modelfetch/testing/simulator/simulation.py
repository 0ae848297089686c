"""The clock, the world and the users of one run.

Rule: one seed, one run. Everything random comes from the world's seed, and nothing from the machine it runs on.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import TYPE_CHECKING, assert_never

from ...core import events as ev
from ...core.machine import Machine
from ...core.ranges import RangeSet
from . import faults as f
from .disk import Disk
from .neighbour import Foreigner
from .network import Network
from .part import Part
from .process import Process
from .rules import RuleBrokenError, Violation, hold
from .script import Line, readable

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.ranges import ByteRange
    from ...errors import ModelFetchError
    from .content import File
    from .world import World

LONG_STEPS = 5_000
"""Steps after which nothing goes wrong any more."""

MOST_STEPS = 40_000
"""Steps after which a run is said not to end."""

MOST_SECONDS = 20_000.0
"""Virtual seconds after which a run is said not to end; a laptop's sleep comes on top."""

PATIENT_CALLS = 6
"""Calls of one user after which nothing goes wrong any more."""

MOST_CALLS = 10
"""Calls of one user, the last of them in a world where nothing goes wrong."""

TAKEN_OVER_IN = 2.0
"""Seconds after which somebody who waits has to have what a dead owner left."""


_WASTEFUL = f.PowerCut | f.Rot | f.Flip | f.WrongSource | f.Unranged | f.LyingLocks | f.DiskFull | f.DiskError
"""Faults after which bytes have to be fetched again."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """What is simulated; a mutant replaces one of them."""

    machine: type[Machine] = Machine
    part: type[Part] = Part


@dataclass(frozen=True, slots=True)
class Run:
    """How a run went: its last outcome, its script in readable lines, and the bytes the network brought.

    ``bytes_twice`` are those that had been brought, true, before. ``seconds`` is virtual, ``calls`` the first user's.
    """

    world: World
    outcome: ev.Outcome
    log: tuple[Line, ...]
    bytes_served: int
    bytes_twice: int
    seconds: float
    calls: int

    @property
    def script(self) -> list[str]:
        """Events and commands, one a line."""
        return readable(self.log, self.world.files)


class _Killed(BaseException):
    """The process that acts is gone."""


class User:
    """Somebody who calls again until it is done. ``once``: nobody does after a crash."""

    def __init__(self, name: str, world: Simulation, *, once: bool) -> None:
        self.name = name
        self.outcome: ev.Outcome | None = None
        self.is_settled = False
        self.calls = 0
        self.process: Process | None = None
        self._world = world
        self._once = once

    def call(self) -> None:
        """Download."""
        self.calls += 1
        hold(self.calls <= MOST_CALLS, f"{self.name} called {MOST_CALLS} times in vain")
        if self.calls > PATIENT_CALLS:
            self._world.calm_down()
        self.process = Process(f"{self.name}{self.calls}", self._world, self._ended)

    def _ended(self, outcome: ev.Outcome | None) -> None:
        self.process, self.outcome = None, outcome
        self.is_settled = isinstance(outcome, ev.Complete) or (outcome is None and self._once)
        if not self.is_settled:
            self._world.later(self._world.random.uniform(0.0, 3.0), self.call)


class Simulation:
    """One run of ``world``."""

    def __init__(self, world: World, kinds: Kinds) -> None:
        self.world = world
        self.kinds = kinds
        self.random = Random(~world.seed)
        self.now = 0.0
        self.struck: set[type] = set()
        self.log: list[Line] = []
        self.disk = Disk(world.files, lambda: self.now, honest=f.LyingLocks() not in world.faults)
        self.network = Network(world, self.random)
        self._heap: list[tuple[float, int, Callable[[], None], Process | None]] = []
        self._order = count()
        self._moments = 0
        self._calm = False
        self._slept = 0.0
        self._actor: Process | None = None
        self._due: dict[int, list[f.ComputerFault]] = {}
        self._served: dict[str, RangeSet] = {file.blob_id: RangeSet() for file in world.files}
        self._bytes_served = 0
        self._bytes_twice = 0
        self._users = [User("A", self, once=False)]
        self._prepare()

    def _prepare(self) -> None:
        self.later(0.0, self._users[0].call)
        for fault in self.world.faults:
            match fault:
                case f.Kill() | f.PowerCut() | f.Cancel() | f.Sleep() | f.Rot() | f.DiskFull() | f.DiskError():
                    self._due.setdefault(fault.moment, []).append(fault)
                case f.Neighbour(at, once):
                    user = User(chr(ord("A") + len(self._users)), self, once=once)
                    self._users.append(user)
                    self.later(at, user.call)
                case f.Foreign():
                    Foreigner(self, fault)
                case _:
                    pass

    def run(self) -> Run:
        """Run it to its end. Raises Violation when a rule is broken, or anything raises what it may not."""
        try:
            self._loop()
            self._nothing_twice()
        except Exception as error:
            message = str(error) if isinstance(error, RuleBrokenError) else repr(error)
            raise Violation(message, self.world, readable(self.log, self.world.files)) from error
        first = self._users[0]
        outcome = first.outcome or ev.Cancelled()
        return Run(self.world, outcome, tuple(self.log), self._bytes_served, self._bytes_twice, self.now, first.calls)

    def _loop(self) -> None:
        for step in range(MOST_STEPS):
            if step == LONG_STEPS:
                self.calm_down()
            if all(user.is_settled for user in self._users):
                return
            hold(bool(self._heap), "everybody waits for nothing")
            due, _, action, self._actor = heappop(self._heap)
            self.now = max(self.now, due)
            hold(self.now - self._slept < MOST_SECONDS, f"not done after {MOST_SECONDS} s")
            try:
                self.moment()
                if self._actor is None or self._actor.is_alive:
                    action()
            except _Killed:
                pass
        hold(rule=False, message=f"not done after {MOST_STEPS} steps")

    def _nothing_twice(self) -> None:
        """Where nothing damages what was kept, a kill costs one block of each connection, and nothing else does."""
        kills = sum(isinstance(fault, f.Kill) for fault in self.world.faults)
        wasteful = any(isinstance(fault, _WASTEFUL) or getattr(fault, "discard", False) for fault in self.world.faults)
        few = self._bytes_twice <= kills * self.world.pace.block
        hold(wasteful or few, f"{self._bytes_twice} bytes were fetched twice")

    # ------------------------------------------------------------------ time

    def later(self, delay: float, action: Callable[[], None], actor: Process | None = None) -> None:
        """Do ``action`` after ``delay`` seconds, on behalf of ``actor``."""
        heappush(self._heap, (self.now + delay, next(self._order), action, actor))

    def moment(self) -> None:
        """One more moment of the run; what is to go wrong at it does. Comes back to the living only."""
        self._moments += 1
        for fault in () if self._calm else self._due.pop(self._moments, ()):
            self._strike(fault)
        if self._actor is not None and not self._actor.is_alive:
            raise _Killed

    def calm_down(self) -> None:
        """From now on nothing goes wrong any more."""
        self._calm = self.network.calm = True
        self.disk.full = self.disk.broken = 0

    def _strike(self, fault: f.ComputerFault) -> None:
        self.struck.add(type(fault))
        self.log.append((self.now, "", fault, ()))
        actor = self._actor or self._users[0].process
        match fault:
            case f.Kill():
                self._kill(actor)
            case f.PowerCut():
                for user in self._users:
                    self._kill(user.process)
                self.disk.lose_power(self.random)
            case f.Cancel(discard=discard):
                if actor is not None:
                    actor.tell(ev.CancelAsked(discard))
            case f.Sleep(seconds=seconds):
                self._sleep(seconds)
            case f.Rot(share=share):
                self.disk.rot(share)
            case f.DiskFull(times=times):
                self.disk.full += times
            case f.DiskError():
                self.disk.broken += 1
            case _:
                assert_never(fault)

    def _kill(self, process: Process | None) -> None:
        if process is not None and process.is_alive:
            process.die()
            self.disk.bury(process)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds
        self._slept += seconds
        for shelf in self.disk.shelves.values():
            shelf.free_since = self.now
        for user in self._users:
            if user.process is not None:
                user.process.sleep()

    # ------------------------------------------------------------------ the shared cache

    def claim(self, process: Process, name: str) -> Part | ev.OwnerSeen | ev.Present:
        """Become the owner, if nobody else is, or if locks lie."""
        self.disk.touch()
        shelf = self.disk.shelves[name]
        if shelf.blob is not None:
            return ev.Present(name)
        if shelf.owner is not None and self.disk.honest:
            return self.look(name)
        waited = self.now - max(shelf.free_since, process.waits_since(name))
        in_time = not self.disk.honest or waited <= TAKEN_OVER_IN
        hold(in_time, f"{shelf.file.name} was free for {waited:.1f} s, and {process.name} waited")
        return self.kinds.part(self.disk, shelf, process, self.moment)

    def look(self, name: str) -> ev.OwnerSeen | ev.Present:
        """The same facts without becoming the owner."""
        shelf = self.disk.shelves[name]
        if shelf.blob is not None:
            return ev.Present(name)
        return ev.OwnerSeen(name, shelf.bytes_seen)

    def count_served(self, file: File, brought: ByteRange) -> None:
        """Bytes came over the network."""
        before = self._served[file.blob_id]
        after = self._served[file.blob_id] = before.add(brought)
        self._bytes_served += brought.size
        self._bytes_twice += brought.size - (after.size - before.size)

    def judge(self, process: Process, error: ModelFetchError) -> None:
        """Rule 4: a failure has a reason."""
        reason = process.trouble.explains(error, self.struck)
        hold(reason and not process.is_calm, f"{process.name} failed without a reason ({process.trouble}): {error!r}")
