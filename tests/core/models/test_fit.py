"""What does not fit is refused before the first byte, and what may not fit is said in words, with both numbers."""

from __future__ import annotations

import pytest

from modelfetch.core.models.fit import GIB, Fit, MachineFacts, MemoryEstimate, Verdict, check_memory, judge_fit
from modelfetch.core.models.spec import ModelSpec
from modelfetch.errors import InsufficientMemoryError

LARGE = ModelSpec("large", "org/large", display_name="Whisper large", min_ram_bytes=10 * GIB)
GUESSED = ModelSpec("guessed", "org/guessed", min_ram_bytes=10 * GIB, unverified=("min_ram_bytes",))
SILENT = ModelSpec("silent", "org/silent")
ESTIMATE = MemoryEstimate(peak=6 * GIB, resident=5 * GIB, why="twice the weights")


# ------------------------------------------------------------------ the gate


@pytest.mark.parametrize("total", [None, 10 * GIB, 64 * GIB])
def test_a_model_that_fits_or_a_machine_that_nobody_measured_is_let_be(total: int | None) -> None:
    check_memory("large", 10 * GIB, total)


def test_a_model_that_nobody_weighed_is_let_be() -> None:
    check_memory("silent", None, 0)


def test_a_machine_with_too_little_memory_is_told_both_numbers() -> None:
    with pytest.raises(
        InsufficientMemoryError, match="Whisper large requires 10 GB RAM, this machine has 8 GB"
    ) as caught:
        check_memory("Whisper large", 10 * GIB, 8 * GIB)
    assert (caught.value.required, caught.value.available) == (10 * GIB, 8 * GIB)


def test_memory_is_told_in_three_digits_and_without_an_exponent() -> None:
    with pytest.raises(InsufficientMemoryError, match=r"huge requires 1536 GB RAM, this machine has 15.6 GB"):
        check_memory("huge", 1_536 * GIB, 15 * GIB + 600 * (1 << 20))


@pytest.mark.parametrize(("short", "told"), [(1, "1 B"), (4 << 20, "4.19 MB"), (40 << 20, "41.9 MB")])
def test_two_numbers_that_look_the_same_are_told_by_how_far_they_are_apart(short: int, told: str) -> None:
    words = f"large requires 16 GB RAM, this machine has {told} less. Nothing"
    with pytest.raises(InsufficientMemoryError, match=words):
        check_memory("large", 16 * GIB, 16 * GIB - short)


# ------------------------------------------------------------------ the verdict


def machine(total: int | None = 16, free: int | None = 12, storage: int | None = None) -> MachineFacts:
    return MachineFacts(*(None if size is None else size * GIB for size in (total, free, storage)))


@pytest.mark.parametrize(
    ("spec", "facts", "verdict", "words"),
    [
        (LARGE, machine(), Verdict.FITS, "about 10 GB of memory, this machine has 16 GB"),
        (LARGE, machine(free=None), Verdict.FITS, "about 10 GB of memory, this machine has 16 GB"),
        (LARGE, machine(free=9), Verdict.TIGHT, "about 10 GB of memory, and 9 GB are free now: close other"),
        (LARGE, machine(total=8, free=8), Verdict.TOO_BIG, "requires 10 GB RAM, this machine has 8 GB"),
        (LARGE, machine(total=None), Verdict.UNKNOWN, "this machine does not say"),
        (GUESSED, machine(total=8, free=8), Verdict.TOO_BIG, "about 10 GB of memory, this machine has 8 GB: expect"),
        (SILENT, machine(), Verdict.UNKNOWN, "Nobody has said"),
    ],
)
def test_a_verdict_says_why(spec: ModelSpec, facts: MachineFacts, verdict: Verdict, words: str) -> None:
    fit = judge_fit(spec, facts)
    assert fit.verdict is verdict
    assert words in fit.reasons[0]
    assert fit.memory == spec.min_ram_bytes


@pytest.mark.parametrize(
    ("spec", "facts", "reason"),
    [
        (LARGE, MachineFacts(10 * GIB - 1), "It requires 10 GB RAM, this machine has 1 B less."),
        (
            LARGE,
            MachineFacts(16 * GIB, 10 * GIB - 1),
            "It needs about 10 GB of memory, and 1 B less are free now: close other programs.",
        ),
        (
            GUESSED,
            MachineFacts(10 * GIB - 1),
            "It needs about 10 GB of memory, this machine has 1 B less: expect it to be slow or to fail.",
        ),
        (
            ModelSpec("big", "org/big", size_bytes=10**9),
            MachineFacts(free_storage=1_200_000_000 - 1),
            "Not enough storage: 1.20 GB required, 1 B less available.",
        ),
    ],
)
def test_a_reason_never_holds_a_number_against_itself(spec: ModelSpec, facts: MachineFacts, reason: str) -> None:
    assert judge_fit(spec, facts).reasons[0] == reason


def test_an_estimate_speaks_where_nothing_is_declared_and_says_how_it_was_reckoned() -> None:
    fit = judge_fit(SILENT, machine(), estimate=ESTIMATE)
    assert fit == Fit(
        Verdict.FITS,
        ("It needs about 6 GB of memory, this machine has 16 GB.", "The estimate: twice the weights."),
        6 * GIB,
    )


def test_an_estimate_does_not_outvote_what_is_declared() -> None:
    fit = judge_fit(LARGE, machine(total=8, free=8), estimate=ESTIMATE)
    assert fit.verdict is Verdict.TOO_BIG
    assert "requires 10 GB RAM" in fit.reasons[0]


@pytest.mark.parametrize(("spec", "refused"), [(LARGE, True), (GUESSED, False), (SILENT, False)])
def test_only_what_is_declared_is_refused(spec: ModelSpec, *, refused: bool) -> None:
    assert judge_fit(spec, machine(total=8)).is_refused is refused
    assert not judge_fit(spec, machine()).is_refused


def test_what_does_not_fit_the_disk_is_too_big_too() -> None:
    spec = ModelSpec("big", "org/big", min_ram_bytes=GIB, size_bytes=1_000_000_000)
    fit = judge_fit(spec, MachineFacts(4 * GIB, 4 * GIB, free_storage=1_100_000_000))
    assert fit.verdict is Verdict.TOO_BIG
    assert fit.is_refused
    assert fit.reasons[0] == "Not enough storage: 1.20 GB required, 1.10 GB available."


def test_what_is_on_disk_already_needs_no_room() -> None:
    spec = ModelSpec("big", "org/big", min_ram_bytes=GIB, size_bytes=1_000_000_000)
    assert judge_fit(spec, MachineFacts(4 * GIB, 4 * GIB, free_storage=0), remaining=0).verdict is Verdict.FITS
