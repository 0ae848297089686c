"""The clock, the world and the users of one run.

Rule: one seed, one run. Everything random comes from the world's seed, and nothing from the machine it runs on.
"""

from __future__ import annotations

from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import TYPE_CHECKING, assert_never

from ...core.ranges import RangeSet
from ...core.transfer import events as ev
from ...core.transfer.following import PATIENCE
from . import faults as f
from .disk import Disk, Shelf
from .neighbour import Foreigner
from .network import Network
from .rules import ENDLESS, RuleBrokenError, Violation, hold
from .run import Kinds, Run
from .script import Line, names_of, readable, short
from .user import User
from .world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.ranges import ByteRange
    from ...errors import ModelFetchError
    from .content import File
    from .host import Host
    from .part import Part
    from .process import Process

LONG_STEPS = 3_000
"""Steps after which nothing goes wrong any more."""

MOST_STEPS = 15_000
"""Steps after which a run is said not to end."""

MOST_SECONDS = 20_000.0
"""Virtual seconds after which a run is said not to end; a laptop's sleep comes on top."""

CALM_SECONDS = 400.0
"""Virtual seconds after which a run is said not to end although nothing goes wrong any more."""

TAKEN_OVER_IN = 2.0
"""Seconds after which somebody who waits has to have what a dead owner left."""


_WASTEFUL = (
    f.PowerCut
    | f.Rot
    | f.Flip
    | f.WrongSource
    | f.Unranged
    | f.LyingLocks
    | f.DiskFull
    | f.DiskError
    | f.SlowDisk
    | f.Taken
    | f.Pruned
)
"""Faults after which bytes have to be fetched again."""


