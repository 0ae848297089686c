"""Which contents the links of the snapshots lead to.

Rule: others make links while we look. A folder that changed since it was read is read again; but for those of the
commit that is being placed just now: they change with every file of it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .faults import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .layout import Layout


class Linked:
    """What was read of the folders of one repo's snapshots. Not thread-safe."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._read: dict[str, tuple[int, frozenset[str], tuple[str, ...]]] = {}

    def holds(self, blob_id: str, placing: str) -> bool:
        """Whether a link leads to the blob; ``placing`` is the commit whose folders are read once."""
        ours = self._layout.snapshot(placing)
        return any(blob_id in names for names in self._names(self._layout.snapshots, ours))

    def _names(self, folder: str, ours: str) -> Iterator[frozenset[str]]:
        names, below = self._look(folder, once=folder.startswith(ours))
        yield names
        for each in below:
            yield from self._names(each, ours)

    def _look(self, folder: str, *, once: bool) -> tuple[frozenset[str], tuple[str, ...]]:
        try:
            changed = os.stat(folder).st_mtime_ns
            if folder not in self._read or not (once or self._read[folder][0] == changed):
                self._read[folder] = changed, *_listed(folder)
        except ABSENT:
            return frozenset(), ()
        _, names, below = self._read[folder]
        return names, below


def _listed(folder: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """The last name of what each link leads to, and the folders below."""
    with os.scandir(folder) as entries:
        found = list(entries)
    links = [os.path.basename(os.readlink(entry)) for entry in found if entry.is_symlink()]
    return frozenset(links), tuple(entry.path for entry in found if entry.is_dir(follow_symlinks=False))
