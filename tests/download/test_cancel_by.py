"""What may be given as ``cancel``: a token, a plain event; and a job's own cancel, with and without discarding."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch.testing import NoAnswer, Stall

from .kit import MIB, REPO, World, assert_right, threads_that_stay, wait_until
from .places import resumes, was_asked

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelfetch.testing import Fault


def test_a_cancel_that_was_asked_for_before_makes_no_request(world: World) -> None:
    world.publish()
    token = mf.CancelToken()
    token.cancel()
    event = threading.Event()
    event.set()

    for cancel in (token, event):
        with pytest.raises(mf.DownloadCancelled):
            world.download(cancel=cancel)
        with pytest.raises(mf.DownloadCancelled):
            world.plan(cancel=cancel)

    assert threads_that_stay() == []
    assert world.hub.requests == ()
    assert list(world.cache.iterdir()) == []


@pytest.mark.parametrize("make", [mf.CancelToken, threading.Event])
def test_planning_that_hangs_can_be_cancelled(world: World, make: Callable[[], Any]) -> None:
    world.publish()
    world.hub.inject(NoAnswer(where="info"))
    cancel = make()
    with ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(world.plan, cancel=cancel)
        was_asked("info")(world)
        cancel.cancel() if isinstance(cancel, mf.CancelToken) else cancel.set()
        assert isinstance(outcome.exception(timeout=20), mf.DownloadCancelled)

    assert threads_that_stay() == []
    assert list(world.cache.iterdir()) == []


@pytest.mark.parametrize(
    "fault", [Stall(after=MIB, match="model.bin"), NoAnswer(where="info")], ids=["body", "planning"]
)
def test_a_plain_event_is_a_cancel_too(world: World, fault: Fault) -> None:
    world.publish()
    world.hub.inject(fault)
    event = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(world.download, cancel=event)
        wait_until(lambda: world.hub.requests and world.hub.requests[-1].where in {"cdn", fault.where}, "the fault")
        event.set()
        assert isinstance(outcome.exception(timeout=20), mf.DownloadCancelled)


def test_a_token_may_be_cancelled_many_times_and_calls_back_once(world: World) -> None:
    world.publish()
    token, calls = mf.CancelToken(), list[str]()
    token.on_cancel(lambda: calls.append("kept"))
    token.on_cancel(lambda: calls.append("forgotten"))()

    token.cancel()
    token.cancel()

    assert token.is_set()
    assert calls == ["kept"]
    token.on_cancel(lambda: calls.append("late"))
    assert calls == ["kept", "late"]


def test_one_token_cancels_every_download_it_was_given_to(world: World) -> None:
    world.publish()
    world.hub.add_repo("org/other", {"other.bin": b"x" * 100_000})
    world.hub.inject(Stall(times=None))
    token = mf.CancelToken()
    jobs = [world.start(model, cancel=token) for model in (REPO, "org/other")]
    was_asked("cdn", 2)(world)

    token.cancel()

    for job in jobs:
        with pytest.raises(mf.DownloadCancelled):
            job.result(20)


def test_a_token_that_served_one_download_does_not_hold_it(world: World) -> None:
    world.publish()
    token = mf.CancelToken()
    assert_right(world.download(cancel=token).path)

    token.cancel()

    with pytest.raises(mf.DownloadCancelled):
        world.download(cancel=token)


# ---------------------------------------------------------------- a job's own cancel


def test_a_job_that_is_cancelled_keeps_the_bytes(world: World) -> None:
    world.publish()
    world.hub.inject(Stall(after=MIB, match="model.bin"))
    job = world.start(max_connections=1)
    wait_until(lambda: job.snapshot().bytes_downloaded >= MIB // 2, "bytes on disk")

    job.cancel()

    with pytest.raises(mf.DownloadCancelled) as caught:
        job.result(20)
    assert threads_that_stay() == []
    assert job.snapshot().status is mf.DownloadStatus.CANCELLED
    assert [name.rpartition(".")[2] for name in world.left_over()] == ["journal", "part"]
    resumes(world, caught.value)


def test_a_job_that_is_cancelled_with_discard_leaves_nothing(world: World) -> None:
    world.publish()
    world.hub.inject(Stall(after=MIB, match="model.bin"))
    job = world.start(max_connections=1, allow_patterns="*.bin")
    wait_until(lambda: job.snapshot().bytes_downloaded >= MIB // 2, "bytes on disk")

    job.cancel(discard=True)

    with pytest.raises(mf.DownloadCancelled):
        job.result(20)
    assert threads_that_stay() == []
    assert world.left_over() == []
    assert not world.folder.exists()
