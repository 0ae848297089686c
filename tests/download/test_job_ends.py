"""Who waits for a job's end waits for those who are told of it, but no longer than it said and never in a circle."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from typing import TYPE_CHECKING, Any, cast

import pytest

import modelfetch as mf
from modelfetch.job import DownloadJob, Run, handle
from modelfetch.job.awaited import updates

from .kit import threads_that_stay, wait_until
from .made import PATIENCE, Made, Stuck

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

S = mf.DownloadStatus


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Who is stuck gives up long before a result would stop waiting for it."""
    monkeypatch.setattr(handle, "DRAIN_WITHIN", 10 * PATIENCE)
    yield
    assert threads_that_stay() == []


@pytest.fixture
def made() -> Made:
    return Made()


# ---------------------------------------------------------------------- awaited


def test_a_subscriber_that_waits_for_the_loop_is_told_the_end_before_the_await_returns(made: Made) -> None:
    async def host() -> list[mf.DownloadProgress]:
        loop, seen = asyncio.get_running_loop(), list[mf.DownloadProgress]()

        async def draw(progress: mf.DownloadProgress) -> None:
            seen.append(progress)

        made.job.subscribe(lambda progress: asyncio.run_coroutine_threadsafe(draw(progress), loop).result(PATIENCE))
        made.job.start()
        loop.call_soon(made.end.set)
        await made.job
        return seen

    assert asyncio.run(host())[-1].status is S.COMPLETE


def test_what_is_posted_to_the_loop_arrives_before_the_await_returns(made: Made) -> None:
    async def host() -> list[mf.DownloadProgress]:
        loop, seen = asyncio.get_running_loop(), list[mf.DownloadProgress]()
        made.job.subscribe(seen.append, post=loop.call_soon_threadsafe)
        made.job.start()
        loop.call_soon(made.end.set)
        await made.job
        return seen

    assert asyncio.run(host())[-1].status is S.COMPLETE


def test_the_loop_goes_on_while_an_await_waits_for_a_subscriber(made: Made) -> None:
    stuck = Stuck()

    async def host() -> None:
        loop = asyncio.get_running_loop()
        made.job.add_done_callback(lambda _: stuck.reached.wait(PATIENCE) and loop.call_soon_threadsafe(release))
        made.job.subscribe(stuck)
        made.job.start()
        made.end.set()
        await made.job

    def release() -> None:
        asyncio.get_running_loop().call_later(0.01, stuck.release.set)  # when the await has seen the end long since

    asyncio.run(host())
    assert not stuck.gave_up


def test_an_await_leaves_a_subscriber_that_stays_stuck(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handle, "DRAIN_WITHIN", 0.01)
    stuck = Stuck()

    async def host() -> None:
        made.job.subscribe(stuck)
        made.job.start()
        made.end.set()
        await made.job

    asyncio.run(host())
    assert not stuck.gave_up
    stuck.release.set()


class Told:
    """A job that tells of its snapshot when the test says so."""

    def __init__(self) -> None:
        self.progress = mf.DownloadProgress()
        self._tell: Callable[[mf.DownloadProgress], object] = print

    def subscribe(self, fn: Callable[[mf.DownloadProgress], object], **_: object) -> Callable[[], None]:
        self._tell = fn
        return lambda: None

    def snapshot(self) -> mf.DownloadProgress:
        return self.progress

    async def show(self, status: S, seq: int) -> None:
        self.progress = mf.DownloadProgress(status, seq=seq)
        self._tell(self.progress)
        for _ in range(5):
            await asyncio.sleep(0)


def test_updates_never_bring_the_same_snapshot_twice() -> None:
    async def host() -> list[int]:
        job = Told()

        async def follow() -> list[int]:
            return [progress.seq async for progress in updates(cast("DownloadJob", job), 0.1)]

        following = asyncio.create_task(follow())
        await asyncio.sleep(0)
        for status, seq in ((S.DOWNLOADING, 1), (S.DOWNLOADING, 1), (S.DOWNLOADING, 2), (S.COMPLETE, 3)):
            await job.show(status, seq)
        return await following

    assert asyncio.run(host()) == [1, 2, 3]


