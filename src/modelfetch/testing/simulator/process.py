"""One simulated process: carries out a machine's commands in virtual time, as a driver does in real time.

Rule: it decides nothing. What a driver's worker does is done at one instant and told after the host's lag.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ...core import events as ev
from ...core.ports import Interrupted, Usurped
from ...core.refusal import Question
from ...core.transfer import FileTransfer
from ...errors import ModelFetchError
from .checks import Gauge, Trouble, may_fetch, reused_is_true
from .exchange import Exchange
from .part import Part
from .rules import RuleBrokenError, hold

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.ranges import ByteRange
    from .content import File
    from .disk import Shelf
    from .simulation import Simulation

_DISK_SECONDS = 0.002
_HASHED_A_SECOND = 500e6


class Process:
    """One call of ``download``. ``on_end`` is told its outcome, None when it was killed."""

    def __init__(self, name: str, world: Simulation, on_end: Callable[[ev.Outcome | None], None]) -> None:
        self.name = name
        self.world = world
        self.block = world.world.pace.block
        self.is_alive = True
        self.trouble = Trouble()
        self._on_end = on_end
        self._files = {file.blob_id: file for file in world.world.files}
        self._shelves = world.disk.shelves
        self._parts: dict[str, Part] = {}
        self._exchanges: dict[int, Exchange] = {}
        self._brought: dict[str, int] = {}
        self._tick_at = float("inf")
        self._gauge = Gauge(self._files.values())
        self.machine = world.kinds.machine(map(self._transfer, self._files.values()), world.world.policy, _ASKED)
        self.later(0.0, lambda: self._feed(ev.Started()))

    def _transfer(self, file: File) -> FileTransfer:
        cached = self._shelves[file.blob_id].blob is not None
        return FileTransfer(file.blob_id, file.size, file.paths, cached=cached)

    # ------------------------------------------------------------------ what the world does to it

    def cancel(self, *, discard: bool) -> None:
        """Somebody cancels."""
        self.tell(ev.CancelAsked(discard))

    def die(self) -> None:
        """It is killed: the system frees its locks, and keeps what it had written."""
        self.world.note(self.name, "is killed")
        self.is_alive = False
        for exchange in self._exchanges.values():
            exchange.is_over = True
        for shelf in self._shelves.values():
            if isinstance(shelf.owner, Part) and shelf.owner.process is self:
                shelf.owner.die()
        self._on_end(None)

    def wake(self, *, broken: bool) -> None:
        """The laptop slept; with ``broken`` the connections did not survive."""
        for exchange in list(self._exchanges.values()):
            self.trouble.network += 1
            if broken:
                exchange.break_off()

    # ------------------------------------------------------------------ what its exchanges need

    def later(self, delay: float, action: Callable[[], None]) -> None:
        """Do ``action`` after ``delay`` seconds, unless it was killed."""
        self.world.later(delay, self, action)

    def tell(self, event: ev.Event) -> None:
        """Tell the machine, after the host's lag."""
        self.later(self.world.world.pace.lag, lambda: self._feed(event))

    def jitter(self) -> float:
        """A fresh random number."""
        return self.world.random.random()

    def located(self, exchange: Exchange) -> ev.Located:
        """The location that ``exchange`` was for."""
        return self.world.network.located(exchange.course, exchange.number, exchange.file)

    def served(self, file: File, brought: ByteRange) -> None:
        """Bytes came."""
        self.world.count_served(file, brought)

    # ------------------------------------------------------------------ the loop

    def _feed(self, event: ev.Event) -> None:
        if self.machine.outcome is not None:
            return
        commands = deque(self._ask(event))
        while commands:
            command = commands.popleft()
            answer = self._ACTIONS[type(command)](self, command)
            if answer is not None:
                commands.extend(self._ask(answer))
        if isinstance(event, ev.Ended):
            self._exchanges.pop(event.exchange, None)
        self._gauge.look(self.machine, self.world.now)
        if self.machine.outcome is not None:
            self._close(self.machine.outcome)
        else:
            self._set_alarm()

    def _ask(self, event: ev.Event) -> tuple[ev.Command, ...]:
        world = self.world
        commands = self.machine.handle(event, world.now)
        world.log.append((world.now, self.name, event, commands))
        return commands

    def _set_alarm(self) -> None:
        wake_at = max(self.machine.wake_at(), self.world.now)
        if wake_at < self._tick_at:
            self._tick_at = wake_at
            self.later(wake_at - self.world.now, lambda: self._tick(wake_at))

    def _tick(self, due: float) -> None:
        if due == self._tick_at:
            self._tick_at = float("inf")
            self._feed(ev.Tick())

    def _close(self, outcome: ev.Outcome) -> None:
        hold(not self._parts, f"{self.name} finished and still owns {[part.file_name for part in self._parts.values()]}")
        for exchange in self._exchanges.values():
            exchange.is_over = True
        if isinstance(outcome, ev.Complete):
            reused_is_true(self.machine, self._files.values(), self._brought)
        if isinstance(outcome, ev.Failure):
            self._judge(outcome.error)
        self._on_end(outcome)

    def _judge(self, error: ModelFetchError) -> None:
        self.trouble.lies += any(shelf.journal is None for shelf in self._shelves.values()) * 0
        if not self.trouble.explains(error):
            raise RuleBrokenError(f"{self.name} failed for no reason ({self.trouble}): {error!r}")

    # ------------------------------------------------------------------ commands
