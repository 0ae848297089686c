"""What an idle connection does next.

Rule: files that are under way come before new ones, so that files finish; a file whose last try failed
rests without holding up the others; and no more files are open than the connections can feed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .file import FileTransfer, State
from .schedule import next_part

if TYPE_CHECKING:
    from ..ranges import ByteRange
    from ..wire.located import Location
    from .board import Board

OPEN_PER_CONNECTION = 2
"""Files: one being fetched and one being verified or published."""

UNRANGED_BELIEVED = 2
"""Whole files in answer to a range, before the source is believed to know no ranges."""


@dataclass(frozen=True, slots=True)
class ToLocate:
    """Ask where the file's bytes are."""

    file: FileTransfer


@dataclass(frozen=True, slots=True)
class ToFetch:
    """Ask ``location`` for ``part`` of the file; ``whole``: it can only send all of it."""

    file: FileTransfer
    part: ByteRange
    location: Location
    whole: bool


@dataclass(frozen=True, slots=True)
class ToOpen:
    """Take up a file that waited."""

    file: FileTransfer


Step = ToLocate | ToFetch | ToOpen


def next_step(board: Board, connections: int, now: float) -> Step | None:
    """The best use of one more connection, or None when there is none now."""
    for name in board.open:
        step = _continue(board.files[name], connections, now)
        if step is not None:
            return step
    if board.waiting and len(board.open) < OPEN_PER_CONNECTION * connections:
        return ToOpen(board.files[board.waiting[0]])
    return None


def _continue(file: FileTransfer, connections: int, now: float) -> Step | None:
    if now < file.tries.rest_until or file.locating:
        return None
    if file.state is State.LOCATING:
        return ToLocate(file)
    if file.state is not State.FETCHING or not file.holes:
        return None
    return ToLocate(file) if file.location is None else _fetch(file, file.location, connections)


def _fetch(file: FileTransfer, location: Location, connections: int) -> ToFetch | None:
    if file.unranged < UNRANGED_BELIEVED:
        part = next_part(file.holes, connections)
        return None if part is None else ToFetch(file, part, location, whole=False)
    if file.promised:
        return None
    return ToFetch(file, next(iter(file.holes)), location, whole=True)
