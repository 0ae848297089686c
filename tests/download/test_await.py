"""A job under asyncio: awaited, iterated over, and left alone by a task that goes away."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf

from .kit import TOTAL, assert_right, threads_that_stay, wait_until

if TYPE_CHECKING:
    from .kit import World

S = mf.DownloadStatus


def test_a_job_can_be_awaited(world: World) -> None:
    world.publish()

    async def host() -> mf.DownloadResult:
        return await world.start()

    assert_right(asyncio.run(host()).path)


def test_awaiting_raises_what_the_download_raised(world: World) -> None:
    async def host() -> mf.DownloadResult:
        return await world.start("org/nothing")

    with pytest.raises(mf.ModelNotFoundError):
        asyncio.run(host())


def test_cancelling_the_task_that_awaits_does_not_cancel_the_job(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.publish()
    world.hub.bandwidth = 6_000_000

    async def host() -> mf.DownloadJob:
        job = world.start()

        async def awaiting() -> mf.DownloadResult:
            return await job

        task = asyncio.create_task(awaiting())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not job.done()
        return job

    with caplog.at_level(logging.DEBUG):
        job = asyncio.run(host())
        assert_right(job.result(20).path)
        assert threads_that_stay() == []
    assert [record for record in caplog.records if record.name.startswith("modelfetch")] == []


def test_who_waits_and_leaves_again_and_again_leaves_nothing_behind(world: World) -> None:
    """A host may look in for a moment at a time, all through a long download."""
    world.publish()
    world.hub.bandwidth = 100_000
    job = world.start()

    async def awaiting() -> mf.DownloadResult:
        return await job

    async def host() -> None:
        for _ in range(20):
            task = asyncio.create_task(awaiting())
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    before = len(job._run.ending._callbacks)
    asyncio.run(host())
    assert len(job._run.ending._callbacks) == before

    for _ in range(5):
        job.subscribe(lambda _: None)()
    wait_until(lambda: all(each.over.is_set for each in job._subscriptions), "the end of the subscriptions")
    job.subscribe(lambda _: None)
    assert len(job._subscriptions) == 1
    job.cancel()
    assert isinstance(job.exception(20), mf.DownloadCancelled)


def test_updates_end_with_the_terminal_snapshot_and_never_go_back(world: World) -> None:
    world.publish()
    world.hub.bandwidth = 6_000_000

    async def host() -> list[mf.DownloadProgress]:
        return [progress async for progress in world.start().updates(0.01)]

    seen = asyncio.run(host())

    assert [progress.status for progress in seen if progress.status.is_final] == [S.COMPLETE]
    counts = [progress.bytes_downloaded for progress in seen]
    assert counts == sorted(counts)
    assert counts[-1] == TOTAL
    assert len(set(counts)) > 2


def test_leaving_updates_early_leaves_the_download_alone(world: World) -> None:
    world.publish()
    world.hub.bandwidth = 6_000_000

    async def host() -> mf.DownloadJob:
        job = world.start()
        async for _ in job.updates(0.01):
            break
        return job

    assert_right(asyncio.run(host()).result(20).path)


def test_the_event_loop_goes_on_while_a_download_is_awaited(world: World) -> None:
    world.publish()
    world.hub.bandwidth = 6_000_000

    async def host() -> int:
        job, turns = world.start(), 0
        while not job.done():
            await asyncio.sleep(0.001)
            turns += 1
        await job
        return turns

    assert asyncio.run(host()) > 50
