"""What is said when a file cannot be had: whose fault it is, and what can be done.

Rule: each message says what happened, what was expected, what was done about it and what the reader can do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import CacheError, IntegrityError, NetworkError, PlanDriftError
from ..planning.listing import is_commit, is_sha256

if TYPE_CHECKING:
    from ..wire.refusal import Question
    from .file import FileTransfer


def drifted(file: FileTransfer, etag: str | None, size: int | None, asked: Question) -> PlanDriftError | None:
    """The error when the Hub names other content than was planned, else None.

    An ETag that is no digest of the planned kind says nothing: mirrors make up their own.
    """
    same_kind = is_sha256 if is_sha256(file.blob_id) else is_commit
    if etag is not None and same_kind(etag) and etag != file.blob_id:
        offered = f"content {etag[:12]}... instead of {file.blob_id[:12]}..."
    elif size is not None and size != file.size:
        offered = f"{size} bytes instead of {file.size}"
    else:
        return None
    return PlanDriftError(
        f"{asked.repo_id}/{file.paths[0]} is no longer what was planned: the Hub now offers {offered}. The planned "
        "content was expected. Nothing more of it was fetched; plan again.",
        repo_id=asked.repo_id,
        path=file.paths[0],
    )


def unsteady(file: FileTransfer, why: str, asked: Question) -> NetworkError:
    """The error when trying again did not help."""
    return NetworkError(
        f"{file.paths[0]} of {asked.repo_id} could not be fetched from {asked.source}: {why}. A steady connection was "
        "expected. What was already fetched is kept; try again, the download goes on where it stopped."
    )


def corrupt(file: FileTransfer) -> IntegrityError:
    """The error when the source sent wrong bytes again."""
    return IntegrityError(
        f"{file.paths[0]} came with the digest {file.wrong}; {file.blob_id} was expected. The bytes were fetched again once, were "
        "wrong again and thrown away; nothing was published. Try another endpoint, or tell the repo's owner.",
        path=file.paths[0],
        expected=file.blob_id,
        actual=file.wrong,
    )


def taken_away(file: FileTransfer) -> CacheError:
    """The error when somebody keeps taking the complete content out of the cache."""
    return CacheError(
        f"{file.paths[0]} was complete in the cache and then gone from it, {file.lost} times. A cache that nobody deletes from "
        "meanwhile was expected. What else was fetched is kept; stop what deletes there, and start the download again.",
        path=file.paths[0],
    )


def forgetful(file: FileTransfer) -> CacheError:
    """The error when the disk does not keep what it was given."""
    return CacheError(
        f"The disk does not keep what is written to it: {file.paths[0]} was repaired {file.repaired} times and reads "
        "differently each time. Bytes that stay were expected. They were thrown away; check the disk.",
        path=file.paths[0],
    )
