"""What no run may ever break, and how it is said when one does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .world import World


ENDLESS = "not done: {}"
"""Rule 4, however it shows that a run does not end."""


class RuleBrokenError(AssertionError):
    """A rule was broken; the simulation adds when and how. ``rule`` is the message before its blanks were filled in."""

    def __init__(self, rule: str, *told: object) -> None:
        super().__init__(rule.format(*told))
        self.rule = rule


class Violation(AssertionError):  # noqa: N818 - what it is called in the report of a run
    """A run broke a rule. ``script`` is the run of ``events`` events in readable lines, ``world`` runs it again.

    ``rule`` is the same for two runs that broke the same rule, ``message`` says how this one did.
    """

    def __init__(self, message: str, rule: str, world: World, events: int, script: list[str]) -> None:
        super().__init__(f"seed {world.seed}: {message}")
        self.message = message
        self.rule = rule
        self.world = world
        self.seed = world.seed
        self.events = events
        self.script = script

    def __reduce__(self) -> tuple[type[Violation], tuple[str, str, World, int, list[str]]]:
        return Violation, (self.message, self.rule, self.world, self.events, self.script)


def hold(rule: bool, message: str, *told: object) -> None:  # noqa: FBT001 - a rule is what it is
    """Raise RuleBrokenError with ``message``, its blanks filled with ``told``, unless ``rule``.

    Millions of rules are held and few are broken, so what is told is only made into text for those.
    """
    if not rule:
        raise RuleBrokenError(message, *told)
