"""Wrong bytes are fetched again once, then refused by name; they are never published, and never written through."""

from __future__ import annotations

import hashlib
import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf
from modelfetch.testing import FlipBit, LieRange, OtherContent, Synthetic

from .kit import CONFIG, LOST_PER_CONNECTION, SIZE, WEIGHTS, assert_right, threads_that_stay, whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from modelfetch.testing import Content, Fault

    from .kit import World

FIFTY = Synthetic(50_000_000, 5)
TWELVE = b"twelve bytes"
CONTENTS: dict[str, bytes | Content] = {
    "large.bin": FIFTY,  # LFS, from the CDN: sha256
    "small.json": TWELVE,  # git blob, from the Hub: sha1
    "small.bin": TWELVE,  # LFS
}
CONNECTIONS = 16


@contextmanager
def seen_in(folder: Path) -> Iterator[set[str]]:
    """The names that appear in a folder, at any moment of the block."""
    names: set[str] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.001):
            if folder.is_dir():
                names.update(path.name for path in folder.iterdir())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield names
    finally:
        over.set()
        watcher.join()
        names.update(path.name for path in folder.iterdir()) if folder.is_dir() else None


@pytest.mark.parametrize("name", CONTENTS)
def test_one_flipped_bit_is_fetched_again_and_mended(world: World, name: str) -> None:
    files = {name: CONTENTS[name]}
    repo = world.publish(files)
    world.hub.inject(FlipBit(-1, match=name))

    result = world.download()

    assert_right(result.path, files)
    size = repo.files[name].size
    assert size < world.hub.body_bytes() <= 2 * size + CONNECTIONS * LOST_PER_CONNECTION
    assert result.bytes_transferred > size


