"""Is a model here: judged file by file, never by a folder's existence.

Rule: what was recorded when it was downloaded decides. Where nobody recorded anything, what a backend cannot do
without decides. Whatever is there without being all of it is partial.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from .lack import is_there

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..planning.listing import FileEntry


class ModelStatus(Enum):
    """How much of a model is in the cache. PARTIAL: something of it is there, and something that was asked for is not."""

    NOT_DOWNLOADED = "not downloaded"
    PARTIAL = "partial"
    DOWNLOADED = "downloaded"


def status_of(
    wanted: Iterable[Iterable[FileEntry]],
    loadable: Iterable[bool],
    sizes: Mapping[str, int],
    *,
    leftovers: bool,
) -> ModelStatus:
    """The status of a snapshot whose openable files have these ``sizes`` (bytes by path).

    ``wanted``: recorded choices of files; one that is there in full is enough. ``loadable``: asked only when
    nothing is recorded: whether each backend that may load it finds all that it needs. ``leftovers``: there are parts, or names
    whose content is gone.
    """
    choices = [tuple(files) for files in wanted]
    complete = (all(is_there(file, sizes) for file in files) for files in choices) if choices else loadable
    if any(complete):
        return ModelStatus.DOWNLOADED
    return ModelStatus.PARTIAL if sizes or leftovers else ModelStatus.NOT_DOWNLOADED
