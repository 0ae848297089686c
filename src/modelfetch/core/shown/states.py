"""What a host is told of a model: a closed union, one value at a time.

Rule: a state holds all that is to be shown of it, so that whoever draws it need not ask again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ..transfer.progress import DownloadProgress


@dataclass(frozen=True, slots=True)
class NotDownloaded:
    """It is not in the cache, or not whole, and nobody here fetches it."""


@dataclass(frozen=True, slots=True)
class Queued:
    """It will be fetched when its turn comes; ``ahead``: downloads that wait before it."""

    ahead: int = 0


@dataclass(frozen=True, slots=True)
class Downloading:
    """It is being fetched."""

    progress: DownloadProgress


@dataclass(frozen=True, slots=True)
class Downloaded:
    """Every file is there; ``path`` is the snapshot folder."""

    path: Path


@dataclass(frozen=True, slots=True)
class Failed:
    """The last try failed: ``error`` is what it raised, ``message`` its text for a person."""

    error: BaseException
    message: str


ModelState = NotDownloaded | Queued | Downloading | Downloaded | Failed
