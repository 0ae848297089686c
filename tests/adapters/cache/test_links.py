"""A content gets its place in a snapshot as huggingface_hub gives it, at once, and never outside of it."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from modelfetch.adapters.cache import RepoCache
from modelfetch.adapters.cache.lock import take
from modelfetch.core.planning.plan import Presence
from modelfetch.core.transfer.ports import Held, Interrupted, Lost, Present
from modelfetch.errors import CacheError, InsufficientStorageError

if TYPE_CHECKING:
    from conftest import Scene

OTHER = "d" * 40
SYMLINK = os.symlink
"""As it is before a test takes it away."""


@pytest.fixture(params=["switched off", "unsupported", "not built in"])
def no_links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that makes no symbolic links, or a user who wants none."""

    real = os.symlink

    def refuse(target: str, place: str) -> None:
        if not str(target).startswith(".."):  # a test's own
            real(target, place)
        else:
            raise OSError(errno.EPERM, "Operation not permitted", place)

    def absent(target: str, place: str) -> None:
        if not str(target).startswith(".."):
            real(target, place)
        else:
            raise NotImplementedError

    match request.param:
        case "switched off":
            monkeypatch.setenv("HF_HUB_DISABLE_SYMLINKS", "yes")
        case "unsupported":
            monkeypatch.setattr(os, "symlink", refuse)
        case _:
            monkeypatch.setattr(os, "symlink", absent)


def stray(scene: Scene) -> list[Path]:
    return [path for path in scene.guests.rglob("*") if path.is_file() or path.is_symlink()]


def test_a_snapshot_file_is_a_relative_link_to_the_blob(scene: Scene) -> None:
    scene.publish()
    assert str(scene.placed.readlink()) == f"../../../blobs/{scene.file.blob_id}"
    assert scene.placed.read_bytes() == scene.content


def test_one_content_may_have_many_places(scene: Scene) -> None:
    scene.publish()
    scene.cache.link(scene.commit, "copy.bin", scene.file.blob_id)
    scene.cache.link(OTHER, "a/b/c.bin", scene.file.blob_id)
    copy = scene.folder / "snapshots" / scene.commit / "copy.bin"
    assert str(copy.readlink()) == f"../../blobs/{scene.file.blob_id}"
    assert (scene.folder / "snapshots" / OTHER / "a/b/c.bin").read_bytes() == scene.content


def test_a_right_link_is_left_alone(scene: Scene) -> None:
    scene.publish()
    before = scene.placed.lstat()
    scene.cache.link(scene.commit, scene.file.path, scene.file.blob_id)
    assert scene.placed.lstat() == before


@pytest.mark.parametrize("wrong", ["link", "dangling", "file"])
def test_what_stands_wrongly_at_the_place_is_replaced(scene: Scene, tmp_path: Path, wrong: str) -> None:
    scene.publish()
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    scene.placed.unlink()
    if wrong == "file":
        scene.placed.write_bytes(b"old content")
    else:
        scene.placed.symlink_to(victim if wrong == "link" else "nowhere")
    scene.cache.link(scene.commit, scene.file.path, scene.file.blob_id)
    assert scene.placed.read_bytes() == scene.content
    assert victim.read_bytes() == b"precious"
    assert stray(scene) == []


@pytest.mark.parametrize("where", ["sub", ".", ".."])
def test_a_folder_that_leads_elsewhere_is_refused(scene: Scene, tmp_path: Path, where: str) -> None:
    scene.publish()
    outside = tmp_path / "outside"
    planted = Path(os.path.normpath(scene.folder / "snapshots" / scene.commit / where))
    planted.rename(outside)
    planted.symlink_to(outside)
    before = sorted(outside.rglob("*"))
    with pytest.raises(CacheError, match="symbolic link") as caught:
        scene.cache.link(scene.commit, "sub/other.bin", scene.file.blob_id)
    assert caught.value.path == str(planted)
    assert sorted(outside.rglob("*")) == before


def test_a_name_that_leaves_the_snapshot_is_refused(scene: Scene) -> None:
    scene.publish()
    with pytest.raises(CacheError, match="cannot be a name"):
        scene.cache.link(scene.commit, "../../escaped.bin", scene.file.blob_id)


def test_a_content_that_is_gone_cannot_be_linked(scene: Scene) -> None:
    scene.publish()
    scene.blob.unlink()
    with pytest.raises(Lost):
        scene.cache.link(scene.commit, scene.file.path, scene.file.blob_id)


