"""A crew has a thread for every task at once, keeps it for the next, and is gone when it is told to go."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from modelfetch.adapters.threads import Crew

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SOON = 10.0


class Tasks:
    """Tasks that wait for each other, and the threads that did them."""

    def __init__(self) -> None:
        self.threads: list[str] = []
        self.done = threading.Semaphore(0)
        self.gate = threading.Event()

    def quick(self) -> None:
        self.threads.append(threading.current_thread().name)
        self.done.release()

    def slow(self) -> None:
        assert self.gate.wait(SOON)
        self.quick()

    def wait(self, count: int) -> None:
        for _ in range(count):
            assert self.done.acquire(timeout=SOON)


@pytest.fixture
def tasks() -> Tasks:
    return Tasks()


@pytest.fixture
def crew(tasks: Tasks) -> Iterator[Callable[..., Crew]]:
    crews: list[Crew] = []

    def make(**options: object) -> Crew:
        crews.append(Crew("test", **options))  # type: ignore[arg-type]  # handed on
        return crews[-1]

    yield make
    tasks.gate.set()
    for each in crews:
        each.close()
        assert each.join(SOON)


def test_a_task_never_waits_for_another_one(crew: Callable[..., Crew], tasks: Tasks) -> None:
    ours, meeting = crew(), threading.Barrier(5)
    for _ in range(5):
        ours.do(lambda: (meeting.wait(SOON), tasks.quick()))
    tasks.wait(5)
    assert len(set(tasks.threads)) == 5


def test_no_more_than_the_most_are_under_way_and_the_rest_is_done_after_them(
    crew: Callable[..., Crew], tasks: Tasks
) -> None:
    ours = crew(most=2)
    for _ in range(6):
        ours.do(tasks.slow)
    tasks.gate.set()
    tasks.wait(6)
    assert len(set(tasks.threads)) <= 2


def test_a_worker_does_itself_what_it_asks_for_between_two_tasks(crew: Callable[..., Crew], tasks: Tasks) -> None:
    """So a file that goes from step to step wakes nobody."""
    left = [tasks.quick] * 20

    def between() -> None:
        if left:
            ours.do(left.pop())

    ours = crew(between=between)
    ours.do(tasks.quick)
    tasks.wait(21)
    assert len(set(tasks.threads)) == 1


def test_what_a_worker_cannot_do_at_once_itself_is_done_by_others(crew: Callable[..., Crew], tasks: Tasks) -> None:
    meeting, asked = threading.Barrier(3), []

    def meet() -> None:
        meeting.wait(SOON)
        tasks.quick()

    def between() -> None:
        if not asked:
            asked.append(True)
            for _ in range(3):
                ours.do(meet)

    ours = crew(between=between)
    ours.do(tasks.quick)
    tasks.wait(4)
    assert len(set(tasks.threads[1:])) == 3


def test_a_closed_crew_does_nothing_more(crew: Callable[..., Crew], tasks: Tasks) -> None:
    ours = crew(most=1)
    ours.do(tasks.slow)
    ours.do(tasks.quick)
    ours.close()
    ours.do(tasks.quick)
    tasks.gate.set()
    assert ours.join(SOON)
    assert len(tasks.threads) <= 1  # what was under way, if anything was


def test_an_idle_worker_goes_when_the_crew_is_closed(crew: Callable[..., Crew], tasks: Tasks) -> None:
    ours = crew()
    ours.do(tasks.quick)
    tasks.wait(1)
    ours.close()
    assert ours.join(SOON)


def test_a_worker_that_is_stuck_is_not_waited_for(crew: Callable[..., Crew], tasks: Tasks) -> None:
    ours, under_way = crew(), threading.Event()
    ours.do(lambda: (under_way.set(), tasks.slow()))
    assert under_way.wait(SOON)
    ours.close()
    assert not ours.join(0.0)


def test_workers_are_daemons_and_named(crew: Callable[..., Crew], tasks: Tasks) -> None:
    seen: list[threading.Thread] = []
    crew().do(lambda: (seen.append(threading.current_thread()), tasks.quick()))
    tasks.wait(1)
    assert seen[0].daemon
    assert seen[0].name.startswith("modelfetch-test-")


def test_a_worker_that_cannot_start_is_told_of_and_not_waited_for(
    crew: Callable[..., Crew], tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: threading.Thread) -> None:
        message = "can't start new thread"
        raise RuntimeError(message)

    ours = crew(most=1)
    with monkeypatch.context() as context:
        context.setattr(threading.Thread, "start", refused)
        with pytest.raises(RuntimeError, match="new thread"):
            ours.do(tasks.quick)
    ours.do(tasks.quick)
    tasks.wait(2)
