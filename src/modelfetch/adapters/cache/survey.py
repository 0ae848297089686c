"""What of a repo can be seen on disk: files that open, and parts that do not make a file yet."""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING

from .faults import ABSENT

if TYPE_CHECKING:
    from .layout import Layout


def sizes(layout: Layout, commit: str) -> dict[str, int]:
    """Bytes of every file of the snapshot that can be opened, by its path in the repo; a broken link is left out."""
    root = layout.snapshot(commit)
    found: dict[str, int] = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            try:
                seen = path.stat()
            except OSError:
                continue
            if S_ISREG(seen.st_mode):
                found[path.relative_to(root).as_posix()] = seen.st_size
    return found


def has_leftovers(layout: Layout) -> bool:
    """Whether a part file of ours with bytes in it is there."""
    try:
        with os.scandir(layout.guests) as entries:
            return any(entry.name.endswith(".part") and entry.stat().st_size for entry in entries)
    except ABSENT:
        return False
