"""The driver decides nothing and hides nothing: it feeds one machine, one event at a time, until that is done."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from modelfetch.adapters.threads import ThreadDriver
from modelfetch.core.kept.record import Selection
from modelfetch.core.planning.listing import FileEntry
from modelfetch.core.ranges import RangeSet
from modelfetch.core.transfer import events as ev
from modelfetch.core.transfer.policy import Policy
from modelfetch.core.transfer.ports import Present

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = tuple(f"{number:040x}" for number in range(40))
FILES = tuple(FileEntry(name, 1, name) for name in NAMES)
SOON = 10.0


class Script:
    """A machine that claims every file at once and is done when each was answered."""

    def __init__(self, on_answer: Callable[[], None] = lambda: None) -> None:
        self.outcome: ev.Outcome | None = None
        self.answered: list[str] = []
        self._on_answer = on_answer
        self._alone = threading.Lock()

    def handle(self, event: ev.Event, now: float) -> tuple[ev.Command, ...]:
        assert now >= 0
        assert self._alone.acquire(blocking=False), "fed by two threads at once"
        try:
            return self._react(event)
        finally:
            self._alone.release()

    def _react(self, event: ev.Event) -> tuple[ev.Command, ...]:
        match event:
            case ev.Started():
                return tuple(ev.Claim(name) for name in NAMES)
            case ev.Present(name):
                self.answered.append(name)
                self._on_answer()
                if len(self.answered) == len(NAMES):
                    self.outcome = ev.Complete()
            case ev.CancelAsked():
                self.outcome = ev.Cancelled()
        return ()

    def wake_at(self) -> float:
        return float("inf")


class Shelf:
    """A cache of which only the claim matters."""

    def __init__(self, claim: Callable[[], Any]) -> None:
        self._claim = claim

    def claim(self, _: FileEntry, __: str) -> Any:
        return self._claim()


def driver(machine: Script, claim: Callable[[], Any]) -> ThreadDriver:
    selection = Selection(None, None, FILES)
    made: Any = ThreadDriver
    shelf, policy = Shelf(claim), Policy()
    return made(machine, None, shelf, commit="c" * 40, revision="main", selection=selection, line=None, policy=policy)


def assert_cancelled_while(claiming: threading.Event, driven: ThreadDriver) -> None:
    """It ends, by a cancel from another thread, although a claim is not answered."""

    def cancel() -> None:
        assert claiming.wait(SOON)
        driven.cancel()

    threading.Thread(target=cancel).start()
    assert driven.run() == ev.Cancelled()


def ours() -> list[str]:
    return [
        thread.name for thread in threading.enumerate() if thread.name.startswith(("modelfetch-disk", "modelfetch-net"))
    ]


def test_the_machine_is_fed_everything_and_by_one_thread_at_a_time() -> None:
    machine = Script()
    assert driver(machine, Present).run() == ev.Complete()
    assert sorted(machine.answered) == sorted(NAMES)
    assert ours() == []


def test_a_bug_in_a_task_is_raised_by_run() -> None:
    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        driver(Script(), broken).run()
    assert ours() == []


def test_a_bug_in_the_machine_is_raised_by_run_whoever_feeds_it() -> None:
    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        driver(Script(broken), Present).run()
    assert ours() == []


def test_a_cancel_from_another_thread_ends_it() -> None:
    claiming, over = threading.Event(), threading.Event()

    def stuck() -> Present:
        claiming.set()
        assert over.wait(SOON)
        return Present()

    driven = driver(Script(), stuck)
    assert_cancelled_while(claiming, driven)
    over.set()


def test_what_is_claimed_after_the_end_is_let_go_of_again() -> None:
    claiming, over, let_go = threading.Event(), threading.Event(), threading.Event()

    class Late:
        kept = RangeSet()
        release = staticmethod(let_go.set)

    def late() -> Late:
        claiming.set()
        assert over.wait(SOON)
        return Late()

    driven = driver(Script(), late)
    assert_cancelled_while(claiming, driven)
    assert not let_go.is_set()
    over.set()
    assert let_go.wait(SOON)