# ---------------------------------------------------------------------- waited for


@pytest.mark.parametrize("timeout", [0.0, 0.05])
def test_a_subscriber_that_is_stuck_delays_a_result_no_longer_than_its_timeout(made: Made, timeout: float) -> None:
    stuck = Stuck()
    made.job.subscribe(stuck)
    made.job.start()
    made.end.set()
    assert stuck.reached.wait(PATIENCE)
    wait_until(made.job.done, "the end")

    made.job.result(timeout)
    made.job.exception(timeout)

    assert not stuck.gave_up
    stuck.release.set()


def test_subscribers_that_ask_for_the_result_do_not_wait_for_each_other(made: Made) -> None:
    has_result, told = threading.Event(), list[bool]()

    def asks(progress: mf.DownloadProgress) -> None:
        if progress.status.is_final:
            made.job.result()
            has_result.set()

    def waits_for_that(progress: mf.DownloadProgress) -> None:
        if progress.status.is_final:
            told.append(has_result.wait(PATIENCE))

    made.job.subscribe(asks)
    made.job.subscribe(waits_for_that)
    made.job.start()
    made.end.set()
    made.job.result()
    assert told == [True]


def test_a_subscriber_that_asks_for_the_result_where_it_was_posted_to_does_not_wait_for_itself(made: Made) -> None:
    """As with Textual's ``call_from_thread``: the subscription waits for the one who would wait for it."""
    calls: list[tuple[Callable[[], object], threading.Event]] = []

    def post(call: Callable[[], object]) -> None:
        has_run = threading.Event()
        calls.append((call, has_run))
        if not has_run.wait(PATIENCE):
            gave_up.append(call)

    def draw(progress: mf.DownloadProgress) -> None:
        if progress.status.is_final:
            results.append(made.job.result())

    gave_up, results = list[object](), list[mf.DownloadResult]()
    made.job.subscribe(draw, post=post)
    made.job.start()
    made.end.set()
    while not results:
        wait_until(lambda: calls, "a delivery")
        call, has_run = calls.pop()
        call()
        has_run.set()
    assert gave_up == []


@pytest.mark.parametrize("timeout", [-0.001, float("-inf")])
def test_a_negative_timeout_is_over_at_once(made: Made, timeout: float) -> None:
    made.job.start()
    with pytest.raises(TimeoutError):
        made.job.result(timeout)

    made.end.set()
    assert made.job.exception() is None
    assert made.job.exception(timeout) is None


@pytest.mark.parametrize("timeout", [float("inf"), 1e300, threading.TIMEOUT_MAX + 1])
def test_a_timeout_that_no_clock_counts_to_is_no_limit(made: Made, timeout: float) -> None:
    made.job.start()
    made.job.add_done_callback(lambda _: None)
    threading.Timer(0, made.end.set).start()
    made.job.result(timeout)
    assert made.job.done()


# ---------------------------------------------------------------------- called


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError()])
def test_whatever_a_done_callback_raises_the_others_are_called_and_who_awaits_goes_on(
    made: Made, caplog: pytest.LogCaptureFixture, error: BaseException
) -> None:
    def leave(_: object) -> None:
        raise error

    async def host() -> list[DownloadJob]:
        called = list[DownloadJob]()
        made.job.add_done_callback(leave)
        made.job.add_done_callback(called.append)
        made.job.start()
        awaiting = asyncio.ensure_future(made.job)
        await asyncio.sleep(0)  # now it asked to be told, after the others
        made.end.set()
        await asyncio.wait_for(awaiting, PATIENCE)
        return called

    with caplog.at_level(logging.DEBUG):
        assert asyncio.run(host()) == [made.job]
    assert type(error).__name__ in caplog.text