class _Killed(BaseException):
    """The process that acts is gone."""


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
        self._heap: list[tuple[float, int, Callable[[], None], Host | None]] = []
        self._order = count()
        self._moments = 0
        self._calm = False
        self._slept = 0.0
        self._end_by = MOST_SECONDS
        self._grew_at = 0.0
        self._only_locks_lie = f.LyingLocks() in world.faults and all(
            isinstance(fault, f.LyingLocks | f.Neighbour) for fault in world.faults
        )
        self._actor: Host | None = None
        self._due: dict[int, list[f.ComputerFault]] = {}
        self._served: dict[str, RangeSet] = {file.blob_id: RangeSet() for file in world.files}
        self._bytes_served = 0
        self._bytes_twice = 0
        self._offline: list[f.Offline] = []
        self._users: list[User] = []
        self.unsettled = 0
        self._prepare()

    def _prepare(self) -> None:
        self._invite(0.0, once=False)
        for fault in self.world.faults:
            if isinstance(fault, f.ComputerFault):
                self._due.setdefault(fault.moment, []).append(fault)
                continue
            match fault:
                case f.Neighbour(at, once):
                    self._invite(at, once=once)
                case f.Foreign():
                    Foreigner(self, fault)
                case f.Offline():
                    self._offline.append(fault)
                    self.later(fault.at, partial(self._cut_off, fault.user))
                case _:
                    pass

    def _invite(self, at: float, *, once: bool) -> None:
        user = User(len(self._users), self, once=once)
        self._users.append(user)
        self.unsettled += 1
        self.later(at, user.call)

    def run(self) -> Run:
        """Run it to its end. Raises Violation when a rule is broken, or anything raises what it may not."""
        try:
            self._loop()
            self.disk.holds_what_was_promised()
            self._nothing_twice()
        except Exception as error:
            message, rule = repr(error), type(error).__name__
            if isinstance(error, RuleBrokenError):
                message, rule = short(str(error), names_of(self.world.files)), error.rule
            script = readable(self.log, self.world.files)
            raise Violation(message, rule, self.world, len(self.log), script) from error
        first = self._users[0]
        outcome = first.outcome or ev.Cancelled()
        return Run(self.world, outcome, tuple(self.log), self._bytes_served, self._bytes_twice, self.now, first.calls)

    def _loop(self) -> None:
        for step in range(MOST_STEPS):
            if step == LONG_STEPS:
                self.calm_down()
            if not self.unsettled:
                return
            due, _, action, self._actor = heappop(self._heap)
            if self._actor is not None:
                self._actor.queued -= 1
                if due < self._actor.frozen_until:
                    self._at(self._actor.frozen_until, action, self._actor)
                    continue
            self.now = max(self.now, due)
            if self.now >= self._end_by + self._slept:
                raise RuleBrokenError(ENDLESS, f"{self.now:.0f} s passed")
            if self._only_locks_lie:
                alive = self.now - self._grew_at <= PATIENCE
                hold(alive, "nothing came for {} s, although only locks lie", PATIENCE)
            try:
                self.moment()
                if self._actor is None or self._actor.is_alive:
                    action()
            except _Killed:
                pass
        raise RuleBrokenError(ENDLESS, f"{MOST_STEPS} steps were taken")

    def _nothing_twice(self) -> None:
        """Where nothing damages what was kept, a kill costs one block of each connection, and nothing else does."""
        kills = sum(isinstance(fault, f.Kill) for fault in self.world.faults)
        wasteful = any(isinstance(fault, _WASTEFUL) or getattr(fault, "discard", False) for fault in self.world.faults)
        few = self._bytes_twice <= kills * self.world.pace.block
        hold(wasteful or few, "{} bytes were fetched twice", self._bytes_twice)

    # ------------------------------------------------------------------ time

    def later(self, delay: float, action: Callable[[], None], actor: Host | None = None) -> None:
        """Do ``action`` after ``delay`` seconds, on behalf of ``actor``."""
        self._at(self.now + delay, action, actor)

    def _at(self, due: float, action: Callable[[], None], actor: Host | None) -> None:
        heappush(self._heap, (due, next(self._order), action, actor))
        if actor is not None:
            actor.queued += 1

    def moment(self) -> None:
        """One more moment of the run; what is to go wrong at it does. Comes back to the living only."""
        self._moments += 1
        for fault in () if self._calm else self._due.pop(self._moments, ()):
            self._strike(fault)
        if self._actor is not None and not self._actor.is_alive:
            raise _Killed

    def calm_down(self) -> None:
        """From now on nothing goes wrong any more."""
        if not self._calm:
            self._end_by = self.now - self._slept + CALM_SECONDS
        self._calm = self.network.calm = True
        self.disk.calm_down()

    def _strike(self, fault: f.ComputerFault) -> None:
        self.struck.add(type(fault))
        self.log.append((self.now, "", fault, ()))
        actor = self._actor or self._users[0].process
        match fault:
            case f.Kill():
                self._kill(actor)
            case f.PowerCut():
                for process in [process for user in self._users for process in user.processes]:
                    self._kill(process)
                self.disk.lose_power(self.random)
            case f.Cancel(discard=discard) if actor is not None:
                actor.tell(ev.CancelAsked(discard))
            case f.Freeze(seconds=seconds) if actor is not None:
                actor.freeze(seconds)
            case f.Cancel() | f.Freeze():
                pass  # nobody is there
            case f.Sleep(seconds=seconds):
                self._sleep(seconds)
            case f.Rot() | f.DiskFull() | f.DiskError() | f.SlowDisk() | f.Taken() | f.Pruned():
                self.disk.meet(fault)
            case _:
                assert_never(fault)

    def _kill(self, process: Host | None) -> None:
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

    def is_online(self, user: int) -> bool:
        """Whether that user's own network works now."""
        down = (fault.at <= self.now < fault.at + fault.seconds for fault in self._offline if fault.user == user)
        return self._calm or not any(down)

    def _cut_off(self, number: int) -> None:
        user = self._users[number] if number < len(self._users) else None
        if not self._calm and user is not None and user.process is not None:
            user.process.cut_off()

    # ------------------------------------------------------------------ the shared cache

    def claim(self, process: Process, name: str) -> Part | ev.OwnerSeen | ev.Present:
        """Become the owner, if nobody else is, or if locks lie."""
        self.disk.touch()
        shelf = self.disk.shelves[name]
        if shelf.blob is not None:
            return ev.Present(name)
        if shelf.owner is not None and self.disk.honest:
            return ev.OwnerSeen(name, shelf.bytes_seen)
        self._in_time(process, shelf)
        self.disk.grow()
        return self.kinds.part(self.disk, shelf, process, self.moment)

    def _in_time(self, process: Process, shelf: Shelf) -> None:
        """Rule 4: what a dead owner left is taken over soon, or after the time that is given to it where locks lie.

        There, whose the lock is says nothing: whose journal is in its place is the owner.
        """
        name = shelf.file.blob_id
        waited = self.now - max(shelf.free_since, process.waits_since(name))
        limit = TAKEN_OVER_IN if self.disk.honest else TAKEN_OVER_IN + process.patience(name)
        is_owned = shelf.owner is not None or any(user.process and user.process.owns(name) for user in self._users)
        in_time = waited <= limit or is_owned
        hold(in_time, "{} was free for {:.1f} s, and {} waited", shelf.file.name, waited, process.name)

    def look(self, process: Process, name: str) -> ev.OwnerSeen | ev.OwnerGone | ev.Present:
        """The same facts without becoming the owner."""
        shelf = self.disk.shelves[name]
        if shelf.blob is not None:
            return ev.Present(name)
        self._in_time(process, shelf)
        if shelf.journal is None and shelf.owner is None:
            return ev.OwnerGone(name)
        return ev.OwnerSeen(name, shelf.bytes_seen)

    def count_served(self, file: File, brought: ByteRange) -> None:
        """Bytes came over the network."""
        before = self._served[file.blob_id]
        after = self._served[file.blob_id] = before.add(brought)
        self._bytes_served += brought.size
        self._bytes_twice += brought.size - (after.size - before.size)
        if after.size > before.size:
            self.grew()

    def grew(self) -> None:
        """Somebody came, or got further than anybody before."""
        self._grew_at = self.now

    def judge(self, process: Process, error: ModelFetchError) -> None:
        """Rule 4: a failure has a reason."""
        reason = process.trouble.explains(error, self.struck, self.network.expiries)
        hold(
            reason and not process.is_calm,
            "{} failed without a reason ({}): {!r}",
            process.name,
            process.trouble,
            error,
        )


def simulate(seed: int, *, world: World | None = None, kinds: Kinds | None = None) -> Run:
    """Run the world of ``seed``, or ``world``. Raises Violation when a rule is broken."""
    return Simulation(world or World.drawn(seed), kinds or Kinds()).run()
