"""What no run may ever break, and how it is said when one does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .world import World


class RuleBrokenError(AssertionError):
    """A rule was broken; the simulation adds when and how."""


class Violation(AssertionError):  # noqa: N818 - what it is called in the report of a run
    """A run broke a rule. ``script`` is the run in readable lines, ``world`` runs it again."""

    def __init__(self, message: str, world: World, script: list[str]) -> None:
        super().__init__(f"seed {world.seed}: {message}")
        self.message = message
        self.world = world
        self.seed = world.seed
        self.script = script

    def __reduce__(self) -> tuple[type[Violation], tuple[str, World, list[str]]]:
        return Violation, (self.message, self.world, self.script)


def hold(rule: bool, message: str) -> None:  # noqa: FBT001 - a rule is what it is
    """Raise RuleBrokenError with ``message`` unless ``rule``."""
    if not rule:
        raise RuleBrokenError(message)
