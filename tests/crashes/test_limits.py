"""What a process or a file system does not allow ends in an error that says so, before the first byte where it can be told."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf
from modelfetch.adapters.cache import RepoCache
from modelfetch.core.planning.listing import FileEntry

from .kit import FILES, REPO, SIZE, Round, assert_healthy, failures
from .mounts import ext2

if TYPE_CHECKING:
    from ..download.kit import World
    from .kit import Dying

TIB = 1 << 40

if sys.platform == "linux":

    def test_a_process_that_may_open_few_files_fails_plainly_or_finishes(
        world: World, dying: Dying, tmp_path: Path
    ) -> None:
        world.publish(FILES)
        again = Round.of(world, dying, tmp_path / "before", {})
        endings: set[str] = set()

        def ends_plainly(limit: int) -> None:
            again.put_back(world)
            ending = dying.run(world, limits={"RLIMIT_NOFILE": limit})
            assert ending.ended in {0, 1}, "a bare exception, or worse"
            endings.add((ending.error or {"type": "done"})["type"])
            assert_healthy(world, FILES)
            again.finish(world)

        assert not failures({str(limit): partial(ends_plainly, limit) for limit in range(5, 26)})
        assert endings <= {"done", "CacheError", "NetworkError"}
        assert {"done", "CacheError"} <= endings

    def test_a_file_larger_than_the_process_may_write_is_refused_before_its_first_byte(
        world: World, dying: Dying
    ) -> None:
        world.publish(FILES)

        ending = dying.run(world, limits={"RLIMIT_FSIZE": SIZE - 1})

        assert ending.error
        assert ending.error["type"] == "CacheError"
        assert "ulimit -f" in ending.error["message"]
        assert world.hub.body_bytes("*model.bin*") == 0
        assert dying.run(world, limits={"RLIMIT_FSIZE": SIZE}).ended == 0

    @pytest.mark.mounts
    def test_a_file_larger_than_the_file_system_can_hold_is_refused_before_its_first_byte(tmp_path: Path) -> None:
        """FAT ends at 4 GiB; this one at 16 GiB, and nothing has to be that large to show it."""
        with ext2(tmp_path) as place:
            cache = RepoCache(place / "hub", REPO)
            with pytest.raises(mf.CacheError, match="FAT ends at 4 GiB"):
                cache.claim(FileEntry("model.bin", TIB, "a" * 64, "a" * 64), "c" * 40)
            assert list((place / "hub").rglob("*.part")) == []

    def test_a_path_that_is_too_long_is_named_before_the_first_byte(world: World) -> None:
        """A name within every limit, below a cache folder that leaves no room for it."""
        folder = "/".join(["long" * 49] * 5)
        name = f"{folder}/model.bin"
        world.publish({name: b"weights", "config.json": b"{}"})
        deep = Path(world.cache, *["deep" * 50] * 15)
        deep.mkdir(parents=True)
        world.cache = deep

        with pytest.raises(mf.CacheError, match="too long") as caught:
            world.download()

        assert name in str(caught.value)
        assert world.hub.body_bytes() == 0
        assert os.listdir(deep) == []  # noqa: PTH208 - names are enough
