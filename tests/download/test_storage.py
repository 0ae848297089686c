"""Room on the disk: what all running downloads still bring has to fit, and a disk that fills up is said to be full."""

from __future__ import annotations

import errno
import os
import threading
from math import ceil
from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch.adapters.cache import RepoCache, wants
from modelfetch.testing import Stall, Synthetic

from .kit import CONFIG, MIB, REPO, SIZE, TOTAL, assert_right, state_of, threads_that_stay, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .kit import World

SECOND = "org/second"
SECOND_SIZE = 2_000_000
HEADROOM = 1.2


@pytest.fixture
def two(world: World) -> Iterator[World]:
    """Two repos of which nothing large arrives until the hub is healed; whatever still runs then is cancelled."""
    world.publish()
    world.hub.add_repo(SECOND, {"second.bin": Synthetic(SECOND_SIZE, 2)})
    world.hub.inject(Stall(match="*.bin", times=None))
    yield world
    world.hub.heal()


def free(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """A disk with so many bytes to write on."""
    monkeypatch.setattr(RepoCache, "free_bytes", lambda _: count)


def running(world: World, model: str = REPO, **options: Any) -> mf.DownloadJob:
    """A download that was let in, has asked for its weights, and gets none."""
    asked = len(stalled(world))
    job = world.start(model, **options)
    wait_until(lambda: len(stalled(world)) > asked, "a request for weights")
    wait_until(lambda: model != REPO or job.snapshot().files_done == 2, "the small files")
    return job


def stalled(world: World) -> list[str]:
    return [each.path for each in world.hub.requests if each.where == "cdn" and each.file.endswith(".bin")]


def ended(*jobs: mf.DownloadJob) -> None:
    for job in jobs:
        job.cancel()
    assert all(isinstance(job.exception(10), mf.DownloadCancelled) for job in jobs)
    assert threads_that_stay() == []


def refused(world: World, model: str = SECOND, **options: Any) -> mf.InsufficientStorageError:
    before = world.hub.body_bytes()
    with pytest.raises(mf.InsufficientStorageError) as caught:
        world.download(model, **options)
    assert world.hub.body_bytes() == before
    return caught.value


def notes(world: World) -> list[Path]:
    return sorted(world.cache.rglob(".modelfetch/v1/wants/*"))


# ------------------------------------------------------------------ before the first byte


def test_a_lone_download_needs_what_it_misses_and_a_fifth_more(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.publish()
    free(monkeypatch, ceil(TOTAL * HEADROOM) - 1)

    error = refused(world, REPO)

    assert (error.required, error.available) == (ceil(TOTAL * HEADROOM), ceil(TOTAL * HEADROOM) - 1)
    assert state_of(world.cache).keys() == {"."}
    free(monkeypatch, ceil(TOTAL * HEADROOM))
    assert_right(world.download().path)


def test_what_was_kept_needs_no_room_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.publish()
    world.interrupted(MIB)
    remaining = world.plan().remaining_bytes
    assert remaining < TOTAL - MIB // 2
    free(monkeypatch, 0)

    assert refused(world, REPO).required == ceil(remaining * HEADROOM)
    assert world.plan().remaining_bytes == remaining


def test_a_download_that_only_fits_without_the_one_that_runs_is_refused_and_told_why(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = running(two)
    both = ceil((SIZE + SECOND_SIZE) * HEADROOM)
    free(monkeypatch, both - 1)

    error = refused(two)

    assert (error.required, error.available) == (both, both - 1)
    assert "3.00 MB that another running download still needs" in str(error)
    assert not (two.cache / "models--org--second").exists()
    free(monkeypatch, both)
    other = running(two, SECOND)
    ended(job, other)


def test_what_two_downloads_of_one_repo_share_counts_once(two: World, monkeypatch: pytest.MonkeyPatch) -> None:
    free(monkeypatch, ceil(TOTAL * HEADROOM))
    job = running(two)
    other = two.start(allow_patterns="*.bin")

    wait_until(lambda: other.snapshot().bytes_total == SIZE, "the gate")
    wait_until(lambda: other.snapshot().message, "following")

    assert not other.done()
    ended(job, other)


def test_a_download_in_another_cache_folder_of_this_process_counts(
    two: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    job = running(two, cache_dir=tmp_path / "another")
    free(monkeypatch, SECOND_SIZE * 2)

    assert refused(two).required == ceil((SIZE + SECOND_SIZE) * HEADROOM)
    ended(job)
    free(monkeypatch, ceil(SECOND_SIZE * HEADROOM))
    ended(running(two, SECOND))


def test_a_download_of_another_process_counts_until_it_dies(two: World, monkeypatch: pytest.MonkeyPatch) -> None:
    child = two.downloader()
    wait_until(lambda: stalled(two) and len(list((two.folder / "blobs").glob("*"))) == 2, "the other process")
    free(monkeypatch, ceil(SECOND_SIZE * HEADROOM))

    assert refused(two).required == ceil((SIZE + SECOND_SIZE) * HEADROOM)

    child.kill()
    child.wait()
    assert notes(two) != []
    ended(running(two, SECOND))


def test_of_downloads_that_begin_at_the_same_instant_no_two_pass_where_one_fits(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = ceil(SIZE * HEADROOM) + 1000
    together = threading.Barrier(2)

    def seen_together(_: RepoCache) -> int:
        together.wait(10)  # both have declared, both have added up, and none has begun
        return room

    monkeypatch.setattr(RepoCache, "free_bytes", seen_together)

    jobs = [two.start(), two.start(SECOND)]

    wait_until(lambda: any(job.done() for job in jobs), "a refusal")
    for job in jobs:
        job.cancel()
    outcomes = [type(job.exception(10)) for job in jobs]
    assert mf.InsufficientStorageError in outcomes
    assert set(outcomes) <= {mf.InsufficientStorageError, mf.DownloadCancelled}
    assert threads_that_stay() == []


def test_an_ended_download_counts_no_more(two: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ended(running(two))
    free(monkeypatch, ceil(SECOND_SIZE * HEADROOM))

    ended(running(two, SECOND))


def test_where_no_lock_tells_no_other_download_is_counted(two: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wants, "take", lambda _: wants.Lock(None))
    job = running(two)
    free(monkeypatch, ceil(SECOND_SIZE * HEADROOM))

    other = running(two, SECOND)

    ended(job, other)


def test_repos_in_which_nothing_runs_are_not_looked_into(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.publish()
    for number in range(200):
        (world.cache / f"models--org--m{number}" / "snapshots").mkdir(parents=True)
    looked: list[str] = []
    look = wants.entries
    monkeypatch.setattr(wants, "entries", lambda folder: looked.append(folder) or look(folder))
    monkeypatch.setattr(wants, "read_own", lambda _: pytest.fail("a note was read where there is none"))

    world.download()

    assert len([folder for folder in looked if not folder.startswith(f"{world.folder}{os.sep}")]) == 200


# ------------------------------------------------------------------ the note


def test_while_a_download_runs_its_note_says_what_it_wants(two: World) -> None:
    job = running(two)

    [note] = [path for path in notes(two) if path.suffix == ".json"]
    text = note.read_text()

    assert '"schema": "modelfetch.want/1"' in text
    assert all(file.blob_id in text for file in two.plan().files)
    assert "hf_" not in text
    assert two.hub.endpoint not in text
    ended(job)


def test_a_download_that_kept_bytes_leaves_its_note_and_the_next_one_replaces_it(world: World) -> None:
    world.publish()
    world.interrupted(MIB)
    [first] = notes(world)

    world.interrupted(2 * MIB)

    [second] = notes(world)
    assert first != second
    assert_right(world.download().path)
    assert notes(world) == []


def test_a_cancel_that_discards_leaves_no_note(two: World) -> None:
    job = running(two)

    job.cancel(discard=True)

    assert isinstance(job.exception(10), mf.DownloadCancelled)
    assert threads_that_stay() == []
    assert notes(two) == []


def test_nothing_is_noted_where_nothing_is_to_be_fetched(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.publish()
    world.download()
    monkeypatch.setattr(wants, "declare", lambda *_: pytest.fail("a note was written"))

    assert_right(world.download().path)


# ------------------------------------------------------------------ a disk that is full


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_disk_too_full_for_the_note_is_refused_with_the_same_numbers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.publish()
    monkeypatch.setattr(wants, "replace_text", full)

    error = refused(world, REPO)

    assert error.required == ceil(TOTAL * HEADROOM)
    assert error.available is not None
    assert state_of(world.cache).keys() == {"."}


def test_a_disk_that_fills_up_later_is_told_what_is_still_to_come(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.publish()
    world.hub.bandwidth = 6_000_000
    room, write = [MIB], os.pwrite

    def filling(fd: int, data: Any, offset: int) -> int:
        if len(data) > room[0]:
            full()
        room[0] -= len(data)
        return write(fd, data, offset)

    monkeypatch.setattr(os, "pwrite", filling, raising=False)
    with pytest.raises(mf.InsufficientStorageError, match="The disk is full") as caught:
        world.download()

    assert threads_that_stay() == []
    kept = world.plan()
    assert 0 < kept.remaining_bytes < TOTAL - len(CONFIG)
    assert caught.value.required == ceil(kept.remaining_bytes * HEADROOM)
    assert caught.value.available is not None
    assert [path.suffix for path in notes(world)] == [".json"]
    room[0], world.hub.bandwidth = TOTAL, None
    assert_right(world.download().path)
    assert notes(world) == []
