"""The folders that a download needs, and the removal of those it made for nothing.

Rule: a try that kept nothing leaves the cache as it was. Only folders that were not there before are removed,
only once no claim of this process uses them, and only while they are empty. A repo's folder appears together with
its ``snapshots``: without one it counts as corrupt.
"""

from __future__ import annotations

import os
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from .faults import FULL
from .planted import is_below_link, refuse_links

if TYPE_CHECKING:
    from .layout import Layout

_NEW = "new"
"""A repo's folder until it has its name. No lock is called so: they end in ``.lock``."""


class Folders:
    """Makes and removes the folders of one repo. Thread-safe."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._mutex = Lock()
        self._made: set[str] = set()
        self._made_for_locks: list[str] = []
        self._stand_for = ""
        self._users = 0
        self._in_vain = False

    def enter(self, commit: str) -> None:
        """Make what a claim needs, the snapshot first.

        Raises OSError, and CacheError for planted links.
        """
        with self._mutex:
            if commit != self._stand_for:
                for folder in (self._layout.snapshot(commit), self._layout.guests, self._layout.blobs):
                    refuse_links(self._layout, folder)
                    self._make(folder)
                self._stand_for = commit
            self._users += 1

    def look_again(self) -> None:
        """Somebody removed one: have the next :meth:`enter` see which."""
        with self._mutex:
            self._stand_for = ""

    def leave(self, *, in_vain: bool) -> None:
        """Once for each :meth:`enter`; ``in_vain``: nothing came of it. The last one tidies up."""
        with self._mutex:
            self._users -= 1
            self._in_vain |= in_vain
            if self._in_vain and not self._users:
                self._in_vain = False
                self._tidy()

    def _make(self, folder: str) -> None:
        if os.path.isdir(folder):
            return
        parent = os.path.dirname(folder)
        if folder == self._layout.root:
            os.makedirs(parent, exist_ok=True)
        else:
            self._make(parent)
        if folder == self._layout.folder and self._make_whole(folder):
            self._made |= {folder, self._layout.snapshots}
            return
        with suppress(FileExistsError):
            os.mkdir(folder)
            self._made.add(folder)

    def _make_whole(self, folder: str) -> bool:
        """Make the repo's folder with ``snapshots`` in it; False where that cannot be done at once. Raises OSError.

        It is made among the locks, where nobody looks for repos, and always under one name: what a crash leaves of it
        is what the next one uses.
        """
        aside = os.path.join(self._layout.locks, _NEW)
        if is_below_link(aside):
            return False
        snapshots = os.path.join(aside, os.path.basename(self._layout.snapshots))
        try:
            for place in (os.path.dirname(self._layout.locks), self._layout.locks):
                if not os.path.isdir(place):
                    os.mkdir(place)
                    self._made_for_locks.insert(0, place)
            os.makedirs(snapshots, exist_ok=True)
            os.rename(aside, folder)
        except OSError as error:
            for made in (snapshots, aside):
                with suppress(OSError):
                    os.rmdir(made)
            if error.errno in FULL:
                raise
            return False
        return True

    def _tidy(self) -> None:
        """Blobs and guests first: where either holds anything, or the snapshot does, all of them are needed."""
        self._stand_for = ""
        contents = (self._layout.blobs, self._layout.guests)
        made_snapshots = [folder for folder in self._made if os.path.dirname(folder) == self._layout.snapshots]
        if any(map(_holds_anything, (*contents, *made_snapshots))):
            return
        while self._made_for_locks:
            with suppress(OSError):  # a lock file stays, and so does its folder
                os.rmdir(self._made_for_locks.pop(0))
        for folder in sorted(self._made, key=lambda path: (path not in contents, -len(path))):
            try:
                os.rmdir(folder)
            except FileNotFoundError:
                pass
            except OSError:
                return
            self._made.discard(folder)


def _holds_anything(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(entries)
    except OSError:
        return False