def test_what_a_done_callback_raises_on_the_callers_own_thread_is_the_callers(made: Made) -> None:
    made.job.start()
    made.end.set()
    made.job.result()
    with pytest.raises(SystemExit):
        made.job.add_done_callback(lambda _: sys.exit(3))


def test_a_subscriber_that_wants_to_exit_is_logged_and_dropped(made: Made, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        made.job.subscribe(lambda _: sys.exit(3))
        made.job.start()
        wait_until(lambda: "SystemExit" in caplog.text, "the log")
        made.end.set()
        made.job.result()


# ---------------------------------------------------------------------- begun and broken off


def refuse(monkeypatch: pytest.MonkeyPatch, *names: str, error: BaseException, begins: bool = False) -> None:
    """Let the start of the threads of these names raise, before or after the thread ``begins``."""
    start = threading.Thread.start

    def refused(thread: threading.Thread) -> None:
        is_one = thread.name in names
        if begins or not is_one:
            start(thread)
        if is_one:
            raise error

    monkeypatch.setattr(threading.Thread, "start", refused)


@pytest.mark.parametrize("begins", [False, True])
def test_a_job_whose_start_is_interrupted_is_cancelled(
    made: Made, monkeypatch: pytest.MonkeyPatch, *, begins: bool
) -> None:
    refuse(monkeypatch, "modelfetch-job", error=KeyboardInterrupt(), begins=begins)
    with pytest.raises(KeyboardInterrupt):
        made.job.start()
    assert isinstance(made.job.exception(PATIENCE), mf.DownloadCancelled)


def test_a_job_without_a_thread_to_be_had_fails(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    error = RuntimeError("can't start new thread")
    refuse(monkeypatch, "modelfetch-job", error=error)
    made.job.start()
    assert made.job.exception(0) is error
    assert made.job.snapshot().status is S.ERROR


def test_a_job_is_started_once(made: Made) -> None:
    made.job.start()
    with pytest.raises(RuntimeError):
        made.job.start()
    made.end.set()
    assert made.job.exception(PATIENCE) is None


def test_a_subscriber_without_a_thread_to_be_had_is_told_so_and_not_waited_for(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "modelfetch-subscriber", error=RuntimeError("can't start new thread"))
    with pytest.raises(RuntimeError):
        made.job.subscribe(print)
    made.job.start()
    made.end.set()
    made.job.result(PATIENCE)


def test_a_cancel_without_a_thread_to_be_had_settles_what_never_began(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "modelfetch-cancel", error=RuntimeError("can't start new thread"))
    made.job.cancel()
    assert isinstance(made.job.exception(0), mf.DownloadCancelled)


class Stopper:
    """What has to be stopped; Ctrl-C comes in between the first time."""

    def __init__(self) -> None:
        self.calls = 0
        self.stopped = threading.Event()

    def __call__(self) -> None:
        self.calls += 1
        if self.calls == 1:
            raise KeyboardInterrupt
        self.stopped.set()


def test_a_cancel_that_was_broken_off_can_be_repeated() -> None:
    run = Run(cast("Any", None))
    stopper = Stopper()
    run.on_stop(stopper)
    with pytest.raises(KeyboardInterrupt):
        run.cancel()

    run.cancel()

    assert stopper.stopped.is_set()
    assert run.ending.wait(PATIENCE)


def test_a_cancel_that_was_broken_off_is_taken_up_by_the_download_itself() -> None:
    stopper, begun = Stopper(), threading.Event()

    def work(run: Run) -> mf.DownloadResult:
        run.on_stop(stopper)
        begun.set()
        while not stopper.stopped.wait(0.01):
            run.look()
        raise run.cancelled()

    run = Run(work)
    run.start()
    assert begun.wait(PATIENCE)
    with pytest.raises(KeyboardInterrupt):
        run.cancel()

    assert run.ending.wait(PATIENCE)
    assert isinstance(run.ending.error, mf.DownloadCancelled)
