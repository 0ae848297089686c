"""A file's states: what may happen is in the table, and nothing else can."""

from __future__ import annotations

import pytest

from modelfetch.core.ranges import ByteRange, RangeSet
from modelfetch.core.transfer.file import TABLE, FileTransfer, IllegalMoveError, Move, State, moved

from .driving import a_file, span

LEGAL = [(state, move, after) for state, moves in TABLE.items() for move, after in moves.items()]
ILLEGAL = [(state, move) for state in State for move in Move if move not in TABLE[state]]


def in_state(state: State) -> FileTransfer:
    return FileTransfer("a" * 64, 10, ("a.bin",), state)


@pytest.mark.parametrize(("state", "move", "after"), LEGAL)
def test_a_move_in_the_table_leads_where_it_says(state: State, move: Move, after: State) -> None:
    assert in_state(state).to(move).state is after
    assert moved(state, move) is after


@pytest.mark.parametrize(("state", "move"), ILLEGAL)
def test_a_move_that_is_not_in_the_table_changes_nothing(state: State, move: Move) -> None:
    file = in_state(state)
    with pytest.raises(IllegalMoveError, match=f"a file that is {state.value} cannot be {move.value}"):
        file.to(move)
    assert file == in_state(state)


def test_the_table_names_every_state() -> None:
    assert set(TABLE) == set(State)


def test_a_file_is_published_out_of_verifying_unless_it_was_there_already() -> None:
    ways = {(state, move) for state, move, after in LEGAL if after is State.PUBLISHING and move is not Move.PRESENT}
    assert ways == {(State.VERIFYING, Move.RIGHT)}


def test_every_state_leads_to_the_end() -> None:
    reach = {State.DONE}
    for _ in State:
        reach |= {state for state, _, after in LEGAL if after in reach}
    assert reach == set(State)


def test_holes_are_what_is_neither_there_nor_on_its_way() -> None:
    file = in_state(State.CLAIMING).claimed(span(0, 2)).promise(ByteRange(5, 8))
    assert file.holes == RangeSet.of([ByteRange(2, 5), ByteRange(8, 10)])
    assert file.unpromise(ByteRange(5, 8)).holes == span(2, 10)


def test_bytes_that_arrive_twice_count_once() -> None:
    file = in_state(State.CLAIMING).claimed(span(0, 2)).arrived(ByteRange(0, 5)).arrived(ByteRange(3, 5))
    assert (file.kept, file.own_bytes, file.on_disk) == (span(0, 5), 3, 5)
    assert not file.is_filled


def test_bytes_that_are_not_to_be_trusted_stop_counting() -> None:
    file = in_state(State.CLAIMING).claimed(span(0, 4)).arrived(ByteRange(4, 10))
    assert file.is_filled
    left = file.without(span(3, 6))
    assert (left.kept.size, left.own_bytes, left.hashed) == (7, 4, 0)


@pytest.mark.parametrize(
    ("state", "on_disk"),
    [
        (State.WAITING, 7),
        (State.LOCATING, 7),
        (State.CLAIMING, 7),
        (State.FOLLOWING, 7),
        (State.FETCHING, 0),
        (State.VERIFYING, 0),
        (State.AUDITING, 0),
        (State.PUBLISHING, 10),
        (State.DONE, 10),
    ],
)
def test_what_counts_as_on_disk_depends_on_whose_the_file_is(state: State, on_disk: int) -> None:
    assert FileTransfer("a" * 64, 10, ("a.bin",), state, seen=7).on_disk == on_disk


def test_a_file_that_is_ours_again_starts_with_what_is_there() -> None:
    file = a_file(size=10).to(Move.CHOSEN).to(Move.LOCATED).claimed(span(0, 5)).arrived(ByteRange(5, 7))
    again = file.to(Move.USURPED).claimed(span(0, 9))
    assert (again.kept, again.own_bytes, again.hashed, again.hashing) == (span(0, 9), 0, 0, False)
