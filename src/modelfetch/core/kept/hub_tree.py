"""The listing that huggingface_hub keeps of a commit (``trees/<commit>.json``), as we write it for it.

Rule: it names every file of the repo or is not written at all, because huggingface_hub takes it for all there is: by it,
and by nothing else, it tells a snapshot that is complete from one that is not yet.
Source of the format: ``_tree_cache.py`` of huggingface_hub, since 1.22. A file in LFS has two names there: the sha256 of its
content, and the git blob id of its pointer, which follows from that (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md).
"""

from __future__ import annotations

import json
from hashlib import sha1
from typing import TYPE_CHECKING

from .pointer import pointer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..planning.listing import FileEntry

FORMAT_VERSION = 1


def encode(files: Iterable[FileEntry]) -> str:
    """The listing's text: JSON. ``files`` are all that the repo holds at the commit."""
    told = {file.path: _told(file) for file in sorted(files, key=lambda file: file.path)}
    return json.dumps({"format_version": FORMAT_VERSION, "files": told}, indent=1)


def _told(file: FileEntry) -> dict[str, object]:
    if file.sha256 is None:
        return {"size": file.size, "blob_id": file.blob_id}
    return {
        "size": file.size,
        "blob_id": _pointer_id(file.sha256, file.size),
        "lfs_sha256": file.sha256,
        "lfs_size": file.size,
    }


def _pointer_id(sha256: str, size: int) -> str:
    text = pointer(sha256, size)
    return sha1(b"blob %d\0%b" % (len(text), text), usedforsecurity=False).hexdigest()
