"""The totals are what adding everything up would give."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.ranges import ByteRange
from modelfetch.core.transfer.board import Board, Exchange
from modelfetch.core.transfer.file import FileTransfer, Move, State
from modelfetch.core.transfer.stall import Watch

from .driving import a_file, span

WAYS = (
    (Move.CHOSEN, Move.LOCATED, Move.TAKEN, Move.PRESENT, Move.PUBLISHED),
    (Move.PRESENT, Move.PUBLISHED),
    (Move.CHOSEN, Move.LOCATED, Move.OWNED, Move.FILLED, Move.RIGHT, Move.PUBLISHED),
    (Move.CHOSEN, Move.LOCATED, Move.OWNED, Move.USURPED, Move.OWNED, Move.FILLED, Move.WRONG, Move.REOPENED),
)


def step(file: FileTransfer, move: Move) -> FileTransfer:
    match move:
        case Move.OWNED:
            return file.claimed(span(0, file.size // 2))
        case Move.FILLED:
            return file.arrived(ByteRange(0, file.size)).to(move)
        case Move.REOPENED:
            return file.without(span(1, file.size)).to(move)
        case _:
            return file.to(move)


@given(st.lists(st.tuples(st.sampled_from(WAYS), st.integers(0, 8), st.integers(2, 50), st.integers(1, 3)), max_size=5))
def test_the_totals_are_the_sums_over_all_files(ways: list[tuple[tuple[Move, ...], int, int, int]]) -> None:
    board = Board([a_file("abcde"[index], size, copies=copies) for index, (_, _, size, copies) in enumerate(ways)])
    for index, (moves, far, _, _) in enumerate(ways):
        for move in moves[:far]:
            name = "abcde"[index] * 64
            if move is Move.CHOSEN or (move is Move.PRESENT and board.files[name].state is State.WAITING):
                board.waiting.remove(name)
            board.put(step(board.files[name], move))
    files = board.files.values()
    assert board.on_disk == sum(file.on_disk * len(file.paths) for file in files)
    assert board.own == sum(file.own_bytes for file in files)
    assert board.paths_done == sum(len(file.paths) for file in files if file.state is State.DONE)
    assert set(board.following) == {file.blob_id for file in files if file.state is State.FOLLOWING}
    assert board.is_done == all(file.state is State.DONE for file in files)


def test_cached_files_come_first_and_then_the_largest() -> None:
    board = Board([a_file("a", 1), a_file("b", 5), a_file("c", 1, cached=True), a_file("d", 5)])
    assert "".join(name[0] for name in board.waiting) == "cbda"


def test_a_cached_file_counts_from_the_beginning_and_once() -> None:
    board = Board([a_file("a", 10, copies=2, cached=True)])
    assert board.on_disk == 20
    board.put(board.files["a" * 64].to(Move.PRESENT))
    assert board.on_disk == 20


def test_what_an_exchange_brought_is_seen_by_its_watch() -> None:
    board = Board([a_file()])
    board.exchanges[1] = Exchange("a" * 64, Watch(5.0), ByteRange(0, 10))
    board.brought(1, 4)
    assert board.exchanges[1].watch == Watch(5.0, 4)
    assert (board.arrived, board.transferred) == (4, 4)
