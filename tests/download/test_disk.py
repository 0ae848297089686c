"""What the disk does to a download: it fills up, it refuses, it knows no links."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch.testing import Synthetic

from .kit import FILES, MIB, SIZE, TOTAL, WEIGHTS, Files, assert_right, ending, threads_that_stay

if TYPE_CHECKING:
    from pathlib import Path

    from .kit import World


class Filling:
    """A disk on which so many bytes can be written at positions, and no more."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: int, code: int = errno.ENOSPC) -> None:
        self.room = room
        self._code = code
        self._write = os.pwrite
        monkeypatch.setattr(os, "pwrite", self)

    def __call__(self, fd: int, data: Any, offset: int) -> int:
        if len(data) > self.room:
            raise OSError(self._code, os.strerror(self._code))
        self.room -= len(data)
        return self._write(fd, data, offset)


if hasattr(os, "pwrite"):

    def test_a_disk_that_fills_up_stops_the_download_and_keeps_the_bytes(
        world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.publish()
        world.hub.bandwidth = 6_000_000
        disk = Filling(monkeypatch, 2 * MIB)

        with pytest.raises(mf.InsufficientStorageError) as caught:
            world.download()

        assert caught.value.available is not None
        assert threads_that_stay() == []
        kept = world.plan()
        assert kept.partial_bytes + kept.cached_bytes >= MIB
        disk.room = TOTAL
        world.hub.bandwidth = None
        world.hub.clear()
        assert_right(world.download().path)
        assert world.hub.body_bytes() == kept.remaining_bytes

    @pytest.mark.parametrize("code", [errno.EIO, errno.EROFS, errno.EFBIG])
    def test_a_disk_that_refuses_is_a_cache_error_that_names_the_file(
        world: World, monkeypatch: pytest.MonkeyPatch, code: int
    ) -> None:
        world.publish()
        Filling(monkeypatch, 0, code)

        with pytest.raises(mf.CacheError, match=os.strerror(code)) as caught:
            world.download()

        assert caught.value.path
        assert str(world.cache) in caught.value.path


@pytest.fixture
def no_links(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A file system that makes no symbolic link."""
    monkeypatch.setenv("HF_HUB_DISABLE_SYMLINKS", "1")
    return world


def links_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_symlink()]


def test_without_links_a_snapshot_holds_the_files_themselves(no_links: World) -> None:
    no_links.publish()

    result = no_links.download()

    assert_right(result.path)
    assert links_in(no_links.cache) == []
    assert no_links.left_over() == []
    assert sum(path.stat().st_size for path in no_links.cache.rglob("*") if path.is_file()) < 1.1 * TOTAL


def test_without_links_a_complete_model_costs_no_byte(no_links: World) -> None:
    repo = no_links.publish()
    no_links.download()
    no_links.hub.clear()

    assert_right(no_links.download().path)
    assert no_links.hub.body_bytes() == 0
    no_links.hub.clear()
    assert_right(no_links.download(revision=repo.sha).path)
    assert no_links.hub.requests == ()


def test_without_links_one_content_under_two_paths_is_fetched_once(no_links: World) -> None:
    files: Files = {"a/model.bin": WEIGHTS, "b/model.bin": WEIGHTS}
    no_links.publish(files)

    assert_right(no_links.download().path, files)
    assert no_links.hub.body_bytes() == SIZE


def test_without_links_another_revision_is_right_too(no_links: World) -> None:
    repo = no_links.publish()
    no_links.download()
    repo.commit({"config.json": b"{}", "model.bin": Synthetic(SIZE, 77)})

    assert_right(no_links.download().path, {**FILES, "config.json": b"{}", "model.bin": Synthetic(SIZE, 77)})


@pytest.mark.parametrize("copies", [1, 2])
def test_without_links_downloads_at_once_do_not_take_contents_from_each_other(no_links: World, copies: int) -> None:
    files: Files = {f"{folder}/{n}.bin": Synthetic(2_000, n) for n in range(60) for folder in "ab"[:copies]}
    no_links.publish(files)

    for child in [no_links.downloader() for _ in range(3)]:
        word, told = ending(child)
        assert word == "path", told

    assert_right(no_links.download().path, files)
    assert no_links.hub.body_bytes() == 60 * 2_000


def test_without_links_downloads_of_two_revisions_at_once_both_finish(no_links: World) -> None:
    files: Files = {f"{n}.bin": Synthetic(2_000, n) for n in range(60)}
    repo = no_links.publish(files)
    old = repo.sha
    repo.commit({"config.json": b"{}"})

    for child in [no_links.downloader(revision=revision) for revision in (old, "main", old, "main")]:
        word, told = ending(child)
        assert word == "path", told

    assert_right(no_links.download(revision=old).path, files)
    assert_right(no_links.download().path, {**files, "config.json": b"{}"})


def test_content_that_somebody_deletes_as_soon_as_it_is_there_is_told_of(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = world.folder / "blobs" / world.publish().files["model.bin"].etag
    replace = os.replace

    def deleted(source: str, target: str) -> None:
        replace(source, target)
        blob.unlink(missing_ok=True)

    monkeypatch.setattr(os, "replace", deleted)
    with pytest.raises(mf.CacheError, match="complete in the cache and then gone from it, 4 times"):
        world.download()


def test_without_links_a_download_is_resumed(no_links: World) -> None:
    no_links.publish()
    no_links.interrupted(SIZE // 2)
    kept = no_links.plan()
    no_links.hub.clear()

    assert_right(no_links.download().path)
    assert no_links.hub.body_bytes() == kept.remaining_bytes
