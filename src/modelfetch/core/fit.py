"""Does it fit: the two gates before the first byte.

Rule: a declared need of memory refuses, and so does a disk that cannot hold what is still to come with room
to spare. Both say what was needed and what there is.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from ..errors import InsufficientMemoryError, InsufficientStorageError
from .text import bytes_text

if TYPE_CHECKING:
    from .catalog import ModelSpec

GIB = 1 << 30


def check_memory(spec: ModelSpec, total: int | None) -> None:
    """Raise InsufficientMemoryError when ``spec`` declares more bytes than ``total`` (None: not known, so let it be)."""
    need = spec.min_ram_bytes
    if need is None or total is None or need <= total:
        return
    message = (
        f"{spec.display_name or spec.name} requires {_gib(need)} GB RAM, this machine has {_gib(total)} GB. Nothing was "
        "fetched; choose a smaller model, or pass check_memory=False to download it all the same."
    )
    raise InsufficientMemoryError(message, required=need, available=total)


def _gib(count: int) -> str:
    return f"{count / GIB:.3g}" if count < 100 * GIB else f"{count / GIB:.0f}"


def check_storage(name: str, remaining: int, headroom: float, available: int) -> None:
    """Raise InsufficientStorageError when ``remaining`` bytes and ``headroom`` (a share of them) do not fit."""
    required = ceil(remaining * (1 + headroom))
    if required <= available:
        return
    message = (
        f"Not enough storage for {name}: {bytes_text(required)} required ({bytes_text(remaining)} to fetch and "
        f"{headroom:.0%} headroom), {bytes_text(available)} available. Nothing was fetched; free disk space, choose another "
        "cache_dir, or lower storage_headroom."
    )
    raise InsufficientStorageError(message, required=required, available=available)