@pytest.mark.usefixtures("no_links")
def test_without_links_what_another_commit_took_is_lost_to_this_one(scene: Scene) -> None:
    scene.blob.parent.mkdir(parents=True)
    scene.blob.write_bytes(scene.content)
    assert scene.cache.claim(scene.file, scene.commit) == Present()
    RepoCache(scene.root, "org/name").link(OTHER, "model.bin", scene.file.blob_id)
    with pytest.raises(Lost):
        scene.cache.link(scene.commit, scene.file.path, scene.file.blob_id)
    assert not scene.placed.exists()


@pytest.mark.usefixtures("no_links")
def test_without_links_what_another_process_moved_is_copied_from_where_it_is_now(scene: Scene) -> None:
    scene.blob.parent.mkdir(parents=True)
    scene.blob.write_bytes(scene.content)
    assert scene.cache.claim(scene.file, scene.commit) == Present()
    RepoCache(scene.root, "org/name").link(scene.commit, scene.file.path, scene.file.blob_id)
    with pytest.raises(Lost):
        scene.cache.link(scene.commit, "copy.bin", scene.file.blob_id)
    assert scene.cache.claim(scene.file, scene.commit) == Present()
    scene.cache.link(scene.commit, "copy.bin", scene.file.blob_id)
    assert (scene.folder / "snapshots" / scene.commit / "copy.bin").read_bytes() == scene.content
    assert scene.placed.read_bytes() == scene.content


