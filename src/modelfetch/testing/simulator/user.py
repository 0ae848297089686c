"""Somebody who wants the files of a world.

Rule: a user never gives up. What did not come to its end is called again, at last in a world where nothing goes wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.transfer import events as ev
from .process import Process
from .rules import ENDLESS, hold

if TYPE_CHECKING:
    from .simulation import Simulation

PATIENT_CALLS = 6
"""Calls of one user after which nothing goes wrong any more."""

MOST_CALLS = 10
"""Calls of one user, the last of them in a world where nothing goes wrong."""


class User:
    """Somebody who calls again until it is done. ``once``: nobody does after a crash.

    ``process`` is the one that is running, ``processes`` are all so far: one that is done may still hang in a write.
    """

    def __init__(self, number: int, world: Simulation, *, once: bool) -> None:
        self.number = number
        self.name = chr(ord("A") + number)
        self.outcome: ev.Outcome | None = None
        self.is_settled = False
        self.calls = 0
        self.process: Process | None = None
        self.processes: list[Process] = []
        self._world = world
        self._once = once

    def call(self) -> None:
        """Download."""
        self.calls += 1
        self._world.grew()
        hold(self.calls <= MOST_CALLS, ENDLESS, f"{self.name} called {MOST_CALLS} times")
        if self.calls > PATIENT_CALLS:
            self._world.calm_down()
        self.process = Process(f"{self.name}{self.calls}", self.number, self._world, self._ended)
        self.processes.append(self.process)

    def _ended(self, outcome: ev.Outcome | None) -> None:
        self.process, self.outcome = None, outcome
        self.is_settled = isinstance(outcome, ev.Complete) or (outcome is None and self._once)
        if self.is_settled:
            self._world.unsettled -= 1
        else:
            self._world.later(self._world.random.uniform(0.0, 3.0), self.call)
