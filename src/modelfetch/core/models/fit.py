"""Does a model fit this machine: a verdict with its reasons in words, and the gate before the first byte.

Rule: what is declared is believed and refuses; what is only estimated warns. What is not known is never taken for
too little, and every reason names both numbers, what is needed and what there is; where rounding would make them one, by
how much there is less.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from ...errors import InsufficientMemoryError
from ..given import Expected, amount, of, or_none
from ..text import bytes_text
from .headroom import HEADROOM, SHARE, required_bytes
from .spec import SPEC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .spec import ModelSpec

GIB = 1 << 30
_MIB = 1 << 20

_SLOW = "expect it to be slow or to fail"

_BYTES = Expected(amount, "A number of bytes, 0 or more,", "pass it in bytes")
_KNOWN = Expected(or_none(amount), "A number of bytes, 0 or more, or None,", "pass None for what is not known")


class Verdict(Enum):
    """What is said of a model on a machine."""

    FITS = "fits"
    TIGHT = "tight"
    TOO_BIG = "too_big"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """What this machine has, in bytes; None where it does not say.

    ``total_memory`` is all that a process here could ever use (a container's limit counts), ``available_memory`` what
    it could use now, ``free_storage`` what may still be written where the cache is. Raises TypeError and ValueError for what
    is no number of bytes.
    """

    total_memory: int | None = None
    available_memory: int | None = None
    free_storage: int | None = None

    def __post_init__(self) -> None:
        _set(self, _KNOWN, "total_memory", "available_memory", "free_storage")


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    """What loading a model will take.

    ``peak``: bytes of memory at its highest point. ``resident``: bytes from then on. ``why``: how both were reckoned, in words.
    Raises TypeError and ValueError for what is no number of bytes.
    """

    peak: int
    resident: int
    why: str

    def __post_init__(self) -> None:
        _set(self, _BYTES, "peak", "resident")


def _set(value: object, expected: Expected, *fields: str) -> None:
    for field in fields:
        object.__setattr__(value, field, expected.checked(field, getattr(value, field)))


MACHINE = Expected(of(MachineFacts), "A MachineFacts", "pass machine_facts(), or MachineFacts(total_memory=...)")
"""What a function that judges for a machine expects."""

_ESTIMATE = Expected(or_none(of(MemoryEstimate)), "A MemoryEstimate, or None,", "pass what a backend estimated")


@dataclass(frozen=True, slots=True)
class Fit:
    """A verdict, and its ``reasons``: the sentences that led to it; the one that decided comes first.

    ``memory``: what it reckons with, in bytes; None: nobody knows. ``is_refused``: ``download`` would refuse it too, because
    of a need that is declared or of the disk; else what is said is a warning and no more.
    """

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    memory: int | None = None
    is_refused: bool = False


_WORST_FIRST = (Verdict.TOO_BIG, Verdict.TIGHT, Verdict.UNKNOWN, Verdict.FITS)


@dataclass(frozen=True, slots=True)
class _Finding:
    verdict: Verdict
    reason: str
    refuses: bool = False


def judge_fit(
    spec: ModelSpec,
    machine: MachineFacts,
    *,
    estimate: MemoryEstimate | None = None,
    remaining: int | None = None,
    storage_headroom: float = HEADROOM,
) -> Fit:
    """Whether ``spec`` fits ``machine``. Pure; may be called on any thread.

    ``estimate``: a backend's reckoning, which wins over a figure of the spec that is unverified. ``remaining``: bytes
    still to be fetched (None: the spec's size). ``storage_headroom``: the share of them that has to be free beyond them.
    Raises TypeError for what is of another type, ValueError for a number below 0.
    """
    spec, machine = SPEC.checked("spec", spec), MACHINE.checked("machine", machine)
    estimate, remaining = _ESTIMATE.checked("estimate", estimate), _KNOWN.checked("remaining", remaining)
    storage_headroom = SHARE.checked("storage_headroom", storage_headroom)
    peak = estimate.peak if estimate else spec.min_ram_bytes
    to_fetch = spec.size_bytes if remaining is None else remaining
    findings = [*_memory(spec.declared_ram_bytes, peak, machine), *_storage(to_fetch, storage_headroom, machine)]
    findings.sort(key=lambda finding: _WORST_FIRST.index(finding.verdict))
    return Fit(
        verdict=findings[0].verdict,
        reasons=(*(finding.reason for finding in findings), *([f"The estimate: {estimate.why}."] if estimate else ())),
        memory=peak,
        is_refused=any(finding.refuses for finding in findings),
    )


def _memory(declared: int | None, peak: int | None, machine: MachineFacts) -> Iterator[_Finding]:
    total, free = machine.total_memory, machine.available_memory
    if declared is not None and total is not None and declared > total:
        text = f"It requires {memory_text(declared)} RAM, this machine has {_less(total, declared)}."
        yield _Finding(Verdict.TOO_BIG, text, refuses=True)
    elif peak is None:
        yield _Finding(Verdict.UNKNOWN, "Nobody has said how much memory it needs.")
    elif total is None:
        text = f"It needs about {memory_text(peak)} of memory; this machine does not say how much it has."
        yield _Finding(Verdict.UNKNOWN, text)
    elif peak > total:
        text = f"It needs about {memory_text(peak)} of memory, this machine has {_less(total, peak)}: {_SLOW}."
        yield _Finding(Verdict.TOO_BIG, text)
    elif free is not None and peak > free:
        text = (
            f"It needs about {memory_text(peak)} of memory, and {_less(free, peak)} are free now: close other programs."
        )
        yield _Finding(Verdict.TIGHT, text)
    else:
        text = f"It needs about {memory_text(peak)} of memory, this machine has {memory_text(total)}."
        yield _Finding(Verdict.FITS, text)


def _storage(remaining: int | None, headroom: float, machine: MachineFacts) -> Iterator[_Finding]:
    if remaining is None or machine.free_storage is None:
        return
    required = required_bytes(remaining, headroom)
    if required > machine.free_storage:
        available = _less(machine.free_storage, required, bytes_text)
        text = f"Not enough storage: {bytes_text(required)} required, {available} available."
        yield _Finding(Verdict.TOO_BIG, text, refuses=True)


def check_memory(name: str, declared: int | None, total: int | None) -> None:
    """Raise InsufficientMemoryError when model ``name`` declares more bytes than ``total``; None is not known: let it be."""
    if declared is None or total is None or declared <= total:
        return
    message = (
        f"{name} requires {memory_text(declared)} RAM, this machine has {_less(total, declared)}. Nothing was fetched; choose a "
        "smaller model, or pass check_memory=False to download it all the same."
    )
    raise InsufficientMemoryError(message, required=declared, available=total)


def memory_text(count: int) -> str:
    """``15.6 GB``, ``95.4 MB``: memory as systems print it, in units of 2^30 or 2^20 bytes, three digits."""
    amount, unit = (count / GIB, "GB") if count >= GIB else (count / _MIB, "MB")
    return f"{amount:.3g} {unit}" if amount < 100 else f"{amount:.0f} {unit}"  # noqa: PLR2004 - what three digits end at


def _less(available: int, required: int, text: Callable[[int], str] = memory_text) -> str:
    """``available`` in words; where ``required``, which is more, would be the same words, how much less it is."""
    told = text(available)
    return told if told != text(required) else f"{bytes_text(required - available)} less"
