"""From bytes on disk to a verified file: when to hash, and what a digest means.

Rule: the finished prefix is hashed while the rest still comes, and the digest of the whole decides. A wrong one is the
disk's fault where the journalled pieces do not read as they were written, else the source's: the disk's lies alone are
fetched again, of the source's all, once, and from wherever the Hub then says that the file is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..ranges import RangeSet
from . import events as ev
from .blame import corrupt, forgetful
from .file import FileTransfer, Move, State

if TYPE_CHECKING:
    from ...errors import CacheError, IntegrityError

HASH_STEP = 8 << 20
"""Bytes that a finished prefix has to grow by before it is hashed further."""

MOST_REJECTIONS = 2
"""Wrong digests for what the source sent, before it is believed to have nothing better."""

MOST_REPAIRS = 3
"""Wrong digests because of the disk, before it is believed to be broken."""


def hashed_further(file: FileTransfer) -> tuple[FileTransfer, ev.Hash | None]:
    """The file as it goes on, and how far it is to be hashed now, if at all."""
    if file.state is State.FETCHING and file.is_filled:
        file = file.to(Move.FILLED)
    prefix = file.kept.prefix
    is_due = file.state is State.FETCHING and prefix - file.hashed >= HASH_STEP
    if file.hashing or not (is_due or file.state is State.VERIFYING):
        return file, None
    return replace(file, hashing=True), ev.Hash(file.blob_id, prefix)


def digested(file: FileTransfer, event: ev.Hashed) -> tuple[FileTransfer, ev.Hash | ev.Publish | ev.Audit | None]:
    """After its digest ran on to ``event.upto``: the file, and what is next."""
    file = replace(file, hashing=False, hashed=event.upto)
    if event.digest is None or file.state is not State.VERIFYING:
        return hashed_further(file)
    if event.digest == file.blob_id:
        return file.to(Move.RIGHT), ev.Publish(file.blob_id)
    return replace(file.to(Move.WRONG), wrong=event.digest), ev.Audit(file.blob_id)


def audited(file: FileTransfer, lies: RangeSet) -> FileTransfer:
    """With one more wrong digest held against the disk, or, where that did not lie, against the source."""
    return replace(file, repaired=file.repaired + bool(lies), rejected=file.rejected + (not lies))


def past_mending(file: FileTransfer) -> IntegrityError | CacheError | None:
    """Why it is not fetched again, if it is not."""
    if file.rejected >= MOST_REJECTIONS:
        return corrupt(file)
    return forgetful(file) if file.repaired > MOST_REPAIRS else None


def reopened(file: FileTransfer, lies: RangeSet) -> tuple[FileTransfer, ev.Discard]:
    """Without the bytes that are not to be trusted: the file, and what to journal."""
    gone = lies or RangeSet.whole(file.size)
    location = file.location if lies else None
    return replace(file.without(gone).to(Move.REOPENED), location=location), ev.Discard(file.blob_id, gone)
