"""Whose turn it is, where only so many downloads may run at once.

Rule: first come, first served; who leaves makes room for who waits longest. Two names of the same files of the same
revision are one download, whatever else is said of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...errors import DownloadInProgressError

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from ..models.spec import ModelSpec


def identity(spec: ModelSpec) -> Hashable:
    """What makes two names mean one download."""
    return spec.repo_id, spec.revision, spec.allow_patterns, spec.ignore_patterns


@dataclass(frozen=True, slots=True)
class Lineup:
    """Who is ``active`` and who is ``waiting``, each in the order they came. ``places``: how many may be active."""

    places: int = 1
    active: tuple[Hashable, ...] = ()
    waiting: tuple[Hashable, ...] = ()

    @property
    def is_full(self) -> bool:
        """Whether who comes now has to wait."""
        return len(self.active) >= self.places

    def joined(self, who: Hashable) -> Lineup:
        """With ``who`` at the end; who is there already keeps their place."""
        if who in self.active or who in self.waiting:
            return self
        return _moved_up(replace(self, waiting=(*self.waiting, who)))

    def left(self, who: Hashable) -> Lineup:
        """Without ``who``."""
        active = tuple(other for other in self.active if other != who)
        waiting = tuple(other for other in self.waiting if other != who)
        return _moved_up(replace(self, active=active, waiting=waiting))


def _moved_up(line: Lineup) -> Lineup:
    room = line.places - len(line.active)
    return replace(line, active=(*line.active, *line.waiting[:room]), waiting=line.waiting[room:])


def no_place(name: str, running: Sequence[str], places: int) -> DownloadInProgressError:
    """The error where ``name`` may not wait: ``running`` are those that have all the places."""
    others = ", ".join(running)
    return _refused(
        others,
        f"{name} was not started, because {others} is being downloaded. A free place was expected: {places} at once may run here",
    )


def runs_already(name: str, running: str) -> DownloadInProgressError:
    """The error where ``name`` may not wait, and is the model that is being downloaded as ``running``."""
    what = "is being downloaded already"
    if name != running:
        what = f"was not started, because it is the same model as {running}, which is being downloaded"
    return _refused(running, f"{name} {what}. A model that is not was expected")


def not_removed(running: str) -> DownloadInProgressError:
    """The error where what shall be removed is being downloaded as ``running``, or waits for its turn."""
    message = (
        f"{running} was not removed, because it is being downloaded or waits for its turn. A model that is not was expected. "
        "Nothing was changed; cancel it first, or wait for its end."
    )
    return DownloadInProgressError(message, model=running)


def _refused(running: str, why: str) -> DownloadInProgressError:
    todo = "wait for its end, cancel it, or make the manager with queue=True"
    message = f"{why}, and there is no queue. Nothing was changed; {todo}."
    return DownloadInProgressError(message, model=running)
