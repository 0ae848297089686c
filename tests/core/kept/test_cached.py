"""What is held against what, before a byte of a cached model is read, and what follows from it."""

from __future__ import annotations

import pytest

from modelfetch.core.kept.cached import Check, Seen, VerifyReport, examine, report
from modelfetch.core.planning.listing import FileEntry

CONFIG = FileEntry("config.json", 2, "1" * 40)
WEIGHTS = FileEntry("model.bin", 9, "2" * 64, "2" * 64)
COMMIT = "c" * 40


def test_a_recorded_file_of_its_size_is_checked_against_its_digest() -> None:
    found = examine((CONFIG,), (), {"config.json": Seen(2)}, ())

    assert found.checks == (Check("config.json", CONFIG.blob_id, 2),)


def test_a_recorded_file_of_another_size_is_corrupt_without_reading_it() -> None:
    found = examine((WEIGHTS,), (), {"model.bin": Seen(8, WEIGHTS.blob_id)}, ())

    assert (found.checks, found.corrupt) == ((), {"model.bin"})


def test_a_listed_file_that_nobody_asked_for_is_checked_and_not_missed() -> None:
    assert examine((), (CONFIG,), {"config.json": Seen(2)}, ()).checks != ()
    assert examine((), (CONFIG,), {}, ()).missing == frozenset()


def test_an_expected_file_that_is_not_there_or_leads_nowhere_is_missing() -> None:
    found = examine((CONFIG, WEIGHTS), (), {"model.bin": Seen(None, WEIGHTS.blob_id)}, ())

    assert found.missing == {"config.json", "model.bin"}


def test_a_link_that_leads_nowhere_is_missing_though_nobody_recorded_it() -> None:
    assert examine((), (), {"model.bin": Seen(None, "2" * 64)}, ()).missing == {"model.bin"}


def test_what_a_backend_lacks_is_missing() -> None:
    assert examine((), (), {"config.json": Seen(2)}, ("tokenizer.json",)).missing == {"tokenizer.json"}


@pytest.mark.parametrize("name", ["2" * 64, "1" * 40])
def test_a_file_that_nobody_recorded_is_checked_against_the_name_of_its_blob(name: str) -> None:
    assert examine((), (), {"model.bin": Seen(9, name)}, ()).checks == (Check("model.bin", name, 9),)


@pytest.mark.parametrize("blob", [None, "W/weak-etag"])
def test_a_file_without_a_digest_anywhere_is_unknown(blob: str | None) -> None:
    assert examine((), (), {"model.bin": Seen(9, blob)}, ()).unknown == {"model.bin"}


def test_a_pointer_is_corrupt_even_where_git_has_it_so() -> None:
    listed = FileEntry("model.bin", 130, "a" * 40)
    seen = {"model.bin": Seen(130, "a" * 40, is_pointer=True)}
    assert examine((listed,), (listed,), seen, ()).corrupt == {"model.bin"}


def test_a_pointer_where_nothing_else_tells_is_corrupt() -> None:
    assert examine((), (), {"model.bin": Seen(130, None, is_pointer=True)}, ()).corrupt == {"model.bin"}


def test_the_report_names_each_path_once() -> None:
    seen = {
        "config.json": Seen(2),
        "model.bin": Seen(9),
        "short.bin": Seen(1),
        "foreign": Seen(3),
        "gone": Seen(None),
        "taken": Seen(4, "5" * 40),
    }
    found = examine((CONFIG, WEIGHTS, FileEntry("short.bin", 2, "3" * 40)), (), seen, ())

    made = report("org/name", COMMIT, found, {"config.json": True, "model.bin": False, "taken": None})

    expected = VerifyReport(
        "org/name",
        COMMIT,
        ok=("config.json",),
        corrupt=("model.bin", "short.bin"),
        missing=("gone", "taken"),
        unknown=("foreign",),
    )
    assert made == expected


def test_only_what_is_corrupt_or_missing_makes_a_report_bad() -> None:
    assert VerifyReport("org/name", COMMIT, ok=("a",), unknown=("b",)).is_ok
    assert not VerifyReport("org/name", COMMIT, corrupt=("a",)).is_ok
    assert not VerifyReport("org/name", COMMIT, missing=("a",)).is_ok
