"""Which names of a repo only a file system can judge.

Rule: two names are in doubt when any file system in use takes them for one: they differ in case alone, or write one
character in two ways. Where both stand for one content nothing can be lost, and they are not. A name is in doubt when it
holds what some file system keeps for itself. What is in doubt here is refused by nobody but the folder that it is for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import normalize

from .listing import folders

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .listing import FileEntry

_NOT_EVERYWHERE = re.compile('[<>:"|?*]')
"""What FAT, exFAT and NTFS keep for themselves ("Naming Files, Paths, and Namespaces")."""


def twins(files: Iterable[FileEntry]) -> Iterator[tuple[str, str]]:
    """Paths that some file system takes for one: two files with different contents, or a file and a folder."""
    known: dict[str, FileEntry] = {}
    for file in (files := list(files)):
        other = known.setdefault(folded(file.path), file)
        if other.path != file.path and other.blob_id != file.blob_id:
            yield other.path, file.path
    for file in files:
        for folder in folders(file.path):
            above = known.get(folded(folder))
            if above is not None and above.path != folder:
                yield above.path, folder


def folded(path: str) -> str:
    """Equal for paths that any file system may take for one; the file system has the last word."""
    if path.isascii():
        return path.lower()
    return normalize("NFD", normalize("NFD", path).casefold().upper()).casefold()


def unusual(path: str) -> list[str]:
    """Those of the names in ``path`` that some file system cannot hold."""
    return [name for name in path.split("/") if _NOT_EVERYWHERE.search(name)]
