"""From the files of a plan to what is fetched.

Rule: a content that several paths want is fetched once, and counts as cached only where every one of them has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .file import FileTransfer

if TYPE_CHECKING:
    from ..planning.plan import DownloadPlan


def contents(plan: DownloadPlan) -> tuple[FileTransfer, ...]:
    """The distinct contents of ``plan``, in the order of the first path of each."""
    found: dict[str, FileTransfer] = {}
    for file in plan.files:
        old = found.get(file.blob_id)
        paths = (*old.paths, file.path) if old else (file.path,)
        cached = file.state == "cached" and (old is None or old.cached)
        found[file.blob_id] = FileTransfer(file.blob_id, file.size, paths, cached=cached, seen=file.bytes_present)
    return tuple(found.values())
