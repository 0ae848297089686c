"""How far somebody else's download of a content is, as its files on disk tell."""

from __future__ import annotations

import os
from threading import Lock
from typing import TYPE_CHECKING

from ...core.transfer.alive import alive
from .claim import kept
from .disk import regular_size
from .faults import ABSENT

if TYPE_CHECKING:
    from ...core.planning.listing import FileEntry
    from .layout import Layout


class Sight:
    """Remembers what was seen of each content. Thread-safe."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._mutex = Lock()
        self._before: dict[str, dict[str, int]] = {}
        self._alive: dict[str, str] = {}

    def seen(self, file: FileEntry) -> int | None:
        """Bytes that whoever has the file brought so far, None when nothing of it is there. Raises OSError.

        The owner is one of us (its journal tells) or a huggingface_hub (its temporary's length tells). What a dead one
        left may be there as well, and may be more.
        """
        now = _told(self._layout, file)
        with self._mutex:
            before = self._before.get(file.blob_id, {})
            self._before[file.blob_id] = now
            if not now:
                return None
            path = alive(now, before, self._alive.get(file.blob_id), _touched)
            self._alive[file.blob_id] = path
        return min(now[path], file.size)


def _told(layout: Layout, file: FileEntry) -> dict[str, int]:
    """What each of the files that tell of the content tells: paths to bytes."""
    journal = layout.journal(file.blob_id)
    told = {path: regular_size(path, follow=False) or 0 for path in _neighbours(layout, file.blob_id)}
    if os.path.lexists(journal):
        told[journal] = kept(layout, file.blob_id, file.size).kept.size
    return told


def _neighbours(layout: Layout, blob_id: str) -> list[str]:
    """huggingface_hub's temporaries: ``<etag>.<8 hex>.incomplete``, and up to 1.17 ``<etag>.incomplete``."""
    try:
        names = os.listdir(layout.blobs)
    except ABSENT:
        return []
    return [layout.blob(name) for name in names if name.startswith(blob_id) and name.endswith(".incomplete")]


def _touched(path: str) -> int:
    """When the file was changed last, in nanoseconds, by whichever clock."""
    try:
        return os.lstat(path).st_mtime_ns
    except OSError:  # gone meanwhile
        return 0
