"""Is a model here: judged file by file, never by a folder's existence.

Rule: what was recorded when it was downloaded decides. Where nobody recorded anything, what a backend cannot do
without decides. Whatever is there without being all of it is partial.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .listing import FileEntry


class ModelStatus(Enum):
    """How much of a model is in the cache."""

    NOT_DOWNLOADED = "not downloaded"
    PARTIAL = "partial"
    DOWNLOADED = "downloaded"


def status_of(
    wanted: Iterable[Iterable[FileEntry]],
    lacking: Iterable[tuple[str, ...]],
    sizes: Mapping[str, int],
    *,
    leftovers: bool,
) -> ModelStatus:
    """The status of a snapshot whose openable files have these ``sizes`` (bytes by path).

    ``wanted``: recorded choices of files; one that is there in full is enough. ``lacking``: asked only when
    nothing is recorded: what each backend that may load it would miss. ``leftovers``: there are parts.
    """
    choices = [tuple(files) for files in wanted]
    if choices:
        complete = any(all(sizes.get(file.path) == file.size for file in files) for files in choices)
    else:
        complete = any(not missing for missing in lacking)
    if complete:
        return ModelStatus.DOWNLOADED
    return ModelStatus.PARTIAL if sizes or leftovers else ModelStatus.NOT_DOWNLOADED
