"""Links where the cache has folders: who writes through one writes where somebody else chose.

Rule: below the repo's folder every folder that is written to is a real one; a link there is refused, not followed.
The repo's folder and what is above it may be links, because people move models to another disk; but in a cache that
several users share, the repo's has to be this user's own, root's, or that of whoever owns the cache.

This guards against what was planted before. Whoever may write to the cache while a download runs can still get
between a look and a write: a shared cache is for people who trust each other.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ...errors import CacheError
from .layout import plain

if TYPE_CHECKING:
    from .layout import Layout

_ROOT = 0


def refuse_links(layout: Layout, folder: str) -> None:
    """Raise CacheError when ``folder``, or one between it and the repo's, is a link, or the repo's is somebody else's."""
    while folder != layout.folder:
        if os.path.islink(folder):
            raise _planted(folder, "A real folder was expected")
        folder = os.path.dirname(folder)
    if os.path.islink(folder) and not _is_trusted(folder):
        raise _planted(folder, "A folder, or a link of your own, was expected")


def is_below_link(path: str) -> bool:
    """Whether ``path``, its folder or that one's folder is a link."""
    folder = os.path.dirname(path)
    return any(map(os.path.islink, (path, folder, os.path.dirname(folder))))


def _is_trusted(link: str) -> bool:
    if not hasattr(os, "geteuid"):  # Windows, where making links takes a privilege
        return True
    return owner(link) in {os.geteuid(), _ROOT, owner(os.path.dirname(link))}


def owner(path: str) -> int:
    """The user id of who made ``path``; of a link, not of what it leads to."""
    return os.lstat(path).st_uid


def _planted(folder: str, expected: str) -> CacheError:
    where = plain(folder)
    message = (
        f"{where} is a symbolic link. {expected}, because what is written through a link lands elsewhere. Nothing was "
        "written through it; look where it leads, remove it, then start the download again."
    )
    return CacheError(message, path=where)
