"""A second process sees what the first one brings, may leave it alone, and outlives its troubles."""

from __future__ import annotations

import contextlib
import signal
import sys
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf
from modelfetch.testing import LocalHub, Stall, Status

from ..download.kit import LOST_PER_CONNECTION, MIB, REPO, assert_right, of, threads_that_stay, wait_until
from .company import CRAWL, FILES, ONCE, SIZE, SPEED, TOTAL, assert_once, joined, peer, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..download.kit import World


@pytest.fixture
def mirror() -> Iterator[LocalHub]:
    """The same repo at the end of another network: what is wrong there is wrong for who asks there."""
    with LocalHub() as mirror:
        mirror.add_repo(REPO, FILES)
        yield mirror


# ---------------------------------------------------------------- what the second one sees


def test_a_follower_sees_the_owner_at_work(shared: World) -> None:
    owner = peer(shared)
    served(shared, MIB)

    follower = joined(shared)

    path = owner.path()
    assert follower.path() == path
    assert_right(path, FILES)
    assert len(set(follower.bytes)) > 2
    for each in (owner, follower):
        each.assert_sound()
    assert follower.lines[-1]["reused"] >= TOTAL - MIB
    assert_once(shared)


def test_a_follower_shows_what_the_owner_shows(shared: World) -> None:
    """The owner's line dies after some bytes, so that both have the time to say the same."""
    shared.hub.inject(Stall(after=3 * MIB, match="model.bin", times=None))
    owner = peer(shared, max_connections=1, allow_patterns="model.bin")
    served(shared, 3 * MIB)
    follower = peer(shared, allow_patterns="model.bin")
    owner.wait_for_bytes(2 * MIB)

    wait_until(lambda: follower.bytes and follower.bytes[-1] == owner.bytes[-1] > 2 * MIB, "both show the same")

    follower.wait_for(lambda line: line["message"] == "somebody else is downloading this file", "whom it waits for")


def test_a_follower_fetches_what_nobody_is_at_meanwhile(shared: World) -> None:
    shared.hub.bandwidth = None
    shared.hub.inject(Stall(after=MIB, match="model.bin", times=None))
    owner = shared.start(max_connections=1, allow_patterns="model.bin")
    served(shared, MIB, pattern="model.bin")

    follower = shared.start()

    wait_until(lambda: follower.snapshot().files_done == 2, "the other files")
    assert not follower.done()
    for job in (owner, follower):
        job.cancel()
        with contextlib.suppress(mf.DownloadCancelled):
            job.result(20)


# ---------------------------------------------------------------- leaving


@pytest.mark.parametrize("how", ["keeping", "discarding"])
def test_a_follower_leaves_without_harm_to_the_owner(shared: World, how: str) -> None:
    owner = peer(shared)
    served(shared, MIB, pattern="model.bin")
    job = shared.start(max_connections=1, allow_patterns="model.bin")
    wait_until(lambda: job.snapshot().bytes_downloaded > MIB, "the owner's progress")

    job.cancel(discard=how == "discarding")
    with pytest.raises(mf.DownloadCancelled):
        job.result(20)

    assert_right(owner.path(), FILES)
    owner.assert_sound()
    assert_once(shared)


def test_a_follower_in_another_process_leaves_while_the_owner_goes_on(shared: World) -> None:
    owner = shared.start()
    served(shared, MIB, pattern="model.bin")
    follower = joined(shared, allow_patterns="model.bin")
    shared.hub.bandwidth = CRAWL

    follower.cancel()

    assert follower.ending()[0] == "DownloadCancelled"
    assert not owner.done()
    shared.hub.bandwidth = SPEED
    assert_right(owner.result(60).path, FILES)
    assert_once(shared)


# ---------------------------------------------------------------- when the owner goes


