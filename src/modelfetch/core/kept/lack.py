"""What of a model is not here: files held against their sizes on disk.

Rule: a file is there when it has its full size. Of several choices of files that would each be enough, the one that lacks the
fewest is what a model is held against; of equals the one with more files, because more of that is here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..planning.listing import FileEntry


@dataclass(frozen=True, slots=True)
class Lack:
    """What keeps a snapshot from being loaded: paths that are not there, and files that have another size than recorded."""

    missing: tuple[str, ...] = ()
    other_size: tuple[FileEntry, ...] = ()


def is_there(file: FileEntry, sizes: Mapping[str, int]) -> bool:
    """Whether ``sizes`` (bytes by path) has the file, at its full size."""
    return sizes.get(file.path) == file.size


def closest(choices: Iterable[tuple[FileEntry, ...]], sizes: Mapping[str, int]) -> tuple[FileEntry, ...]:
    """The choice of which the fewest files are not there; of equals the one with more files. Empty without choices."""
    ordered = sorted(choices, key=lambda files: (sum(not is_there(file, sizes) for file in files), -len(files)))
    return next(iter(ordered), ())


def lack_of(files: Iterable[FileEntry], sizes: Mapping[str, int]) -> Lack:
    """What is lacking of ``files`` where these ``sizes`` (bytes by path) are."""
    absent = tuple(file for file in files if not is_there(file, sizes))
    return Lack(
        tuple(file.path for file in absent if file.path not in sizes),
        tuple(file for file in absent if file.path in sizes),
    )
