"""A huggingface_hub in another process: it holds a file's lock for a while, and then has the file or dies.

Rule: it waits for the lock as long as it has to, shows a temporary that grows, and takes no notice of our journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .content import Content

if TYPE_CHECKING:
    from .faults import Foreign
    from .simulation import Simulation

_RETRY = 0.1
"""Seconds between two tries of a lock that is held."""


class Foreigner:
    """One such download of one file; ``frontier``: nothing of it rots."""

    def __init__(self, world: Simulation, plan: Foreign) -> None:
        self.frontier = 1 << 62
        self.holder: object = self
        self._world = world
        self._plan = plan
        self._shelf = world.disk.shelves[world.world.files[plan.file].blob_id]
        world.later(plan.at, self._begin)

    def _begin(self) -> None:
        if self._shelf.blob is not None:
            return
        if self._world.disk.honest:
            if self._shelf.owner is not None:
                self._world.later(_RETRY, self._begin)
                return
            self._shelf.owner = self
        self._world.log.append((self._world.now, "huggingface_hub", f"takes {self._shelf.file.name}", ()))
        self._world.later(self._plan.hold, self._end)

    def _end(self) -> None:
        self._world.disk.unlock(self._shelf, self)
        self._world.log.append((self._world.now, "huggingface_hub", f"lets go of {self._shelf.file.name}", ()))
        if self._plan.publishes:
            self._shelf.blob = Content()
            self._shelf.blob.write(0, self._shelf.file.size)
