"""What many threads tell is heard once each, in order, by one thread at a time."""

from __future__ import annotations

import threading

import pytest

from modelfetch.adapters.threads.turns import Turns

SOON = 10.0


def test_everything_is_heard_once_in_each_tellers_order_and_never_by_two_at_once() -> None:
    heard: list[tuple[int, int]] = []
    alone = threading.Lock()

    def hear(thing: tuple[int, int]) -> None:
        assert alone.acquire(blocking=False), "two threads listen at once"
        heard.append(thing)
        alone.release()

    turns = Turns(hear)

    def tell(number: int) -> None:
        for count in range(500):
            turns.tell((number, count))
            turns.listen()

    tellers = [threading.Thread(target=tell, args=(number,)) for number in range(4)]
    for teller in tellers:
        teller.start()
    for teller in tellers:
        teller.join(SOON)
    for number in range(4):
        assert [thing for thing in heard if thing[0] == number] == [(number, count) for count in range(500)]


def test_what_is_told_while_somebody_listens_is_heard_by_that_one() -> None:
    heard: list[tuple[str, str]] = []
    listening, told = threading.Event(), threading.Event()

    def hear(thing: str) -> None:
        heard.append((thing, threading.current_thread().name))
        listening.set()
        assert told.wait(SOON)

    turns = Turns(hear)
    turns.tell("first")
    listener = threading.Thread(target=turns.listen, name="listener")
    listener.start()
    assert listening.wait(SOON)
    turns.tell("second")
    turns.listen()  # returns at once
    assert heard == [("first", "listener")]
    told.set()
    listener.join(SOON)
    assert heard == [("first", "listener"), ("second", "listener")]


def test_what_is_told_while_hearing_is_heard_after_it() -> None:
    heard: list[int] = []

    def hear(thing: int) -> None:
        if thing < 3:
            turns.tell(thing + 1)
            turns.listen()  # somebody listens already: this very thread
        heard.append(thing)

    turns = Turns(hear)
    turns.tell(0)
    turns.listen()
    assert heard == [0, 1, 2, 3]


def test_nobody_listens_while_somebody_is_alone() -> None:
    heard: list[int] = []
    turns = Turns(heard.append)
    with turns.alone():
        turns.tell(1)
        turns.listen()
        assert heard == []
    turns.listen()
    assert heard == [1]


def test_an_error_is_the_listeners_and_the_next_turn_is_free() -> None:
    heard: list[int] = []

    def hear(thing: int) -> None:
        if thing == 0:
            raise KeyError(thing)
        heard.append(thing)

    turns = Turns(hear)
    turns.tell(0)
    turns.tell(1)
    with pytest.raises(KeyError):
        turns.listen()
    turns.listen()
    assert heard == [1]
