"""A file that others want as well: who has it, when to look at it again, and how long to leave it alone.

Rule: a lock that is free says that its owner is gone, so looking is trying to take it. Only who was robbed although
the lock was theirs knows that locks lie here: they leave the file to whoever has it now for as long as it changes,
and each further time for twice as long, or two would take it from each other for ever.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import events as ev
from .file import Move, State

if TYPE_CHECKING:
    from .file import FileTransfer

FOLLOW_EVERY = 0.25
"""Seconds between two looks at another owner: a dead one is replaced well within two seconds."""

PATIENCE = 10.0
"""Seconds without a change before a file is taken back from an owner that took it from us."""

MOST_DOUBLINGS = 6
"""Times that patience doubles: to about ten minutes."""


def patience(usurped: int) -> float:
    """Seconds that a file is left alone that was taken from us so many times, at least once."""
    return PATIENCE * 2.0 ** min(usurped - 1, MOST_DOUBLINGS)


def grown(file: FileTransfer, on_disk: int) -> int:
    """Bytes that somebody else brought since the last look."""
    return max(0, on_disk - file.seen) if file.state is State.FOLLOWING else 0


def followed(file: FileTransfer, on_disk: int, now: float) -> FileTransfer:
    """Followed, with what its owner has by now. A fall is life as well as growth is: bad bytes were discarded."""
    is_alive = on_disk != file.seen and file.patient_until
    until = now + patience(file.usurped) if is_alive else file.patient_until
    return replace(file.to(Move.TAKEN), seen=on_disk, look_at=now + FOLLOW_EVERY, patient_until=until)


def given_way(file: FileTransfer, now: float) -> FileTransfer:
    """Followed, after it was ours and another process took it over although its lock was ours as well."""
    file = file.robbed()
    return replace(file, look_at=now + FOLLOW_EVERY, patient_until=now + patience(file.usurped))


def ownerless(file: FileTransfer, now: float) -> tuple[FileTransfer, ev.Claim]:
    """Nobody has it, and nothing of it is there: no reason to be patient."""
    return replace(file, patient_until=now), ev.Claim(file.blob_id)


def adopted(file: FileTransfer) -> tuple[FileTransfer, ev.Adopt]:
    """Somebody brought it to its end: it is to be given its place."""
    return file.to(Move.PRESENT), ev.Adopt(file.blob_id)


def left_to_others(file: FileTransfer) -> tuple[FileTransfer, ev.Release]:
    """Who cannot learn where the bytes are does not keep the file from who can."""
    return file.given_up(), ev.Release(file.blob_id)


def next_look(file: FileTransfer, now: float) -> ev.Look | ev.Claim:
    """How to look this time: without becoming the owner while patience lasts."""
    return ev.Look(file.blob_id) if now < file.patient_until else ev.Claim(file.blob_id)
