"""Downloads wait for each other in the order they came."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.models.spec import ModelSpec
from modelfetch.core.shown.lineup import Lineup, identity, no_place, not_removed, runs_already


def test_who_comes_first_is_served_first() -> None:
    line = Lineup().joined("a").joined("b").joined("c")
    assert (line.active, line.waiting) == (("a",), ("b", "c"))
    assert line.is_full
    assert line.left("a") == Lineup(1, ("b",), ("c",))
    assert line.left("b") == Lineup(1, ("a",), ("c",))


def test_who_comes_twice_keeps_the_first_place() -> None:
    line = Lineup().joined("a").joined("b")
    assert line.joined("a") == line
    assert line.joined("b") == line


def test_who_was_never_there_leaves_nothing_behind() -> None:
    line = Lineup(2).joined("a")
    assert line.left("z") == line
    assert not line.is_full


@given(st.integers(1, 4), st.lists(st.tuples(st.booleans(), st.integers(0, 6))))
def test_nobody_waits_while_there_is_room_and_nobody_is_there_twice(places: int, moves: list[tuple[bool, int]]) -> None:
    line = Lineup(places)
    for joins, who in moves:
        line = line.joined(who) if joins else line.left(who)
        everybody = (*line.active, *line.waiting)
        assert len(set(everybody)) == len(everybody)
        assert len(line.active) <= places
        assert line.is_full or not line.waiting


def test_who_finds_no_place_is_told_who_has_it() -> None:
    refused = no_place("c", ["a", "b"], 2)
    assert str(refused).startswith(
        "c was not started, because a, b is being downloaded. A free place was expected: 2 at once"
    )
    assert refused.model == "a, b"


def test_who_runs_already_is_told_so() -> None:
    refused = runs_already("a", "a")
    assert str(refused).startswith("a is being downloaded already. A model that is not was expected")
    assert refused.model == "a"


def test_another_name_of_what_runs_is_told_of_it_and_not_of_places() -> None:
    refused = runs_already("b", "a")
    assert str(refused).startswith("b was not started, because it is the same model as a, which is being downloaded.")
    assert "place" not in str(refused)
    assert refused.model == "a"


def test_what_runs_or_waits_is_not_removed() -> None:
    refused = not_removed("a")
    assert refused.model == "a"
    assert "a was not removed, because it is being downloaded or waits for its turn." in str(refused)
    assert str(refused).endswith("Nothing was changed; cancel it first, or wait for its end.")


def test_another_revision_of_the_same_name_finds_no_place() -> None:
    assert "A free place was expected: 1 at once" in str(no_place("a", ["a"], 1))


SPEC = ModelSpec("a", "org/a", revision="main", allow_patterns=("*.bin",), ignore_patterns=("x*",))


@pytest.mark.parametrize(
    "other",
    [
        replace(SPEC, name="b"),
        replace(SPEC, display_name="B", description="the same"),
        replace(SPEC, backend="mlx"),
        replace(SPEC, min_ram_bytes=1, size_bytes=2),
    ],
)
def test_two_names_of_the_same_files_are_one_download(other: ModelSpec) -> None:
    assert identity(other) == identity(SPEC)


@pytest.mark.parametrize(
    "other",
    [
        replace(SPEC, repo_id="org/b"),
        replace(SPEC, revision="v1"),
        replace(SPEC, allow_patterns=None),
        replace(SPEC, ignore_patterns=None),
    ],
)
def test_other_files_and_another_revision_are_another_download(other: ModelSpec) -> None:
    assert identity(other) != identity(SPEC)
