"""What the end of an exchange means: go on, try again, ask anew where the file is, or give up.

Rule: a delivery has to have delivered. A transient failure is tried again as ``retry`` allows. Where the place a
file was said to be at refuses it, or fails for the second time in a row, the Hub is asked once more where it is,
because signed URLs expire and hosts go; a second refusal is meant. Anything else will not change by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from ..wire import ends
from ..wire.refusal import is_transient, refusal
from ..wire.retry import FRESH_BYTES
from ..wire.url import elsewhere
from .blame import unsteady

if TYPE_CHECKING:
    from ...errors import ModelFetchError
    from ..wire.refusal import Question
    from ..wire.retry import Tries
    from .board import Exchange
    from .file import FileTransfer

_REFUSED = frozenset({401, 403})

FAILURES_OF_ONE_PLACE = 2
"""In a row, before the Hub is asked whether the file is elsewhere by now."""


@dataclass(frozen=True, slots=True)
class GoOn:
    """Nothing is wrong with this file."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Rest, then ask again; ``rest_all``: the source asked for quiet, so the other files rest as well.

    ``unranged``: it ignored a range; ``elsewhere``: the Hub is to be asked for another place first.
    """

    tries: Tries
    rest_all: bool = False
    unranged: bool = False
    elsewhere: bool = False


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


def judge(end: ends.End, case: Ending) -> Verdict:
    """What ``end`` means for the file."""
    if case.exchange.stops and isinstance(end, ends.Broken):
        return _again(ends.Broken("the connection stalled"), case)
    match end:
        case ends.Delivered():
            return _delivered(case)
        case ends.Broken():
            return _again(end, case)
        case ends.Unranged():
            verdict = _again(ends.Broken("the source answered a range with the whole file"), case)
            return replace(verdict, unranged=True, elsewhere=False) if isinstance(verdict, TryAgain) else verdict
        case ends.Answered():
            return _answered(end, case)
        case ends.Refused(error):
            return GiveUp(error)
        case _:
            assert_never(end)


def _delivered(case: Ending) -> Verdict:
    """A well-formed answer may be of less than was asked for (RFC 9110 section 15.3.7), but not of next to nothing."""
    part = case.exchange.part
    if part is None:
        return GoOn() if case.file.location else _again(ends.Broken("the answer does not say where it is"), case)
    missing = sum(lack.size for hole in case.file.holes if (lack := hole.overlap(part)))
    if not missing or part.size - missing >= FRESH_BYTES:
        return GoOn()
    return _again(ends.Broken(f"only {part.size - missing} of the {part.size} bytes that were asked for came"), case)


def _answered(end: ends.Answered, case: Ending) -> Verdict:
    if is_transient(end):
        return _again(end, case)
    if case.exchange.part is not None and end.status in _REFUSED:
        if not _is_current(case):
            return GoOn()  # that location was already given up
        if not case.file.refreshed:
            return LocateAgain()
    return GiveUp(_refusal(end, case))


def _again(end: ends.Broken | ends.Answered, case: Ending) -> TryAgain | GiveUp:
    wait = end.wait if isinstance(end, ends.Answered) else None
    tries = case.file.tries.failed(case.now, case.jitter, wait)
    if tries is not None:
        return TryAgain(tries, rest_all=wait is not None, elsewhere=_is_worn(tries, case))
    if isinstance(end, ends.Answered):
        return GiveUp(_refusal(end, case))
    return GiveUp(unsteady(case.file, f"{end.message}, {case.file.tries.failures + 1} times in a row", _question(case)))


def _is_worn(tries: Tries, case: Ending) -> bool:
    """Whether this is the failure after which a place is given up: once in a row, or the Hub would be asked each time."""
    is_that_one = case.file.tries.failures < FAILURES_OF_ONE_PLACE == tries.failures
    return is_that_one and case.exchange.part is not None and _is_current(case)


def _is_current(case: Ending) -> bool:
    """Whether the exchange was with the place where the file is still said to be."""
    return case.exchange.location == case.file.location


def _refusal(end: ends.Answered, case: Ending) -> ModelFetchError:
    return refusal(end, replace(_question(case), path=case.file.paths[0]))


def _question(case: Ending) -> Question:
    """What was asked, and of whom."""
    location = case.exchange.location
    return case.asked if location is None else replace(case.asked, storage=elsewhere(location.url, case.asked.endpoint))
