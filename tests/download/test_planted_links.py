"""A link that somebody planted in the cache is never written through."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf

from .kit import FILES, WEIGHTS, assert_right, state_of, whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .kit import World


def snapshot(world: World, commit: str, _: str) -> tuple[Path, bool]:
    return world.folder / "snapshots" / commit, True


def folder_in_snapshot(world: World, commit: str, _: str) -> tuple[Path, bool]:
    return world.folder / "snapshots" / commit / "sub folder", True


def file_in_snapshot(world: World, commit: str, _: str) -> tuple[Path, bool]:
    return world.folder / "snapshots" / commit / "model.bin", False


def part(world: World, _: str, etag: str) -> tuple[Path, bool]:
    return world.guests / f"{etag}.part", False


def journal(world: World, _: str, etag: str) -> tuple[Path, bool]:
    return world.guests / f"{etag}.journal", False


def blob(world: World, _: str, etag: str) -> tuple[Path, bool]:
    return world.folder / "blobs" / etag, False


def ref(world: World, _: str, __: str) -> tuple[Path, bool]:
    return world.folder / "refs" / "main", False


def record(world: World, commit: str, _: str) -> tuple[Path, bool]:
    return world.guests / "snapshots" / f"{commit}.json", False


def lock(world: World, _: str, etag: str) -> tuple[Path, bool]:
    return world.cache / ".locks" / world.folder.name / f"{etag}.lock", False


@pytest.mark.parametrize("leads", ["to something", "to nothing"])
@pytest.mark.parametrize(
    "place", [snapshot, folder_in_snapshot, file_in_snapshot, part, journal, blob, ref, record, lock]
)
def test_a_planted_link_is_never_written_through(
    world: World, tmp_path: Path, place: Callable[[World, str, str], tuple[Path, bool]], leads: str
) -> None:
    repo = world.publish()
    link, is_folder = place(world, repo.sha, repo.files["model.bin"].etag)
    outside = tmp_path / "outside"
    outside.mkdir()
    target = outside / "precious"
    if leads == "to something" and is_folder:
        target.mkdir()
    elif leads == "to something":
        target.write_bytes(b"precious")
    before = state_of(outside)
    link.parent.mkdir(parents=True)
    link.symlink_to(target, target_is_directory=is_folder)

    with contextlib.suppress(mf.CacheError):  # refusing is right too, where a folder is in the way
        assert_right(world.download().path)

    assert state_of(outside) == before


def test_a_part_that_is_a_second_name_of_another_file_is_not_written_to(world: World, tmp_path: Path) -> None:
    repo = world.publish()
    precious = tmp_path / "precious"
    precious.write_bytes(whole(WEIGHTS)[:1000])
    world.guests.mkdir(parents=True)
    os.link(precious, world.guests / f"{repo.files['model.bin'].etag}.part")

    assert_right(world.download().path)

    assert precious.read_bytes() == whole(WEIGHTS)[:1000]


def test_files_have_the_mode_that_the_user_gives_new_files(world: World, tmp_path: Path) -> None:
    world.publish()
    fresh = tmp_path / "fresh"
    fresh.touch()

    path = world.download().path

    assert {(path / name).stat().st_mode for name in FILES} == {fresh.stat().st_mode}