def test_a_full_disk_is_not_taken_for_a_system_without_links(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.publish()

    def full(_: str, place: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", place)

    monkeypatch.setattr(os, "symlink", full)
    with pytest.raises(InsufficientStorageError):
        scene.cache.link(OTHER, "x.bin", scene.file.blob_id)
    assert scene.blob.is_file()


@pytest.mark.usefixtures("no_links")
def test_without_links_a_new_blob_is_moved_to_its_place(scene: Scene) -> None:
    scene.publish()
    assert not scene.placed.is_symlink()
    assert scene.placed.read_bytes() == scene.content
    assert not scene.blob.exists()
    found = scene.cache.inventory(scene.commit, [scene.file])
    assert found == {scene.file.path: Presence("cached", scene.file.size)}


@pytest.mark.usefixtures("no_links")
def test_without_links_a_blob_that_was_there_before_is_copied(scene: Scene) -> None:
    scene.blob.parent.mkdir(parents=True)
    scene.blob.write_bytes(scene.content)
    other = scene.folder / "snapshots" / OTHER / "model.bin"
    other.parent.mkdir(parents=True)
    SYMLINK(f"../../blobs/{scene.file.blob_id}", other)
    for _ in range(2):
        scene.cache.link(scene.commit, scene.file.path, scene.file.blob_id)
    assert scene.placed.read_bytes() == scene.content
    assert other.read_bytes() == scene.content
    assert stray(scene) == []


@pytest.mark.usefixtures("no_links")
def test_without_links_a_blob_that_no_link_leads_to_is_moved(scene: Scene) -> None:
    """What a crash between publishing and moving left: a copy would take the room twice."""
    scene.blob.parent.mkdir(parents=True)
    scene.blob.write_bytes(scene.content)
    scene.cache.link(scene.commit, scene.file.path, scene.file.blob_id)
    assert scene.placed.read_bytes() == scene.content
    assert not scene.blob.exists()


@pytest.mark.usefixtures("no_links")
def test_without_links_a_copy_ends_when_nobody_wants_it_any_more_and_leaves_nothing(scene: Scene) -> None:
    scene.publish()
    scene.cache.link(scene.commit, scene.file.path, scene.file.blob_id)
    with pytest.raises(Interrupted):
        scene.cache.link(scene.commit, "copy.bin", scene.file.blob_id, lambda: True)
    assert not (scene.placed.parent / "copy.bin").exists()
    assert stray(scene) == []


@pytest.mark.usefixtures("no_links")
def test_without_links_every_place_of_a_new_blob_gets_the_content(scene: Scene) -> None:
    scene.publish()
    scene.cache.link(scene.commit, "copy.bin", scene.file.blob_id)
    scene.cache.link(scene.commit, scene.file.path, scene.file.blob_id)
    assert (scene.folder / "snapshots" / scene.commit / "copy.bin").read_bytes() == scene.content
    assert scene.placed.read_bytes() == scene.content


@pytest.mark.usefixtures("no_links")
def test_without_links_what_another_process_moved_is_left_where_it_is(scene: Scene) -> None:
    scene.publish()
    another = RepoCache(scene.root, "org/name")
    another.link(scene.commit, scene.file.path, scene.file.blob_id)
    assert scene.placed.read_bytes() == scene.content


@pytest.mark.usefixtures("no_links")
def test_without_links_a_place_that_has_the_content_serves_the_others(scene: Scene) -> None:
    """An earlier download of some files left it there, and the blob is gone because it was moved."""
    scene.placed.parent.mkdir(parents=True)
    scene.placed.write_bytes(scene.content)
    assert scene.cache.claim(scene.file, scene.commit) == Present()
    scene.cache.link(scene.commit, "copy.bin", scene.file.blob_id)
    assert (scene.folder / "snapshots" / scene.commit / "copy.bin").read_bytes() == scene.content
    assert scene.placed.read_bytes() == scene.content


def test_a_blob_that_links_lead_to_is_not_moved(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.publish()
    monkeypatch.setenv("HF_HUB_DISABLE_SYMLINKS", "1")
    scene.cache.link(scene.commit, "copy.bin", scene.file.blob_id)
    assert scene.placed.read_bytes() == scene.content
    assert (scene.folder / "snapshots" / scene.commit / "copy.bin").read_bytes() == scene.content


@pytest.mark.usefixtures("no_links")
def test_without_links_a_wrong_link_is_not_copied_through(scene: Scene, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    scene.blob.parent.mkdir(parents=True)
    scene.blob.write_bytes(scene.content)
    scene.placed.parent.mkdir(parents=True)
    os.symlink(victim, scene.placed)  # noqa: PTH211 - as the cache does it
    scene.cache.link(scene.commit, scene.file.path, scene.file.blob_id)
    assert victim.read_bytes() == b"precious"
    assert scene.placed.read_bytes() == scene.content


def test_links_that_stop_working_half_way_are_copied_around(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The place was taken, so a temporary link is needed, and just that one is refused (WinError 1314 races)."""
    scene.blob.parent.mkdir(parents=True)
    scene.blob.write_bytes(scene.content)
    scene.placed.parent.mkdir(parents=True)
    scene.placed.write_bytes(b"old")
    real = os.symlink

    def once(target: str, place: str) -> None:
        if place.startswith(str(scene.guests)):
            raise OSError(errno.EINVAL, "A required privilege is not held by the client", place)
        real(target, place)

    monkeypatch.setattr(os, "symlink", once)
    scene.cache.link(scene.commit, scene.file.path, scene.file.blob_id)
    assert scene.placed.read_bytes() == scene.content


# ------------------------------------------------------------------ others who do it otherwise


@pytest.mark.usefixtures("no_links")
def test_without_links_what_somebody_else_has_is_not_moved_from_under_them(scene: Scene) -> None:
    """A huggingface_hub, or another download, that has the lock is about to move it, too."""
    scene.blob.parent.mkdir(parents=True)
    scene.blob.write_bytes(scene.content)
    theirs = take(str(scene.root / ".locks" / scene.folder.name / f"{scene.file.blob_id}.lock"))
    assert theirs is not None
    with pytest.raises(Held):
        scene.cache.link(scene.commit, scene.file.path, scene.file.blob_id)
    assert scene.blob.exists()
    theirs.release()
    scene.cache.link(scene.commit, scene.file.path, scene.file.blob_id)
    assert scene.placed.read_bytes() == scene.content
    assert not scene.blob.exists()


def test_a_blob_that_another_process_has_linked_to_meanwhile_is_not_moved(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.publish()
    monkeypatch.setenv("HF_HUB_DISABLE_SYMLINKS", "1")
    scene.placed.unlink()
    scene.cache.link(OTHER, "first.bin", scene.file.blob_id)  # the snapshots were read for it, and no link was there
    assert not scene.blob.exists()
    other = scene.folder / "snapshots" / ("e" * 40)
    other.mkdir()
    scene.blob.write_bytes(scene.content)
    (other / "model.bin").symlink_to(f"../../blobs/{scene.file.blob_id}")

    scene.cache.link(scene.commit, scene.file.path, scene.file.blob_id)

    assert (other / "model.bin").read_bytes() == scene.content
    assert scene.placed.read_bytes() == scene.content


def test_a_link_whose_blob_was_moved_just_before_is_taken_back(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.blob.parent.mkdir(parents=True)
    scene.blob.write_bytes(scene.content)

    def late(target: str, place: str) -> None:
        scene.blob.unlink(missing_ok=True)
        SYMLINK(target, place)

    monkeypatch.setattr(os, "symlink", late)
    with pytest.raises(Lost):
        scene.cache.link(scene.commit, scene.file.path, scene.file.blob_id)
    assert not os.path.lexists(scene.placed)
