"""Threads and processes that want the same files fetch them once; each sees progress, may leave, and survives the others."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf
from modelfetch.testing import Stall, Synthetic

from .kit import (
    DOWNLOADER,
    LOST_PER_CONNECTION,
    MIB,
    REPO,
    Files,
    Watched,
    assert_right,
    ending,
    threads_that_stay,
    wait_until,
)

if TYPE_CHECKING:
    from .kit import World

SIZE = 9_000_000
FILES: Files = {"config.json": b'{"n": 1}', "model.bin": Synthetic(SIZE, 9), "second.bin": Synthetic(MIB, 10)}
TOTAL = SIZE + MIB + 8
SPEED = 4_000_000


@pytest.fixture
def shared(world: World) -> World:
    """A repo that takes long enough for everybody to be there at once."""
    world.publish(FILES)
    world.hub.bandwidth = SPEED
    return world


@pytest.mark.parametrize("processes", [2, 8])
def test_processes_that_want_one_repo_fetch_it_once(shared: World, processes: int) -> None:
    children = [shared.downloader() for _ in range(processes)]

    endings = [ending(child) for child in children]

    assert {word for word, _ in endings} == {"path"}, endings
    [path] = {value for _, value in endings}
    assert_right(Path(path), FILES)
    assert shared.hub.body_bytes() <= 1.02 * TOTAL
    assert shared.left_over() == []


def test_threads_that_want_one_repo_fetch_it_once(shared: World) -> None:
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: shared.download(), range(8)))

    assert len({result.path for result in results}) == 1
    assert_right(results[0].path, FILES)
    assert shared.hub.body_bytes() <= 1.02 * TOTAL
    assert shared.left_over() == []
    assert all(result.progress.bytes_downloaded == TOTAL for result in results)


def test_downloads_that_overlap_in_part_fetch_the_common_part_once(shared: World) -> None:
    with ThreadPoolExecutor(3) as pool:
        patterns = ["*.bin", ["model.bin", "config.json"], None]
        list(pool.map(lambda allow: shared.download(allow_patterns=allow), patterns))

    assert_right(shared.download().path, FILES)
    assert shared.hub.body_bytes() <= 1.02 * TOTAL


def test_the_second_process_sees_the_first_ones_progress(shared: World) -> None:
    owner = shared.downloader()
    shared.hub.wait_for_bytes(MIB)
    watched = Watched(shared.hub)

    result = shared.download(progress=watched)

    assert_right(result.path, FILES)
    watched.assert_sound()
    assert len(set(watched.bytes)) > 5
    assert result.bytes_reused >= TOTAL // 2
    assert watched.final == [mf.DownloadStatus.COMPLETE]
    assert ending(owner)[0] == "path"
    assert shared.hub.body_bytes() <= 1.02 * TOTAL


def test_the_second_may_leave_without_stopping_the_first(shared: World) -> None:
    owner = shared.downloader()
    shared.hub.wait_for_bytes(MIB)
    job = shared.start(max_connections=1, allow_patterns="model.bin")
    wait_until(lambda: job.snapshot().bytes_downloaded > MIB, "the owner's progress")

    job.cancel()
    with pytest.raises(mf.DownloadCancelled):
        job.result(20)

    word, path = ending(owner)
    assert word == "path"
    assert_right(Path(path), FILES)
    assert shared.hub.body_bytes() <= 1.02 * TOTAL


def test_the_second_may_leave_and_discard_without_harming_the_first(shared: World) -> None:
    owner = shared.downloader()
    shared.hub.wait_for_bytes(MIB, pattern="model.bin")
    job = shared.start(max_connections=1, allow_patterns="model.bin")
    wait_until(lambda: job.snapshot().bytes_downloaded > MIB, "the owner's progress")

    job.cancel(discard=True)
    with pytest.raises(mf.DownloadCancelled):
        job.result(20)

    word, path = ending(owner)
    assert word == "path"
    assert_right(Path(path), FILES)
    assert shared.hub.body_bytes() <= 1.02 * TOTAL


def test_the_second_takes_over_when_the_first_is_killed(shared: World) -> None:
    owner = shared.downloader(max_connections=2)
    shared.hub.wait_for_bytes(2 * MIB, pattern="model.bin")
    follower = shared.downloader()
    assert follower.stdout
    wait_until(lambda: json.loads(follower.stdout.readline())[1] > MIB, "the owner's progress")  # type: ignore[union-attr]  # asserted

    owner.kill()
    owner.wait()

    word, path = ending(follower)
    assert word == "path"
    assert_right(Path(path), FILES)
    assert shared.hub.body_bytes() <= TOTAL + 2 * LOST_PER_CONNECTION
    assert shared.left_over() == []


def test_the_second_takes_over_when_the_first_is_cancelled(shared: World) -> None:
    first = shared.start(max_connections=2)
    shared.hub.wait_for_bytes(MIB, pattern="model.bin")
    second = shared.start()
    wait_until(lambda: second.snapshot().bytes_downloaded > 2 * MIB, "progress")

    first.cancel()

    assert_right(second.result(30).path, FILES)
    assert threads_that_stay() == []
    assert shared.hub.body_bytes() <= TOTAL + 2 * LOST_PER_CONNECTION


def test_a_killed_process_lock_blocks_nobody(shared: World) -> None:
    owner = shared.downloader()
    shared.hub.wait_for_bytes(MIB)
    owner.kill()
    owner.wait()
    shared.hub.bandwidth = None

    assert_right(shared.download().path, FILES)


if sys.platform != "win32":  # no process can be stopped and continued there

    def test_an_owner_that_is_stopped_and_continued_never_spoils_the_result(shared: World) -> None:
        """As a laptop that sleeps: what it still holds in its hands must not be written over what others published."""
        owner = shared.downloader()
        shared.hub.wait_for_bytes(2 * MIB)
        owner.send_signal(signal.SIGSTOP)
        follower = shared.downloader(stall_timeout=1.0)
        assert follower.stdout
        follower.stdout.readline()

        owner.send_signal(signal.SIGCONT)

        for child in (owner, follower):
            word, path = ending(child)
            assert word == "path"
            assert_right(Path(path), FILES)
        assert shared.left_over() == []


def test_other_files_are_fetched_while_one_is_waited_for(shared: World) -> None:
    shared.hub.bandwidth = None
    shared.hub.inject(Stall(after=MIB, match="model.bin", times=None))
    owner = shared.start(max_connections=1, allow_patterns="model.bin")
    shared.hub.wait_for_bytes(MIB, pattern="model.bin")

    follower = shared.start()

    wait_until(lambda: follower.snapshot().files_done == 2, "the other files")
    assert not follower.done()
    for job in (owner, follower):
        job.cancel()
        with contextlib.suppress(mf.DownloadCancelled):
            job.result(20)


# ---------------------------------------------------------------- locks that lie

LYING = f"""
import fcntl
fcntl.flock = lambda *_: None
fcntl.lockf = lambda *_: None
{DOWNLOADER}
"""
"""A file system on which everybody gets every lock."""

if sys.platform != "win32":  # there locks are not flock's

    @pytest.mark.parametrize("processes", [2, 4])
    def test_where_locks_lie_somebody_finishes_and_nothing_wrong_is_published(shared: World, processes: int) -> None:
        options = json.dumps(shared.options(), default=str)
        children = [shared.run(LYING, REPO, options) for _ in range(processes)]

        endings = [ending(child, timeout=100) for child in children]

        paths = {Path(value) for word, value in endings if word == "path"}
        assert paths, endings
        assert {word for word, _ in endings} <= {"path", "NetworkError", "CacheError", "IntegrityError"}
        assert_right(paths.pop(), FILES)
        shared.hub.bandwidth = None
        assert_right(shared.download().path, FILES)
        assert shared.left_over() == []

    def test_where_locks_lie_a_rerun_after_a_kill_is_right(shared: World) -> None:
        options = json.dumps(shared.options(), default=str)
        children = [shared.run(LYING, REPO, options) for _ in range(2)]
        shared.hub.wait_for_bytes(3 * MIB, timeout=60)  # who was usurped leaves a file alone for ten seconds
        for child in children:
            child.kill()
            child.wait()
        shared.hub.bandwidth = None

        assert_right(shared.download().path, FILES)
        assert shared.left_over() == []

    def test_where_locks_lie_an_owner_that_slept_while_another_finished_is_right_too(shared: World) -> None:
        options = json.dumps(shared.options(), default=str)
        sleeper = shared.run(LYING, REPO, options)
        shared.hub.wait_for_bytes(2 * MIB)
        sleeper.send_signal(signal.SIGSTOP)
        shared.hub.bandwidth = None
        word, path = ending(shared.run(LYING, REPO, options), timeout=100)
        assert word == "path"
        assert_right(Path(path), FILES)

        sleeper.send_signal(signal.SIGCONT)

        assert ending(sleeper, timeout=100) == ("path", path)
        assert_right(Path(path), FILES)
        assert shared.left_over() == []


def test_two_repos_at_once_do_not_know_of_each_other(shared: World) -> None:
    shared.hub.add_repo("org/other", FILES)
    barrier = threading.Barrier(2)

    def fetch(model: str) -> mf.DownloadResult:
        barrier.wait()
        return shared.download(model)

    with ThreadPoolExecutor(2) as pool:
        for result in pool.map(fetch, [REPO, "org/other"]):
            assert_right(result.path, FILES)
