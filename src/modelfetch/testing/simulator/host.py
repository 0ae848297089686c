"""A simulated process as the world sees it: it lives and dies, sleeps and hangs, and has threads that take time.

Rule: after it was killed it does nothing more; while it is stopped, what it would have done waits.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from ...core.transfer import events as ev
from ...core.transfer.ports import Interrupted, Usurped
from ...errors import ModelFetchError
from .checks import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from .exchange import Exchange
    from .part import Part
    from .simulation import Simulation

_NEVER = float("inf")


class Host(ABC):
    """What carries out a call of ``download``. ``on_end`` is told its outcome, or None when it was killed.

    ``busy_until``: when it last was, or will be, free to take over a file (seconds). ``queued``: things it has to do.
    """

    def __init__(self, name: str, user: int, world: Simulation, on_end: Callable[[ev.Outcome | None], None]) -> None:
        self.name = name
        self.user = user
        self.world = world
        self.is_alive = True
        self.is_over = False
        self.trouble = Trouble()
        self.is_calm = world.network.calm
        self.busy_until = self.frozen_until = 0.0
        self.queued = 0
        self.exchanges: dict[int, Exchange] = {}
        self._on_end = on_end
        self._waiting: dict[str, float] = {}

    @abstractmethod
    def feed(self, event: ev.Event) -> None:
        """Tell the machine, now."""

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
            if self.world.random.random() < 0.5:  # noqa: PLR2004 - a half
                self.later(0.0, exchange.break_off)

    def freeze(self, seconds: float) -> None:
        """It does nothing for so long."""
        self.busy_until = max(self.busy_until, self.world.now + seconds)
        self.frozen_until = max(self.frozen_until, self.world.now + seconds)
        self.sleep()

    def hang(self, seconds: float) -> None:
        """One of its threads waits so long for the disk."""
        self.busy_until = max(self.busy_until, self.world.now + seconds)
        self.trouble.final += seconds > self.world.world.policy.stall_timeout

    def cut_off(self) -> None:
        """Its network is gone."""
        for exchange in list(self.exchanges.values()):
            self.later(0.0, exchange.break_off)

    def waits_since(self, name: str) -> float:
        """From when on it could have taken the file over (seconds); infinite before it saw an owner."""
        return max(self._waiting.get(name, _NEVER), self.busy_until)

    @property
    def is_online(self) -> bool:
        """Whether its own network works."""
        return self.world.is_online(self.user)

    # ------------------------------------------------------------------ what its exchanges need

    def later(self, delay: float, action: Callable[[], None]) -> None:
        """Do ``action`` after ``delay`` seconds, unless it was killed."""
        self.world.later(delay, action, self)

    def tell(self, event: ev.Event) -> None:
        """Tell the machine, after the host's lag."""
        self.later(self.world.world.pace.lag, lambda: self.feed(event))

    # ------------------------------------------------------------------ its threads

    def work_on(self, part: Part, seconds: float, task: Callable[[], ev.Event]) -> None:
        """Work that is left undone when the part is released meanwhile."""

        def unless_gone() -> ev.Event:
            if part.gone:
                raise Interrupted
            return task()

        self.work(seconds, part.shelf.file.blob_id, unless_gone)

    def work(self, seconds: float, name: str, task: Callable[[], ev.Event | None]) -> None:
        """As a worker: do it, and say how it went, or nothing yet."""

        def guarded() -> None:
            try:
                if (event := task()) is not None:
                    self.tell(event)
            except Interrupted:
                pass
            except Usurped:
                self.tell(ev.Usurped(name))
            except ModelFetchError as error:
                self.tell(ev.Failed(name, error))

        waits = self.world.disk.hang()
        if waits:
            self.busy_until = max(self.busy_until, self.world.now + waits)
        self.later(seconds + waits, guarded)
