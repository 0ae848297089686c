"""The Hugging Face cache on disk: blobs, snapshots, refs, locks, part files.

Everybody else uses :class:`RepoCache`; it and its :class:`Part` fill the ports ``Cache`` and ``Part``. Whoever only
looks uses :class:`CachedRepo`, and :class:`Removal` takes away.
"""

from __future__ import annotations

from .faults import free_bytes, translate, translated
from .part import Part
from .removal import Removal
from .repo import RepoCache
from .scan import CachedRepo, checked_root, is_folder_name, repo_ids

__all__ = [
    "CachedRepo",
    "Part",
    "Removal",
    "RepoCache",
    "checked_root",
    "free_bytes",
    "is_folder_name",
    "repo_ids",
    "translate",
    "translated",
]
