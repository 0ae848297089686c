"""Where the verbs over the cache look.

Rule: a cache folder that is not there is an empty one. What is there and is no folder is an error, for every verb alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..adapters.account import cache_dir
from ..adapters.cache import checked_root

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path


def cache_folder(requested: str | PathLike[str] | None) -> Path:
    """The requested cache folder, or huggingface_hub's. Raises CacheError."""
    return checked_root(cache_dir(requested))
