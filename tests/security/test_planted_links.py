"""A link that somebody planted in the cache is never written through, and what it leads to is never published."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf
from modelfetch.adapters.cache import planted
from modelfetch.core.kept.record import Selection

from ..download.kit import FILES, WEIGHTS, World, assert_right, state_of, whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Place = Callable[[World, str, str], Path]


def locks(world: World, _: str, __: str) -> Path:
    return world.cache / ".locks"


def locks_of_the_repo(world: World, _: str, __: str) -> Path:
    return world.cache / ".locks" / world.folder.name


def blobs(world: World, _: str, __: str) -> Path:
    return world.folder / "blobs"


def snapshots(world: World, _: str, __: str) -> Path:
    return world.folder / "snapshots"


def snapshot(world: World, commit: str, _: str) -> Path:
    return world.folder / "snapshots" / commit


def folder_in_snapshot(world: World, commit: str, _: str) -> Path:
    return world.folder / "snapshots" / commit / "sub folder"


def refs(world: World, _: str, __: str) -> Path:
    return world.folder / "refs"


def ours(world: World, _: str, __: str) -> Path:
    return world.folder / ".modelfetch"


def our_version(world: World, _: str, __: str) -> Path:
    return world.folder / ".modelfetch" / "v1"


def records(world: World, _: str, __: str) -> Path:
    return world.guests / "snapshots"


def records_of_the_commit(world: World, commit: str, _: str) -> Path:
    return world.guests / "snapshots" / commit


def begun_refs(world: World, _: str, __: str) -> Path:
    return world.guests / "refs"


def file_in_snapshot(world: World, commit: str, _: str) -> Path:
    return world.folder / "snapshots" / commit / "model.bin"


def part(world: World, _: str, etag: str) -> Path:
    return world.guests / f"{etag}.part"


def journal(world: World, _: str, etag: str) -> Path:
    return world.guests / f"{etag}.journal"


def blob(world: World, _: str, etag: str) -> Path:
    return world.folder / "blobs" / etag


def ref(world: World, _: str, __: str) -> Path:
    return world.folder / "refs" / "main"


def record(world: World, commit: str, _: str) -> Path:
    return world.guests / "snapshots" / commit / f"{Selection(None, None, ()).key}.json"


def begun_ref(world: World, _: str, __: str) -> Path:
    return world.guests / "refs" / "main"


def lock(world: World, _: str, etag: str) -> Path:
    return world.cache / ".locks" / world.folder.name / f"{etag}.lock"


FOLDERS: tuple[Place, ...] = (
    locks,
    locks_of_the_repo,
    blobs,
    snapshots,
    snapshot,
    folder_in_snapshot,
    refs,
    ours,
    our_version,
    records,
    records_of_the_commit,
    begun_refs,
)
LEAVES: tuple[Place, ...] = (file_in_snapshot, part, journal, blob, ref, record, begun_ref, lock)


def plant(link: Path, target: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target, target_is_directory=target.is_dir())


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Another place of the same user's."""
    folder = tmp_path / "outside"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("leads", ["to a full folder", "to an empty folder", "to nothing"])
@pytest.mark.parametrize("place", FOLDERS)
def test_a_planted_link_where_a_folder_belongs_is_never_written_through(
    world: World, outside: Path, place: Place, leads: str
) -> None:
    repo = world.publish()
    target = outside / "precious"
    if leads != "to nothing":
        target.mkdir()
    if leads == "to a full folder":
        (target / "main").write_text("a ref of another's")
        (target / repo.files["model.bin"].etag).write_bytes(b"a blob of another's")
    before = state_of(outside)
    plant(place(world, repo.sha, repo.files["model.bin"].etag), target)

    with contextlib.suppress(mf.CacheError):  # refusing is right too, where a folder is in the way
        assert_right(world.download().path)

    assert state_of(outside) == before


@pytest.mark.parametrize("leads", ["to a file", "to a file of the right size", "to nothing", "to itself"])
@pytest.mark.parametrize("place", LEAVES)
def test_a_planted_link_where_a_file_belongs_is_never_written_through(
    world: World, outside: Path, place: Place, leads: str
) -> None:
    repo = world.publish()
    link = place(world, repo.sha, repo.files["model.bin"].etag)
    target = link if leads == "to itself" else outside / "precious"
    if leads == "to a file":
        target.write_bytes(b"precious")
    elif leads == "to a file of the right size":
        target.write_bytes(b"\xee" * WEIGHTS.size)
    before = state_of(outside)
    plant(link, target)

    taken_for_the_content = place is blob and leads == "to a file of the right size"  # as any file of that size is
    path = world.download(allow_patterns="*.bin" if taken_for_the_content else None).path

    assert state_of(outside) == before
    if taken_for_the_content:
        assert world.hub.body_bytes() == 0
        assert (path / "model.bin").read_bytes() == target.read_bytes()
    else:
        assert_right(path)


def test_a_part_that_is_a_second_name_of_another_file_is_not_written_to(world: World, tmp_path: Path) -> None:
    repo = world.publish()
    precious = tmp_path / "precious"
    precious.write_bytes(whole(WEIGHTS)[:1000])
    world.guests.mkdir(parents=True)
    os.link(precious, world.guests / f"{repo.files['model.bin'].etag}.part")

    assert_right(world.download().path)

    assert precious.read_bytes() == whole(WEIGHTS)[:1000]


def test_a_pipe_that_was_planted_does_not_hold_the_download(world: World) -> None:
    repo = world.publish()
    etag = repo.files["model.bin"].etag
    for place in (part, journal, record, ref):
        path = place(world, repo.sha, etag)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(path)

    assert_right(world.download().path)


def test_a_repo_that_another_user_has_linked_elsewhere_is_not_used(
    world: World, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.publish()
    plant(world.folder, outside)
    seen = planted.owner
    another = {str(world.folder): seen(str(world.folder)) + 12345}
    monkeypatch.setattr(planted, "owner", lambda path: another.get(path) or seen(path))

    with pytest.raises(mf.CacheError, match=r"is a symbolic link.*of your own"):
        world.download()

    assert list(outside.iterdir()) == []


def test_a_cache_or_a_repo_that_the_user_has_moved_to_another_disk_is_used_there(world: World, outside: Path) -> None:
    world.publish()
    (outside / "repo").mkdir()
    plant(world.folder, outside / "repo")
    elsewhere = outside / "linked cache"
    elsewhere.symlink_to(world.cache)

    assert_right(world.download(cache_dir=elsewhere).path, FILES)

    assert (outside / "repo" / "blobs").is_dir()
