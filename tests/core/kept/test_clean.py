"""What cleaning says: what went, what stayed and why."""

from __future__ import annotations

from modelfetch.core.kept.clean import CleanReport, LeftAlone, joined, said

ONE = CleanReport(1_200_000_000, ("org/x",), (LeftAlone("org/x", "b1", 5_000, "running"),))
TWO = CleanReport(
    300_000_000,
    ("org/a",),
    (LeftAlone("org/a", "b2", 7_000, "resumable"), LeftAlone("org/a", "b3", 1_000, "resumable")),
)


def test_reports_add_up() -> None:
    whole = joined([ONE, CleanReport(), TWO])

    assert (whole.freed_bytes, whole.repo_ids) == (1_500_000_000, ("org/a", "org/x"))
    assert whole.left_alone == ONE.left_alone + TWO.left_alone


def test_a_person_reads_what_went_and_what_stayed_and_why() -> None:
    assert str(joined([ONE, TWO])).splitlines() == [
        "Removed 1.50 GB from org/a, org/x.",
        "Left alone: 8.00 kB of org/a: an unfinished download can go on from it.",
        "Left alone: 5.00 kB of org/x: a download is at work on it.",
    ]


def test_a_clean_cache_is_said_to_be_one() -> None:
    assert str(joined([])) == "There was nothing to remove."


def test_a_download_says_what_it_removed_and_is_silent_when_that_was_nothing() -> None:
    assert said(ONE) == "Removed 1.20 GB that an abandoned download had left"
    assert said(CleanReport()) == ""
