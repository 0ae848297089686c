"""Does a snapshot hold what a backend needs: judged from names and sizes, before anything is opened or imported.

Rule: what was recorded when it was downloaded decides, as far as the backend takes the files and they are enough for it. Where
nothing like that was recorded, what the backend cannot do without decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.kept.lack import Lack, closest, lack_of
from ..core.planning.listing import select

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..core.kept.record import SnapshotRecord
    from ..core.planning.listing import FileEntry
    from .backend import Backend


def choice_from(backend: Backend, files: Iterable[FileEntry]) -> tuple[FileEntry, ...]:
    """The ``files`` that ``backend`` takes; none where they are not enough for it."""
    taken = select(files, backend.patterns, None)
    return () if backend.missing(file.path for file in taken) else taken


def recorded_choices(backend: Backend, record: SnapshotRecord) -> tuple[tuple[FileEntry, ...], ...]:
    """What ``backend`` takes of each recorded selection that is enough for it."""
    choices = (choice_from(backend, selection.files) for selection in record.selections)
    return tuple(files for files in choices if files)


def lack(backend: Backend, record: SnapshotRecord | None, sizes: Mapping[str, int]) -> Lack:
    """What ``backend`` lacks in a snapshot whose files have these ``sizes``; of several recorded choices the closest one."""
    choices = () if record is None else recorded_choices(backend, record)
    return lack_of(closest(choices, sizes), sizes) if choices else Lack(backend.missing(sizes))
