"""How far a download is, read off the machine's board.

Rule: what is shown follows from the state alone. Nothing is remembered for the sake of showing it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from . import events as ev
from .file import State
from .progress import DownloadStatus, Observation

if TYPE_CHECKING:
    from .board import Board

_ENDGAME = frozenset({State.VERIFYING, State.AUDITING, State.PUBLISHING})


def observe(board: Board, outcome: ev.Outcome | None, *, resting: bool, now: float) -> Observation:
    """What there is to see. ``resting``: the source asked for quiet."""
    failure = outcome.error if isinstance(outcome, ev.Failure) else None
    return Observation(
        status=_status(board, outcome),
        on_disk=board.on_disk,
        arrived=board.arrived,
        reused=max(0, board.on_disk - board.own),
        files_done=board.paths_done,
        current_file=next((board.files[name].paths[0] for name in (*board.open, *board.following)), None),
        message=str(failure) if failure else _waiting_for(board, resting=resting, now=now),
        error=type(failure).__name__ if failure else None,
    )


def _status(board: Board, outcome: ev.Outcome | None) -> DownloadStatus:
    match outcome:
        case None:
            return _running(board)
        case ev.Complete():
            return DownloadStatus.COMPLETE
        case ev.Cancelled():
            return DownloadStatus.CANCELLED
        case ev.Failure():
            return DownloadStatus.ERROR
        case _:
            assert_never(outcome)


def _running(board: Board) -> DownloadStatus:
    states = {board.files[name].state for name in board.open}
    if State.FETCHING in states or board.following:
        return DownloadStatus.DOWNLOADING
    if states and states <= _ENDGAME and not board.waiting:
        return DownloadStatus.VERIFYING
    return DownloadStatus.DOWNLOADING if board.arrived else DownloadStatus.CHECKING


def _waiting_for(board: Board, *, resting: bool, now: float) -> str:
    """What a download that moves nothing is waiting for; empty while it moves."""
    if board.exchanges:
        return ""
    if resting or any(board.files[name].tries.rest_until > now for name in board.open):
        return "waiting before another try"
    return "somebody else is downloading this file" if board.following else ""
