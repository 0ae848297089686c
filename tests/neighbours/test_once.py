"""What many want, threads of one process, plans, repos or processes, is fetched once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf

from ..download.kit import REPO, Watched, assert_right
from .company import FILES, ONCE, SIZE, SPEED, TOTAL, assert_once, peer

if TYPE_CHECKING:
    from ..download.kit import World

OTHER = "org/other"


@pytest.mark.parametrize("processes", [2, 8])
def test_processes_that_want_one_repo_fetch_it_once_and_all_show_it(shared: World, processes: int) -> None:
    peers = [peer(shared) for _ in range(processes)]

    [path] = {each.path() for each in peers}

    assert_right(path, FILES)
    for each in peers:
        each.assert_sound()
    assert_once(shared)


def test_jobs_of_one_process_that_want_one_repo_fetch_it_once_and_all_show_it(shared: World) -> None:
    watched = [Watched(shared.hub) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda progress: shared.download(progress=progress), watched))

    [path] = {result.path for result in results}
    assert_right(path, FILES)
    for each in watched:
        each.assert_sound()
        assert each.bytes[-1] == TOTAL
    assert sum(result.bytes_transferred for result in results) <= ONCE * TOTAL
    assert_once(shared)


def test_what_is_reused_and_what_is_transferred_add_up_for_everybody(shared: World) -> None:
    """A byte that somebody else brought was reused, one that we brought was transferred."""
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda _: shared.download(), range(3)))

    for result in results:
        assert result.bytes_reused + result.bytes_transferred == TOTAL, result


def test_plans_that_overlap_fetch_what_they_share_once(shared: World) -> None:
    spec = mf.ModelSpec("weights", REPO, ignore_patterns="second*")
    wanted: list[tuple[str | mf.ModelSpec, dict[str, object]]] = [
        (REPO, {"allow_patterns": "*.bin"}),
        (REPO, {"allow_patterns": ["model.bin", "config.json"]}),
        (spec, {}),
        (REPO, {}),
    ]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda each: shared.download(each[0], **each[1]), wanted))

    assert_once(shared)
    assert_right(shared.download().path, FILES)


def test_two_commits_that_share_a_file_fetch_it_once(shared: World) -> None:
    repo = shared.hub.add_repo(REPO, FILES)
    old = repo.sha
    repo.commit({"config.json": b'{"n": 2}'})

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda revision: shared.download(revision=revision), [old, "main"])

    assert_right(first.path, FILES)
    assert_right(second.path, {**FILES, "config.json": b'{"n": 2}'})
    assert shared.hub.body_bytes("*.bin") <= ONCE * TOTAL


def test_one_content_under_many_paths_is_fetched_once(world: World) -> None:
    files = {"a.bin": FILES["model.bin"], "b/c.bin": FILES["model.bin"], "d.bin": FILES["model.bin"]}
    world.publish(files)

    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda path: world.download(allow_patterns=[path, "d.bin"]), files))

    assert all(result.progress.bytes_downloaded == result.progress.bytes_total for result in results)
    assert_right(world.download().path, files)
    assert world.hub.body_bytes() <= ONCE * SIZE


def test_two_repos_with_the_same_content_fetch_it_once_each(shared: World) -> None:
    """Each repo has a ``blobs`` folder, and locks, of its own: neither waits for the other."""
    shared.hub.add_repo(OTHER, FILES)
    shared.hub.bandwidth = 2 * SPEED
    barrier = threading.Barrier(4)

    def fetch(model: str) -> mf.DownloadResult:
        barrier.wait()
        return shared.download(model)

    with ThreadPoolExecutor(4) as pool:
        for result in pool.map(fetch, [REPO, OTHER, REPO, OTHER]):
            assert_right(result.path, FILES)
    assert shared.hub.body_bytes() <= ONCE * 2 * TOTAL
    assert shared.left_over() == []
