"""Which of several variants of a model: the largest that fits.

Rule: what fits comes before what is tight, that before what nobody can tell, and what is too big is never chosen. Of
equals the larger is the better model; where sizes say nothing, the one that was named first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..given import FUNCTION, Expected, of
from .fit import MACHINE, Fit, MachineFacts, MemoryEstimate, Verdict, judge_fit
from .headroom import HEADROOM, SHARE
from .spec import SPEC

if TYPE_CHECKING:
    from collections.abc import Callable

    from .spec import ModelSpec

_SPECS = Expected(of(Iterable), "Several ModelSpecs, in a list,", "pass [spec, ...]")
_BEST_FIRST = (Verdict.FITS, Verdict.TIGHT, Verdict.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen (``spec``; None: nothing fits), ``why`` in words, and what was said of each in the order they were given."""

    spec: ModelSpec | None
    why: str
    fits: tuple[tuple[ModelSpec, Fit], ...]


def _unknown(_: ModelSpec) -> MemoryEstimate | None:
    return None


def choose_variant(
    specs: Iterable[ModelSpec],
    machine: MachineFacts,
    *,
    estimate: Callable[[ModelSpec], MemoryEstimate | None] = _unknown,
    storage_headroom: float = HEADROOM,
) -> Choice:
    """The best of ``specs`` on ``machine``. Pure; may be called on any thread.

    ``estimate``: a backend's reckoning of a spec's memory, or None. ``storage_headroom``: the share of its bytes that has to
    be free beyond them, as for :func:`judge_fit`. Raises TypeError for what is of another type, ValueError for a headroom
    below 0.
    """
    machine, estimate = MACHINE.checked("machine", machine), FUNCTION.checked("estimate", estimate)
    storage_headroom = SHARE.checked("storage_headroom", storage_headroom)
    fits = tuple(
        (spec, judge_fit(spec, machine, estimate=estimate(spec), storage_headroom=storage_headroom))
        for spec in [SPEC.checked("spec", given) for given in _SPECS.checked("specs", specs)]
    )
    possible = [(spec, fit) for spec, fit in fits if fit.verdict is not Verdict.TOO_BIG]
    if not possible:
        reasons = [f"{spec.title}: {fit.reasons[0]}" for spec, fit in fits]
        return Choice(
            None, " ".join(["None of them fits.", *reasons]) if fits else "There was nothing to choose from.", fits
        )
    spec, fit = min(possible, key=lambda pair: (_BEST_FIRST.index(pair[1].verdict), -(pair[0].size_bytes or 0)))
    return Choice(spec, _why(spec, fit, fits), fits)


def _why(chosen: ModelSpec, fit: Fit, fits: tuple[tuple[ModelSpec, Fit], ...]) -> str:
    word = {Verdict.FITS: "fits", Verdict.TIGHT: "just about fits"}.get(fit.verdict, "may fit")
    passed_over = [
        f"{spec.title} was passed over: {other.reasons[0]}"
        for spec, other in fits
        if (spec.size_bytes or 0) > (chosen.size_bytes or 0) and other.verdict is not fit.verdict
    ]
    rank = "the first" if chosen.size_bytes is None else "the largest"
    return " ".join([f"{chosen.title} is {rank} that {word}. {fit.reasons[0]}", *passed_over])