@pytest.mark.parametrize("name", CONTENTS)
def test_a_bit_that_is_always_flipped_is_refused_and_never_published(world: World, name: str) -> None:
    repo = world.publish({name: CONTENTS[name], "ok.json": CONFIG})
    file = repo.files[name]
    world.hub.inject(FlipBit(file.size // 2, match=name, times=None))

    with seen_in(world.folder / "blobs") as names, pytest.raises(mf.IntegrityError) as caught:
        world.download()

    error = caught.value
    wrong = bytearray(whole(CONTENTS[name]))
    wrong[file.size // 2] ^= 1
    git = hashlib.sha1(b"blob %d\0" % len(wrong) + wrong).hexdigest()
    assert (error.path, error.expected) == (name, file.etag)
    assert error.actual == (hashlib.sha256(wrong).hexdigest() if file.lfs else git)
    assert name in str(error)
    assert file.etag not in names
    assert world.hub.body_bytes(name) <= 2 * file.size + CONNECTIONS * LOST_PER_CONNECTION
    assert not list(world.cache.rglob(name))


def test_bad_bytes_are_not_kept_for_the_next_time(world: World) -> None:
    world.publish({"model.bin": WEIGHTS})
    world.hub.inject(FlipBit(SIZE // 2, match="model.bin", times=None))
    with pytest.raises(mf.IntegrityError):
        world.download()
    world.hub.heal()
    world.hub.clear()

    assert world.left_over() == []
    assert_right(world.download().path, {"model.bin": WEIGHTS})
    assert world.hub.body_bytes() == SIZE


def test_the_other_files_of_a_repo_with_one_bad_file_are_kept(world: World) -> None:
    world.publish({"a.json": CONFIG, "model.bin": WEIGHTS, "z.bin": b"bad" * 1000})
    world.hub.inject(FlipBit(match="z.bin", times=None))
    with pytest.raises(mf.IntegrityError):
        world.download(max_connections=1)
    world.hub.heal()
    world.hub.clear()

    world.download()

    assert world.hub.body_bytes("model.bin") == 0


@pytest.mark.parametrize(
    "fault",
    [OtherContent(match="model.bin", times=None), LieRange(match="model.bin", times=None)],
    ids=["other content", "a range that lies"],
)
def test_other_bytes_of_the_right_number_are_refused(world: World, fault: Fault) -> None:
    world.publish({"model.bin": Synthetic(9_000_000, 6)})
    world.hub.inject(fault)

    with pytest.raises(mf.IntegrityError):
        world.download()

    assert not list(world.cache.rglob("model.bin"))


def test_content_that_changes_between_two_attempts_is_refused_or_mended(world: World) -> None:
    """The first half came from one content and the second from another: a digest tells, a size does not."""
    world.publish({"model.bin": WEIGHTS})
    world.interrupted(SIZE // 2)
    world.hub.inject(OtherContent(match="model.bin"))

    assert_right(world.download().path, {"model.bin": WEIGHTS})


def test_a_repo_whose_content_changed_since_the_plan_is_a_drifted_plan_or_still_the_planned_bytes(world: World) -> None:
    repo = world.publish()
    plan = world.plan()
    repo.commit({"model.bin": Synthetic(SIZE, 99)})

    assert_right(world.download(plan).path)


# ---------------------------------------------------------------- what is under the final name already


def blob_of(world: World, etag: str) -> Path:
    blob = world.folder / "blobs" / etag
    blob.parent.mkdir(parents=True)
    return blob


@pytest.mark.parametrize("size", [0, 10, SIZE - 1, SIZE + 1])
def test_a_blob_of_the_wrong_size_is_replaced(world: World, size: int) -> None:
    repo = world.publish({"model.bin": WEIGHTS})
    blob_of(world, repo.files["model.bin"].etag).write_bytes(bytes(size))

    result = world.download()

    assert_right(result.path, {"model.bin": WEIGHTS})
    assert result.bytes_transferred == SIZE


def test_a_blob_that_is_there_is_taken_without_fetching_a_byte(world: World) -> None:
    repo = world.publish({"model.bin": WEIGHTS})
    blob_of(world, repo.files["model.bin"].etag).write_bytes(whole(WEIGHTS))

    result = world.download()

    assert_right(result.path, {"model.bin": WEIGHTS})
    assert world.hub.body_bytes() == 0


def shared_blob(world: World, content: bytes) -> Path:
    """huggingface_hub's shared store holds ``content``, and the repo's blob is a link to it."""
    store = world.cache / "blobs"
    target = store / "ab" / ("ab" + "c" * 62)
    target.parent.mkdir(parents=True)
    (store / ".huggingface-shared-blobs").write_text("1\n")
    target.write_bytes(content)
    target.with_suffix(".refs").write_text("a manifest\n")
    target.chmod(0o444)
    return target


def facts(path: Path) -> tuple[int, int, int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_mode, found.st_nlink, found.st_size, found.st_mtime_ns


def test_a_blob_in_the_shared_store_is_read_there_and_left_as_it_is(world: World) -> None:
    repo = world.publish({"model.bin": WEIGHTS})
    target = shared_blob(world, whole(WEIGHTS))
    blob = blob_of(world, repo.files["model.bin"].etag)
    blob.symlink_to(os.path.relpath(target, blob.parent))
    before = facts(target)

    result = world.download()

    assert (result.path / "model.bin").read_bytes() == whole(WEIGHTS)
    assert world.hub.body_bytes() == 0
    assert blob.is_symlink()
    assert facts(target) == before


@pytest.mark.parametrize("content", [b"", b"too short", bytes(SIZE + 1)], ids=["empty", "too short", "too long"])
def test_a_link_into_the_shared_store_that_is_wrong_is_replaced_and_never_written_through(
    world: World, content: bytes
) -> None:
    repo = world.publish({"model.bin": WEIGHTS})
    target = shared_blob(world, content)
    blob = blob_of(world, repo.files["model.bin"].etag)
    blob.symlink_to(os.path.relpath(target, blob.parent))

    result = world.download()

    assert (result.path / "model.bin").read_bytes() == whole(WEIGHTS)
    assert target.read_bytes() == content
    assert not blob.is_symlink()


def test_a_link_into_a_shared_store_that_is_gone_is_replaced(world: World) -> None:
    repo = world.publish({"model.bin": WEIGHTS})
    blob = blob_of(world, repo.files["model.bin"].etag)
    target = world.cache / "blobs" / "ab" / "gone"
    blob.symlink_to(os.path.relpath(target, blob.parent))

    assert_right(world.download().path, {"model.bin": WEIGHTS})
    assert not target.exists()
    assert threads_that_stay() == []
