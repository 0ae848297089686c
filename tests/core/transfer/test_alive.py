"""Of several files of one content the one that grows is its living owner's; what a crash left does not grow."""

from __future__ import annotations

from modelfetch.core.transfer.alive import alive

TOUCHED = {"old": 1, "new": 2}.__getitem__


def never(path: str) -> int:
    raise AssertionError(path)


def test_what_grew_since_the_last_look_is_alive_whatever_the_clocks_say() -> None:
    assert alive({"old": 6, "new": 9}, {"old": 5, "new": 9}, "new", never) == "old"


def test_what_appeared_since_the_last_look_is_alive() -> None:
    assert alive({"old": 5, "new": 0}, {"old": 5}, "old", never) == "new"


def test_while_nothing_grows_it_is_who_it_was() -> None:
    assert alive({"old": 5, "new": 9}, {"old": 5, "new": 9}, "old", never) == "old"


def test_at_the_first_look_it_is_what_was_touched_last() -> None:
    assert alive({"old": 9, "new": 0}, {}, None, TOUCHED) == "new"


def test_when_the_one_that_was_alive_is_gone_it_is_what_was_touched_last() -> None:
    assert alive({"old": 5, "new": 3}, {"old": 5, "new": 4, "gone": 7}, "gone", TOUCHED) == "new"