def test_a_follower_takes_over_when_the_owner_is_cancelled(shared: World) -> None:
    first = shared.start(max_connections=2)
    served(shared, MIB, pattern="model.bin")
    second = shared.start()
    wait_until(lambda: second.snapshot().bytes_downloaded > 2 * MIB, "progress")

    first.cancel()

    assert_right(second.result(30).path, FILES)
    assert isinstance(first.exception(20), mf.DownloadCancelled)
    assert threads_that_stay() == []
    assert shared.hub.body_bytes() <= TOTAL + 2 * LOST_PER_CONNECTION


def test_a_follower_takes_over_from_an_owner_whose_network_failed_and_that_one_follows(
    shared: World, mirror: LocalHub
) -> None:
    """Who cannot reach the Hub leaves the file to who can, long before the waits between its own tries are over."""
    shared.hub.inject(Stall(after=3 * MIB, match="model.bin"))
    owner = peer(shared, max_connections=1, allow_patterns="model.bin")
    owner.wait_for_bytes(2 * MIB)
    follower = joined(shared, endpoint=mirror.endpoint, allow_patterns="model.bin")

    with shared.hub.unreachable():
        path = follower.path()
        assert owner.path() == path

    assert_right(path, {"model.bin": FILES["model.bin"]})
    for each in (owner, follower):
        each.assert_sound(SIZE)
    assert mirror.body_bytes() <= SIZE - 2 * MIB
    assert shared.left_over() == []


def test_a_follower_takes_over_from_an_owner_that_was_refused(shared: World, mirror: LocalHub) -> None:
    shared.hub.inject(Stall(after=MIB, match="model.bin"))
    owner = peer(shared, max_connections=1, allow_patterns="model.bin", stall_timeout=1.0)
    owner.wait_for_bytes(MIB // 2)
    shared.hub.inject(Status(404, where="cdn", times=None))
    follower = peer(shared, endpoint=mirror.endpoint, allow_patterns="model.bin")

    assert owner.ending()[0] == "PlanDriftError"
    assert_right(follower.path(), {"model.bin": FILES["model.bin"]})
    assert mirror.body_bytes() <= SIZE - MIB // 2


# ---------------------------------------------------------------- an owner that is there and does nothing

if sys.platform != "win32":  # no process can be stopped and continued there

    def test_a_frozen_owner_is_waited_for_and_not_replaced(shared: World) -> None:
        owner = peer(shared, allow_patterns="model.bin")
        served(shared, 2 * MIB)
        owner.process.send_signal(signal.SIGSTOP)
        shared.hub.clear()
        follower = peer(shared, allow_patterns="model.bin")

        follower.wait_for(lambda line: line["stalled"], "the follower says that nothing moves")

        assert shared.hub.body_bytes() == 0
        assert not of(shared.hub.requests, "cdn")
        follower.cancel()
        assert follower.ending()[0] == "DownloadCancelled"
        owner.process.send_signal(signal.SIGCONT)
        assert_right(owner.path(), {"model.bin": FILES["model.bin"]})
        assert shared.left_over() == []

    def test_an_owner_that_wakes_up_is_followed_on(shared: World) -> None:
        """As a laptop that sleeps: what it still holds must not be written over what others published."""
        owner = peer(shared)
        served(shared, 2 * MIB)
        owner.process.send_signal(signal.SIGSTOP)
        follower = peer(shared, stall_timeout=1.0)
        follower.wait_for(lambda _: True, "the follower's first word")

        owner.process.send_signal(signal.SIGCONT)

        assert owner.path() == follower.path()
        for each in (owner, follower):
            each.assert_sound()
        assert shared.left_over() == []
        assert shared.hub.body_bytes() <= ONCE * TOTAL


# ---------------------------------------------------------------- when the follower's own network is down


def test_a_follower_without_a_network_of_its_own_finishes_with_the_owner(shared: World, mirror: LocalHub) -> None:
    plan = shared.plan(endpoint=mirror.endpoint)
    owner = peer(shared)
    served(shared, MIB)
    with mirror.unreachable():
        follower = joined(shared, plan=plan.to_json(), endpoint=mirror.endpoint, quick_retries=True)

        assert follower.path() == owner.path()

    follower.assert_sound()
    assert len(set(follower.bytes)) > 2
    assert_once(shared)
