"""What a download that went well brought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ..core.planning.plan import PlannedFile
    from ..core.transfer.progress import DownloadProgress


@dataclass(frozen=True, slots=True)
class DownloadResult:
    """What a download brought.

    ``path``: the snapshot folder. ``commit``: what the revision meant. ``files``: all that were planned, now cached.
    ``bytes_transferred`` came over the network (bytes that had to be fetched twice count twice), ``bytes_reused``
    were on disk already or were brought by somebody else. ``elapsed``: seconds. ``progress``: the last one, COMPLETE.
    """

    path: Path
    commit: str
    files: tuple[PlannedFile, ...]
    bytes_transferred: int
    bytes_reused: int
    elapsed: float
    progress: DownloadProgress
