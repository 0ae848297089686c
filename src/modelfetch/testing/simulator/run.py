"""What is simulated, and how it went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...core.transfer.machine import Machine
from .part import Part
from .script import Line, readable

if TYPE_CHECKING:
    from ...core.transfer import events as ev
    from .world import World


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
