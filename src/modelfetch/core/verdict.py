"""What the end of an exchange means: go on, try again, ask anew where the file is, or give up.

Rule: a delivery has to have delivered. A transient failure is tried again as ``retry`` allows. A refusal by the
place a file was said to be at is answered by asking the Hub once more where it is, because signed URLs expire;
a second refusal is meant. Anything else will not change by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from . import events as ev
from .blame import unsteady
from .refusal import is_transient, refusal

if TYPE_CHECKING:
    from ..errors import ModelFetchError
    from .board import Exchange
    from .refusal import Question
    from .retry import Tries
    from .transfer import FileTransfer

_REFUSED = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class GoOn:
    """Nothing is wrong with this file."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Rest, then ask again; ``rest_all``: the source asked for quiet, so the other files rest as well."""

    tries: Tries
    rest_all: bool = False
    unranged: bool = False


@dataclass(frozen=True, slots=True)
class LocateAgain:
    """The location is used up: ask the Hub for another."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The download ends with this."""

    error: ModelFetchError


Verdict = GoOn | TryAgain | LocateAgain | GiveUp


@dataclass(frozen=True, slots=True)
class Ending:
    """An exchange that ended: of which file (which is no longer promised its bytes), when, with which random number."""

    exchange: Exchange
    file: FileTransfer
    asked: Question
    now: float
    jitter: float


def judge(end: ev.End, case: Ending) -> Verdict:
    """What ``end`` means for the file."""
    if case.exchange.stalled:
        return _again(ev.Broken("the connection stalled"), case)
    match end:
        case ev.Delivered():
            return _delivered(case)
        case ev.Broken():
            return _again(end, case)
        case ev.Unranged():
            verdict = _again(ev.Broken("the source answered a range with the whole file"), case)
            return replace(verdict, unranged=True) if isinstance(verdict, TryAgain) else verdict
        case ev.Answered():
            return _answered(end, case)
        case ev.Refused(error):
            return GiveUp(error)
        case _:
            assert_never(end)


def _delivered(case: Ending) -> Verdict:
    """A well-formed answer may still be short."""
    part = case.exchange.part
    missing = case.file.location is None if part is None else case.file.holes.touches(part)
    return _again(ev.Broken("the answer was shorter than it said"), case) if missing else GoOn()


def _answered(end: ev.Answered, case: Ending) -> Verdict:
    if is_transient(end):
        return _again(end, case)
    if case.exchange.part is not None and end.status in _REFUSED:
        if case.exchange.location != case.file.location:
            return GoOn()  # that location was already given up
        if not case.file.refreshed:
            return LocateAgain()
    return GiveUp(_refusal(end, case))


def _again(end: ev.Broken | ev.Answered, case: Ending) -> TryAgain | GiveUp:
    wait = end.wait if isinstance(end, ev.Answered) else None
    tries = case.file.tries.failed(case.now, case.jitter, wait)
    if tries is not None:
        return TryAgain(tries, rest_all=wait is not None)
    if isinstance(end, ev.Answered):
        return GiveUp(_refusal(end, case))
    return GiveUp(unsteady(case.file, f"{end.message}, {case.file.tries.failures + 1} times in a row", case.asked))


def _refusal(end: ev.Answered, case: Ending) -> ModelFetchError:
    return refusal(end, replace(case.asked, path=case.file.paths[0]))
