"""Does it fit on the disk: a gate before the first byte.

Rule: refused when what all running downloads that share the file system still have to bring, with room to spare, is
more than there is. A content that several of them want is counted once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import InsufficientStorageError
from ..models.headroom import required_bytes
from ..text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    Missing = Mapping[str, int]
    """Contents, each by the place that it will have, to the bytes that are not there yet."""


_BLOCK = 4096
"""Bytes that a file system gives out at once: a name alone takes as much."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Bytes still to come: by this download, and by ``downloads`` others."""

    own: int
    others: int = 0
    downloads: int = 0

    def required(self, headroom: float) -> int:
        """Bytes that have to be free; ``headroom`` is the share beyond what is still to come."""
        return required_bytes(self.own + self.others, headroom)


def demand(own: int, places: Collection[str], others: Iterable[Missing]) -> Demand:
    """The sum of what this download misses (``own``, all at ``places``) and what each of the ``others`` misses."""
    counted: dict[str, int] = {}
    downloads = 0
    for missing in others:
        counted |= missing
        downloads += any(size for place, size in missing.items() if place not in places)
    return Demand(own, sum(size for place, size in counted.items() if place not in places), downloads)


def check_storage(name: str, need: Demand, headroom: float, available: int) -> None:
    """Raise InsufficientStorageError when what is needed and ``headroom`` (a share of it) do not fit."""
    required = need.required(headroom)
    if required <= available:
        return
    wait = "wait for the other downloads, " if need.others else ""
    message = (
        f"Not enough storage for {name}: {bytes_text(required)} required ({_told(need, headroom)}), "
        f"{bytes_text(available)} available. Nothing was fetched; free disk space, {wait}choose another "
        "cache_dir, or lower storage_headroom."
    )
    raise InsufficientStorageError(message, required=required, available=available)


def filled_up(
    error: InsufficientStorageError, need: Demand, headroom: float, available: int
) -> InsufficientStorageError:
    """The error of a disk that filled up all the same, with the numbers that the gate would give now.

    Where more seems free than is needed, something else refused (a quota, say), and had no room at all.
    """
    required = max(need.required(headroom), _BLOCK)
    available = available if error.available is None else min(available, error.available)
    available = available if available < required else 0
    message = f"{error} What is still to come requires {bytes_text(required)} ({_told(need, headroom)})."
    return InsufficientStorageError(message, required=required, available=available)


def _told(need: Demand, headroom: float) -> str:
    own, share = f"{bytes_text(need.own)} to fetch", f"{headroom:.0%} headroom"
    if not need.others:
        return f"{own} and {share}"
    who = "another running download" if need.downloads == 1 else f"{need.downloads} other running downloads"
    needs = "needs" if need.downloads == 1 else "need"
    return f"{own}, {bytes_text(need.others)} that {who} still {needs}, and {share}"
