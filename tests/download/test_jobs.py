"""A job is a handle that any thread may hold: pulled from, subscribed to, awaited, cancelled."""

from __future__ import annotations

import logging
import queue
import threading
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf
from modelfetch.testing import NoAnswer, Stall

from .kit import MIB, TOTAL, Watched, assert_right, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .kit import World

S = mf.DownloadStatus


def test_starting_returns_at_once_and_raises_nothing_of_the_download(world: World) -> None:
    world.hub.inject(NoAnswer(where="info"))

    job = world.start("org/nothing")

    assert not job.done()
    assert job.snapshot().status is S.PENDING
    job.cancel()
    assert isinstance(job.exception(20), mf.DownloadCancelled)


def test_a_job_ends_with_its_result(world: World) -> None:
    world.publish()

    job = world.start()

    assert_right(job.result(20).path)
    assert job.done()
    assert job.exception() is None
    assert job.snapshot().status is S.COMPLETE
    assert job.snapshot().bytes_downloaded == TOTAL


def test_a_job_goes_where_the_call_meant_whatever_the_process_does_next(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world.publish()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_ENDPOINT", world.hub.endpoint)
    manager = mf.DownloadManager(cache_dir="here", queue=True, token=False)
    with manager:
        jobs = [mf.start_download("org/model", cache_dir="there"), *map(manager.start, ("org/model", "org/other"))]
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")

        for job, folder in zip(jobs, ("there", "here"), strict=False):
            assert_right(job.result(20).path)
            assert job.result().path.is_relative_to(tmp_path / folder)
        assert isinstance(jobs[2].exception(20), mf.ModelNotFoundError)  # it was asked for, when its turn came
        assert isinstance(manager.state("org/model"), mf.Downloaded)


def test_an_account_that_cannot_be_had_is_the_jobs_error(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)

    job = mf.start_download("org/model", token=True, endpoint=world.hub.endpoint)

    assert isinstance(job.exception(20), mf.AuthenticationError)


def test_a_job_that_fails_raises_the_same_error_each_time(world: World) -> None:
    job = world.start("org/nothing")

    with pytest.raises(mf.ModelNotFoundError) as caught:
        job.result(20)

    assert job.exception() is caught.value
    assert (job.snapshot().status, job.snapshot().error) == (S.ERROR, "ModelNotFoundError")


def test_a_result_that_is_not_there_in_time_is_a_timeout_and_nothing_else(world: World) -> None:
    world.publish()
    world.hub.bandwidth = 3_000_000
    job = world.start()

    with pytest.raises(TimeoutError):
        job.result(0.05)

    assert_right(job.result(20).path)


def test_snapshots_can_be_taken_on_any_thread_and_never_go_back(world: World) -> None:
    world.publish()
    world.hub.bandwidth = 6_000_000
    job = world.start()
    seen: list[list[int]] = [[], []]

    def draw(into: list[int]) -> None:
        while not job.done():
            into.append(job.snapshot().bytes_downloaded)

    threads = [threading.Thread(target=draw, args=(into,)) for into in seen]
    for thread in threads:
        thread.start()
    job.result(20)
    for thread in threads:
        thread.join()

    assert all(each == sorted(each) for each in seen)
    assert any(len(set(each)) > 2 for each in seen)


def test_a_subscriber_gets_the_first_and_the_terminal_snapshot_before_the_result(world: World) -> None:
    world.publish()
    world.hub.bandwidth = 6_000_000
    watched = Watched(world.hub)
    job = world.start()
    job.subscribe(watched, interval=0.01)

    job.result(20)

    watched.assert_sound()
    assert watched.final == [S.COMPLETE]
    assert watched.bytes[-1] == TOTAL
    assert threading.get_ident() not in watched.threads


def test_a_subscriber_that_comes_late_gets_the_end(world: World) -> None:
    world.publish()
    job = world.start()
    job.result(20)
    watched = Watched(world.hub)

    job.subscribe(watched)

    wait_until(lambda: watched.final, "the terminal snapshot")
    assert watched.bytes[-1] == TOTAL


def test_a_subscriber_that_comes_in_between_begins_where_the_download_is(world: World) -> None:
    world.publish()
    world.hub.bandwidth = 3_000_000
    job = world.start()
    wait_until(lambda: job.snapshot().bytes_downloaded > 0, "bytes have arrived")
    before = job.snapshot().bytes_downloaded
    told: list[mf.DownloadProgress] = []

    job.subscribe(told.append)

    job.result(20)
    assert told[0].bytes_downloaded >= before


def test_progress_given_to_start_is_a_subscriber(world: World) -> None:
    world.publish()
    watched = Watched(world.hub)

    world.start(progress=watched).result(20)

    assert watched.final == [S.COMPLETE]


def test_who_unsubscribed_is_told_nothing_more(world: World) -> None:
    world.publish()
    world.hub.inject(Stall(after=MIB, match="model.bin"))
    watched = Watched(world.hub)
    job = world.start()
    unsubscribe = job.subscribe(watched, interval=0.01)
    wait_until(lambda: watched.seen, "a first snapshot")

    unsubscribe()
    job.cancel()
    with pytest.raises(mf.DownloadCancelled):
        job.result(20)

    assert watched.final == []


def test_post_is_called_with_a_callable_that_takes_nothing(world: World) -> None:
    """As a GUI has it: deliveries are queued, and made on the one thread that may draw."""
    world.publish()
    watched = Watched(world.hub)
    posted: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
    job = world.start()
    job.subscribe(watched, post=posted.put)
    job.result(20)
    assert not watched.seen

    while not posted.empty():
        posted.get()()

    assert watched.threads == {threading.get_ident()}
    assert watched.final == [S.COMPLETE]


def test_a_subscriber_that_raises_is_logged_and_dropped_and_the_download_goes_on(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.publish()
    world.hub.bandwidth = 6_000_000
    calls = list[object]()

    def broken(progress: object) -> None:
        calls.append(progress)
        message = "the host's own bug"
        raise RuntimeError(message)

    watched = Watched(world.hub)
    job = world.start()
    with caplog.at_level(logging.DEBUG):
        job.subscribe(broken, interval=0.01)
        job.subscribe(watched, interval=0.01)
        assert_right(job.result(20).path)

    assert len(calls) == 1
    assert watched.final == [S.COMPLETE]
    assert "the host's own bug" in caplog.text


def test_a_subscriber_that_raises_where_it_was_posted_to_is_dropped_too(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.publish()
    world.hub.bandwidth = 6_000_000
    calls = list[object]()

    def broken(progress: object) -> None:
        calls.append(progress)
        message = "the host's own bug"
        raise RuntimeError(message)

    job = world.start()
    with caplog.at_level(logging.DEBUG):
        job.subscribe(broken, interval=0.01, post=lambda call: call())
        assert_right(job.result(20).path)

    assert len(calls) == 1


def test_what_was_posted_before_unsubscribing_is_not_delivered_after(world: World) -> None:
    """As a window has it that is closed while its event queue still holds a delivery."""
    world.publish()
    watched = Watched(world.hub)
    posted: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
    job = world.start()
    unsubscribe = job.subscribe(watched, post=posted.put)
    job.result(20)
    unsubscribe()

    while not posted.empty():
        posted.get()()

    assert watched.seen == []


def test_a_subscriber_that_is_slow_delays_nobody_but_itself(world: World) -> None:
    world.publish()
    release = threading.Event()
    watched = Watched(world.hub)
    job = world.start()
    job.subscribe(lambda _: release.wait(30))
    job.subscribe(watched, interval=0.01)

    wait_until(job.done, "the end")

    wait_until(lambda: watched.final, "the terminal snapshot of the other")
    release.set()


def test_done_callbacks_are_called_once_with_the_job_however_late_they_come(world: World) -> None:
    world.publish()
    world.hub.bandwidth = 6_000_000
    called = list[mf.DownloadJob]()
    job = world.start()
    job.add_done_callback(called.append)
    assert called == []
    job.result(20)
    wait_until(lambda: called, "the callback")

    job.add_done_callback(called.append)

    assert called == [job, job]


def test_a_done_callback_that_raises_is_no_harm(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.publish()
    job = world.start()
    with caplog.at_level(logging.DEBUG):
        job.add_done_callback(lambda _: 1 / 0)

        assert_right(job.result(20).path)

    wait_until(lambda: "ZeroDivisionError" in caplog.text, "the log")


def test_who_only_followed_another_download_and_discards_says_nothing_of_the_others_bytes(world: World) -> None:
    world.publish()
    world.hub.bandwidth = 1_000_000
    owner = world.start()
    wait_until(lambda: owner.snapshot().bytes_downloaded, "the first bytes")
    follower = world.start()
    wait_until(lambda: follower.snapshot().bytes_total, "its plan")

    follower.cancel(discard=True)

    assert "What it had fetched of unfinished files was discarded;" in str(follower.exception(20))
    assert "anew" not in str(follower.exception())
    world.hub.bandwidth = None
    assert_right(owner.result(20).path)


AT_EXIT = """
import sys
import modelfetch as mf

job = mf.start_download("org/model", token=False)
while job.snapshot().bytes_downloaded < 500_000:
    pass
print(flush=True)
"""


def test_a_process_that_ends_in_the_middle_ends_and_keeps_the_bytes(world: World) -> None:
    world.publish()
    world.hub.inject(Stall(after=MIB, match="model.bin"))
    child = world.run(AT_EXIT)

    out, err = child.communicate(timeout=30)

    assert (child.returncode, out, err) == (0, "\n", "")
    assert sum(journal.kept.size for journal in world.journals().values()) >= 500_000


NEVER_BEGUN = """
import threading
import modelfetch as mf

start = threading.Thread.start

def interrupted(thread):
    if thread.name == "modelfetch-job":
        raise KeyboardInterrupt
    start(thread)

threading.Thread.start = interrupted
try:
    mf.start_download("org/model", token=False)
except KeyboardInterrupt as error:
    kept, threading.Thread.start = error, start
job = mf.start_download("org/model", token=False)
while job.snapshot().bytes_downloaded < 500_000:
    pass
"""


def test_a_download_that_never_began_does_not_disturb_the_exit(world: World) -> None:
    world.publish()
    world.hub.inject(Stall(after=MIB, match="model.bin"))
    child = world.run(NEVER_BEGUN)

    out, err = child.communicate(timeout=30)

    assert (child.returncode, out, err) == (0, "", "")


AFTER_EXIT = """
import atexit
import modelfetch as mf

@atexit.register
def after_the_hook():
    late = manager.start("org/third")
    try:
        mf.download("org/model", token=False)
    except mf.DownloadCancelled as error:
        print(type(error).__name__)
    for job in (*jobs, late):
        print(type(job.exception(0)).__name__)

manager = mf.DownloadManager(queue=True, token=False)
jobs = [manager.start("org/model"), manager.start("org/other"), manager.start("org/more")]
while jobs[0].snapshot().bytes_downloaded < 500_000:
    pass
"""


def test_once_the_process_ends_nothing_starts_any_more(world: World) -> None:
    """Not what waits for its turn, and not what is asked for by then."""
    world.publish()
    for other in ("org/other", "org/more", "org/third"):
        world.hub.add_repo(other, {"model.bin": b"other"})
    world.hub.inject(Stall(after=MIB, match="model.bin"))
    child = world.run(AFTER_EXIT)

    out, err = child.communicate(timeout=30)

    assert (child.returncode, out.split(), err) == (0, ["DownloadCancelled"] * 5, "")
    assert [each.path for each in world.hub.requests if each.where == "info"] == [world.hub.requests[0].path]
