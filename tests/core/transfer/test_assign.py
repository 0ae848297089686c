"""What an idle connection does next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from modelfetch.core.ranges import ByteRange, RangeSet
from modelfetch.core.transfer.assign import OPEN_PER_CONNECTION, ToFetch, ToLocate, ToOpen, next_step
from modelfetch.core.transfer.board import Board
from modelfetch.core.transfer.file import FileTransfer, State
from modelfetch.core.wire.located import Location
from modelfetch.core.wire.retry import Tries

from .driving import MIB, a_file, span

A, B = "a" * 64, "b" * 64
SOMEWHERE = Location("https://cdn.example/a")


def fetching(letter: str = "a", size: int = MIB, kept: RangeSet | None = None, **others: Any) -> FileTransfer:
    facts: dict[str, Any] = {"state": State.FETCHING, "location": SOMEWHERE, "kept": kept or RangeSet(), **others}
    return replace(a_file(letter, size), **facts)


def board(*files: FileTransfer) -> Board:
    """A board on which these files have got so far."""
    made = Board([a_file(file.blob_id[0], file.size) for file in files])
    for file in files:
        if file.state is not State.WAITING:
            made.waiting.remove(file.blob_id)
            made.put(file)
    return made


def test_a_file_that_waits_is_opened_when_none_is_under_way() -> None:
    assert next_step(board(a_file()), 1, 0.0) == ToOpen(a_file())


def test_nothing_is_to_do_when_there_is_no_file() -> None:
    assert next_step(board(), 1, 0.0) is None


def test_a_hole_of_a_file_under_way_comes_before_a_new_file() -> None:
    step = next_step(board(fetching("b"), a_file("a", 2 * MIB)), 1, 0.0)
    assert step == ToFetch(fetching("b"), ByteRange(0, MIB), SOMEWHERE, whole=False)


def test_no_more_files_are_opened_than_the_connections_can_feed() -> None:
    under_way = [fetching(letter, kept=span(0, MIB)) for letter in "bcde"]
    assert next_step(board(a_file("a"), *under_way[: OPEN_PER_CONNECTION * 2]), 2, 0.0) is None
    assert next_step(board(a_file("a"), *under_way[:3]), 2, 0.0) == ToOpen(a_file("a"))


def test_a_chosen_file_is_located_once() -> None:
    chosen = replace(a_file(), state=State.LOCATING)
    assert next_step(board(chosen), 1, 0.0) == ToLocate(chosen)
    assert next_step(board(replace(chosen, locating=True)), 1, 0.0) is None


def test_a_file_without_a_location_is_located_before_it_is_fetched() -> None:
    lost = fetching(location=None)
    assert next_step(board(lost), 1, 0.0) == ToLocate(lost)


def test_a_file_whose_last_try_failed_rests_and_another_one_goes_on() -> None:
    resting = fetching("a", tries=Tries(1, 0, 5.0))
    assert next_step(board(resting, fetching("b")), 1, 4.9) == ToFetch(
        fetching("b"), ByteRange(0, MIB), SOMEWHERE, whole=False
    )
    assert next_step(board(resting), 1, 5.0) == ToFetch(resting, ByteRange(0, MIB), SOMEWHERE, whole=False)


def test_a_file_that_is_being_verified_needs_no_connection() -> None:
    assert next_step(board(fetching(state=State.VERIFYING)), 1, 0.0) is None


def test_a_source_without_ranges_is_asked_for_one_hole_at_a_time() -> None:
    file = fetching(kept=span(10, 20), unranged=2)
    assert next_step(board(file), 4, 0.0) == ToFetch(file, ByteRange(0, 10), SOMEWHERE, whole=True)
    assert next_step(board(file.promise(ByteRange(0, 10))), 4, 0.0) is None


def test_one_whole_answer_is_not_believed_to_be_a_habit() -> None:
    file = fetching(unranged=1)
    assert next_step(board(file), 4, 0.0) == ToFetch(file, ByteRange(0, MIB), SOMEWHERE, whole=False)
