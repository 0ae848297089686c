"""Making a run that breaks a rule small enough to read, and to keep.

Rule: a smaller world breaks the same rule with fewer faults, or with fewer files, or in a shorter script.
What a seed means changes whenever the drawing does, so what is kept is the world, as the source that makes it.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ...core.transfer.policy import Policy
from .rules import Violation
from .simulation import simulate
from .world import MIB, World

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from . import faults as f
    from .content import File
    from .run import Kinds

Item = TypeVar("Item")

_SIZES = (1, 12, 5_000, 900_000, 3 * MIB, 9 * MIB)


def shrink(seed: int, *, world: World | None = None, kinds: Kinds | None = None) -> str:
    """The smallest world found that breaks the rule that ``seed`` breaks, and its script; "" when it breaks none."""
    search = _Search(kinds)
    failed = search.violation(world or World.drawn(seed))
    if failed is None:
        return ""
    while (smaller := search.smaller(failed)) is not None:
        failed = smaller
    return "\n".join([str(failed), "", *failed.script, "", source(failed.world)])


def source(value: object) -> str:
    """The source of a world, with ``f`` for the module of faults; what is not said is left to its default."""
    if isinstance(value, tuple):
        return f"({''.join(f'{source(item)}, ' for item in value).rstrip()})"
    if not is_dataclass(value):
        return repr(value)
    told = [
        f"{field.name}={source(getattr(value, field.name))}"
        for field in fields(value)
        if field.default != getattr(value, field.name)
    ]
    home = "f." if type(value).__module__.endswith(".faults") else ""
    return f"{home}{type(value).__name__}({', '.join(told)})"


class _Search:
    """Tries worlds until so many events were simulated that a person who waits has waited long enough."""

    def __init__(self, kinds: Kinds | None) -> None:
        self._kinds = kinds
        self._left = 80_000

    def smaller(self, failed: Violation) -> Violation | None:
        """The same rule broken in a smaller world, or None."""
        for world in _simpler(failed.world):
            found = self.violation(world) if self._left > 0 else None
            if found is not None and found.rule == failed.rule and _weight(found) < _weight(failed):
                return found
        return None

    def violation(self, world: World) -> Violation | None:
        """How ``world`` breaks a rule, if it does."""
        try:
            run = simulate(world.seed, world=world, kinds=self._kinds)
        except Violation as violation:
            self._left -= violation.events
            return violation
        self._left -= len(run.log)
        return None


def _weight(failed: Violation) -> tuple[int, ...]:
    world = failed.world
    bytes_in_all = sum(file.size * file.copies for file in world.files)
    return len(world.faults), len(world.files), len(failed.script), bytes_in_all, len(source(world))


def _simpler(world: World) -> Iterator[World]:
    """Worlds to try, those that would be much simpler first."""
    yield from _fewer(world)
    for index, file in enumerate(world.files):
        for other in _simpler_file(file):
            yield replace(world, files=(*world.files[:index], other, *world.files[index + 1 :]))
    for index, fault in enumerate(world.faults):
        for simpler in _simpler_fault(fault):
            yield replace(world, faults=(*world.faults[:index], simpler, *world.faults[index + 1 :]))
    for policy in (Policy(max_connections=1), Policy(max_connections=1, stall_timeout=world.policy.stall_timeout)):
        yield replace(world, policy=policy)
    for pace in (replace(world.pace, lag=0.0), replace(world.pace, block=4 * MIB), replace(world.pace, latency=0.1)):
        yield replace(world, pace=pace)


def _fewer(world: World) -> Iterator[World]:
    """One fault alone, one fault less, one file less."""
    for fault in world.faults if len(world.faults) > 1 else ():
        for alone in (fault, *_sooner(fault, range(1, 8))):
            yield replace(world, faults=(alone,))
    for index in range(len(world.faults)):
        yield replace(world, faults=_without(world.faults, index))
    for index in range(len(world.files) if len(world.files) > 1 else 0):
        yield replace(world, files=_without(world.files, index), faults=tuple(_faults_without(world, index)))


def _without(items: tuple[Item, ...], index: int) -> tuple[Item, ...]:
    return items[:index] + items[index + 1 :]


def _faults_without(world: World, index: int) -> Iterator[f.Fault]:
    """The faults of a world that loses a file."""
    for fault in world.faults:
        file = getattr(fault, "file", None)
        if file is None or file < index:
            yield fault
        elif file > index:
            yield replace(fault, file=file - 1)


def _simpler_file(file: File) -> Iterator[File]:
    yield replace(file, copies=1)
    for size in _SIZES:
        yield replace(file, size=size)


def _sooner(fault: f.Fault, places: Iterable[int]) -> Iterator[f.Fault]:
    for name in ("moment", "exchange"):
        for place in places:
            if 0 < place < getattr(fault, name, 0):
                yield _with(fault, name, place)


def _simpler_fault(fault: f.Fault) -> Iterator[f.Fault]:
    """Sooner, once, at a round place."""
    place = getattr(fault, "moment", 0) or getattr(fault, "exchange", 0)
    yield from _sooner(fault, (*range(1, 8), place // 2, place - 1))
    for name, simplest in (("times", 1), ("share", 0.5), ("seconds", 4.0)):
        if hasattr(fault, name):
            yield _with(fault, name, simplest)


def _with(fault: f.Fault, name: str, value: float) -> f.Fault:
    changed: f.Fault = replace(cast(Any, fault), **{name: value})
    return changed
