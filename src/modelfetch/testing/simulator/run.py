"""Running a seed, and making a run that breaks a rule small enough to read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .rules import Violation
from .simulation import Kinds, Run, Simulation
from .world import World

if TYPE_CHECKING:
    from .faults import Fault


def simulate(seed: int, *, world: World | None = None, kinds: Kinds | None = None) -> Run:
    """Run the world of ``seed``, or ``world``. Raises Violation when a rule is broken."""
    return Simulation(world or World.drawn(seed), kinds or Kinds()).run()


def shrink(seed: int, *, world: World | None = None, kinds: Kinds | None = None) -> str:
    """The smallest world found that still breaks a rule as ``seed`` does, and its script; "" when it breaks none."""
    failed = _violation(world or World.drawn(seed), kinds)
    if failed is None:
        return ""
    while (smaller := _smaller(failed, kinds)) is not None:
        failed = smaller
    world = failed.world
    head = [str(failed), "", f"files   {list(world.files)}", f"policy  {world.policy}", f"pace    {world.pace}"]
    return "\n".join([*head, *(f"fault   {fault}" for fault in world.faults), "", *failed.script])


def _smaller(failed: Violation, kinds: Kinds | None) -> Violation | None:
    """The same violation with one fault less, or None."""
    for index in range(len(failed.world.faults)):
        found = _violation(replace(failed.world, faults=_without(failed.world.faults, index)), kinds)
        if found is not None:
            return found
    return None


def _without(faults: tuple[Fault, ...], index: int) -> tuple[Fault, ...]:
    return faults[:index] + faults[index + 1 :]


def _violation(world: World, kinds: Kinds | None) -> Violation | None:
    try:
        simulate(world.seed, world=world, kinds=kinds)
    except Violation as violation:
        return violation
    return None
