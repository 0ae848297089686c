"""The folders that a download needs, and the removal of those it made for nothing.

Rule: a try that kept nothing leaves the cache as it was. Only folders that were not there before are removed,
only once no claim of this process uses them, and only while they are empty.
"""

# ruff: noqa: PTH102, PTH103, PTH106, PTH112, PTH120 - plain strings, see layout.py

from __future__ import annotations

import os
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .layout import Layout


class Folders:
    """Makes and removes the folders of one repo. Thread-safe."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._mutex = Lock()
        self._made: set[str] = set()
        self._stand_for = ""
        self._users = 0
        self._in_vain = False

    def enter(self, commit: str) -> None:
        """Make what a claim needs, the snapshot first: a repo folder without one counts as corrupt."""
        with self._mutex:
            if commit != self._stand_for:
                for folder in (self._layout.snapshot(commit), self._layout.guests, self._layout.blobs):
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
        with suppress(FileExistsError):
            os.mkdir(folder)
            self._made.add(folder)

    def _tidy(self) -> None:
        """Blobs and guests first: where either holds anything, the snapshot is needed too."""
        self._stand_for = ""
        contents = (self._layout.blobs, self._layout.guests)
        for folder in sorted(self._made, key=lambda path: (path not in contents, -len(path))):
            try:
                os.rmdir(folder)
            except FileNotFoundError:
                pass
            except OSError:
                return
            self._made.discard(folder)
