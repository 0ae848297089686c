"""A look into a file of a model.

Rule: to look is not to use. When a model was last used is read from its files, so where the system can (Linux, for a file's
owner) the look leaves no trace.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path

_UNSEEN = getattr(os, "O_NOATIME", 0)


def opened(path: Path) -> BinaryIO:
    """The file, open for reading. Raises OSError."""
    return open(path, "rb", opener=_unseen)


def _unseen(path: str, flags: int) -> int:
    try:
        return os.open(path, flags | _UNSEEN)
    except PermissionError:  # somebody else's file
        return os.open(path, flags)
