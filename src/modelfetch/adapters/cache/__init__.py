"""The Hugging Face cache on disk: blobs, snapshots, refs, locks, part files.

Everybody else uses :class:`RepoCache`; it and its :class:`Part` fill the ports ``Cache`` and ``Part``.
"""

from __future__ import annotations

from .faults import translate
from .part import Part
from .repo import RepoCache

__all__ = ["Part", "RepoCache", "translate"]
