"""Of several variants the largest that fits is chosen, and it is said why."""

from __future__ import annotations

from modelfetch.core.models.choice import choose_variant
from modelfetch.core.models.fit import GIB, MachineFacts, MemoryEstimate, Verdict
from modelfetch.core.models.spec import ModelSpec


def variant(name: str, gigabytes: int, **more: object) -> ModelSpec:
    return ModelSpec(name, f"org/{name}", size_bytes=gigabytes * 10**9, min_ram_bytes=gigabytes * GIB, **more)  # type: ignore[arg-type] # test


SMALL, MEDIUM, LARGE = variant("small", 1), variant("medium", 4), variant("large", 12)
SILENT = ModelSpec("silent", "org/silent")


def test_the_largest_that_fits_is_chosen_and_the_larger_ones_are_explained() -> None:
    choice = choose_variant([SMALL, LARGE, MEDIUM], MachineFacts(8 * GIB, 6 * GIB))
    assert choice.spec is MEDIUM
    assert choice.why == (
        "medium is the largest that fits. It needs about 4 GB of memory, this machine has 8 GB. "
        "large was passed over: It requires 12 GB RAM, this machine has 8 GB."
    )
    assert [(spec.name, fit.verdict) for spec, fit in choice.fits] == [
        ("small", Verdict.FITS),
        ("large", Verdict.TOO_BIG),
        ("medium", Verdict.FITS),
    ]


def test_what_fits_comes_before_what_is_tight() -> None:
    assert choose_variant([SMALL, MEDIUM], MachineFacts(8 * GIB, 2 * GIB)).spec is SMALL
    tight = choose_variant([MEDIUM], MachineFacts(8 * GIB, 2 * GIB))
    assert tight.spec is MEDIUM
    assert "just about fits" in tight.why


def test_what_nobody_can_tell_is_better_than_nothing() -> None:
    choice = choose_variant([LARGE, SILENT], MachineFacts(8 * GIB))
    assert choice.spec is SILENT
    assert "may fit" in choice.why


def test_of_equals_the_first_is_chosen() -> None:
    again = variant("again", 1)
    assert choose_variant([SMALL, again], MachineFacts(8 * GIB)).spec is SMALL


def test_where_nothing_fits_nothing_is_chosen_and_each_reason_is_given() -> None:
    choice = choose_variant([MEDIUM, LARGE], MachineFacts(2 * GIB))
    assert choice.spec is None
    assert "medium: It requires 4 GB" in choice.why
    assert "large: It requires 12 GB" in choice.why
    assert choose_variant([], MachineFacts()).why == "There was nothing to choose from."


def test_an_estimate_may_be_asked_for_each() -> None:
    heavy = MemoryEstimate(9 * GIB, 9 * GIB, "all of it at once")
    choice = choose_variant([SILENT], MachineFacts(8 * GIB), estimate=lambda _: heavy)
    assert choice.spec is None
    assert "about 9 GB" in choice.why


def test_a_person_reads_display_names() -> None:
    shown = variant("m", 1, display_name="Medium, four bits")
    assert choose_variant([shown], MachineFacts(8 * GIB)).why.startswith("Medium, four bits is the largest")
