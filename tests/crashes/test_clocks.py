"""A wall clock that jumps, and files dated by another machine's, change nothing: what is kept stays kept."""

from __future__ import annotations

import itertools
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf
from modelfetch.testing import Stall

from ..download.kit import Watched, assert_right, ending, wait_until
from .kit import FILES, SIZE, assert_finished

if TYPE_CHECKING:
    from pathlib import Path

    from ..download.kit import World

YEAR = 365 * 86_400
TIMES = {"1980": 10 * YEAR, "2090": 120 * YEAR}


def date(folder: Path, seconds: float) -> None:
    """Let everything below be as old as that."""
    for path in (folder, *folder.rglob("*")):
        with suppress(FileNotFoundError):  # an owner who lives goes on meanwhile: what it writes aside gets its name
            os.utime(path, (seconds, seconds), follow_symlinks=os.utime not in os.supports_follow_symlinks)


@pytest.mark.parametrize("year", TIMES)
def test_what_was_kept_at_another_time_is_not_fetched_again(world: World, year: str) -> None:
    world.publish(FILES)
    world.hub.inject(Stall(after=SIZE - 100_000, match="model.bin", times=None))
    job = world.start(max_connections=1)
    wait_until(lambda: job.snapshot().bytes_downloaded > SIZE // 3, "two blocks")
    job.cancel()
    with pytest.raises(mf.DownloadCancelled):
        job.result(20)
    world.hub.heal()
    kept = world.plan()
    assert kept.partial_bytes
    date(world.cache, TIMES[year])
    world.hub.wait_until_quiet()
    world.hub.clear()

    assert_right(world.download().path, FILES)

    assert world.hub.body_bytes("*model.bin*") == SIZE - kept.partial_bytes
    assert_finished(world, FILES)


def test_a_clock_that_jumps_at_every_look_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.publish(FILES)
    jumps = itertools.cycle([-40 * YEAR, 0, 60 * YEAR, -3600, 7200])
    real, real_ns = time.time, time.time_ns
    monkeypatch.setattr(time, "time", lambda: real() + next(jumps))
    monkeypatch.setattr(time, "time_ns", lambda: real_ns() + next(jumps) * 1_000_000_000)
    watched = Watched(world.hub)

    result = world.download(progress=watched)

    watched.assert_sound()
    assert result.elapsed < 60
    monkeypatch.undo()
    assert_right(result.path, FILES)
    assert world.hub.body_bytes("*model.bin*") == SIZE


@pytest.mark.parametrize("year", TIMES)
def test_an_owner_whose_clock_is_another_is_followed_all_the_same(world: World, year: str) -> None:
    """As on a file server: the owner's files carry the server's time, an abandoned one of a neighbour's ours."""
    repo = world.publish(FILES)
    world.hub.bandwidth = SIZE // 2
    owner = world.downloader(max_connections=1)
    wait_until(lambda: list(world.guests.glob("*.part")), "the owner")
    abandoned = world.folder / "blobs" / f"{repo.files['model.bin'].etag}.1a2b3c4d.incomplete"
    abandoned.write_bytes(bytes(SIZE // 4))
    date(world.guests, TIMES[year])
    watched = Watched(world.hub)

    result = world.download(progress=watched)

    watched.assert_sound()
    assert ending(owner)[0] == "path"
    abandoned.unlink()
    assert_right(result.path, FILES)
    assert world.hub.body_bytes("*model.bin*") <= 1.02 * SIZE
