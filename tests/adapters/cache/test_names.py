"""Two files of a repo are never one file on disk, and a name that cannot be is refused: by asking the folder itself."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING
from unicodedata import normalize

import pytest

from modelfetch.adapters.cache import names
from modelfetch.core.planning.doubts import folded
from modelfetch.core.planning.listing import FileEntry
from modelfetch.errors import CacheError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Scene

COMPOSED, DECOMPOSED = normalize("NFC", "é.txt"), normalize("NFD", "é.txt")


def entry(path: str, digit: str) -> FileEntry:
    return FileEntry(path, 5, digit * 40)


def pair(one: str, other: str) -> list[FileEntry]:
    return [entry(one, "a"), entry(other, "b")]


TWINS = [
    ("README.md", "readme.md"),
    ("Docs/a.txt", "docs/a.txt"),
    (COMPOSED, DECOMPOSED),
    ("straße", "STRASSE"),
    ("\u0131", "I"),
    ("data", "Data/part.bin"),
]


@pytest.fixture
def folding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders that take letters of either case, and both ways to write an accent, for one, as APFS does."""
    real = os.path.lexists

    def lexists(path: str) -> bool:
        folder, name = os.path.split(path)
        listed = os.listdir(folder) if os.path.isdir(folder) else []  # noqa: PTH112, PTH208 - the adapter's paths are strings
        return real(path) or folded(name) in map(folded, listed)

    monkeypatch.setattr(os.path, "lexists", lexists)


@pytest.mark.usefixtures("folding")
@pytest.mark.parametrize(("one", "other"), TWINS)
def test_where_they_are_one_both_are_named_and_nothing_stays(scene: Scene, one: str, other: str) -> None:
    with pytest.raises(CacheError) as caught:
        scene.cache.check_names(scene.commit, pair(one, other))

    assert repr(one) in str(caught.value)
    assert repr(other.partition("/")[0] if one == "data" else other) in str(caught.value)
    assert not scene.folder.exists()


@pytest.mark.usefixtures("unfolding")
@pytest.mark.parametrize(("one", "other"), TWINS)
def test_where_they_are_two_nothing_is_refused_and_nothing_stays(scene: Scene, one: str, other: str) -> None:
    scene.cache.check_names(scene.commit, pair(one, other))
    assert not scene.folder.exists()


@pytest.fixture
def unfolding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders that tell all names apart, whatever the machine's own do."""

    def lexists(path: str) -> bool:
        folder, name = os.path.split(path)
        return os.path.isdir(folder) and name in os.listdir(folder)  # noqa: PTH112, PTH208 - the adapter's paths are strings

    monkeypatch.setattr(os.path, "lexists", lexists)


@pytest.mark.usefixtures("folding")
@pytest.mark.parametrize("place", ["README.md", "Sub/model.bin"])
def test_what_an_earlier_download_put_there_under_another_name_is_not_written_over(scene: Scene, place: str) -> None:
    there = scene.folder / "snapshots" / scene.commit / place
    there.parent.mkdir(parents=True)
    there.write_bytes(b"first")

    with pytest.raises(CacheError) as caught:
        scene.cache.check_names(scene.commit, [entry(place.lower(), "b")])

    assert place in str(caught.value) or "Sub" in str(caught.value)
    assert there.read_bytes() == b"first"


@pytest.mark.usefixtures("folding")
def test_a_link_is_not_given_a_place_that_is_called_otherwise(scene: Scene) -> None:
    """Somebody was faster, after the names were looked at."""
    scene.publish()
    there = scene.placed.with_name("MODEL.BIN")
    scene.placed.rename(there)
    there.unlink()
    there.write_bytes(b"another file's")

    with pytest.raises(CacheError, match="MODEL"):
        scene.cache.link(scene.commit, scene.file.path, scene.file.blob_id)
    assert there.read_bytes() == b"another file's"


@pytest.mark.parametrize("refusal", [errno.EINVAL, errno.ENOENT, errno.EPERM])
def test_a_name_that_the_file_system_cannot_hold_is_named_before_anything_is_written(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, refusal: int
) -> None:
    real = names.open_temporary

    def picky(folder: str, stem: str) -> tuple[int, str]:
        if "?" in stem:
            raise OSError(refusal, os.strerror(refusal))
        return real(folder, stem)

    monkeypatch.setattr(names, "open_temporary", picky)
    with pytest.raises(CacheError, match=r"what\?\.txt"):
        scene.cache.check_names(scene.commit, [entry("sub/what?.txt", "a")])
    assert not scene.folder.exists()


def test_a_disk_that_fails_meanwhile_is_not_taken_for_a_name_it_cannot_hold(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: str) -> tuple[int, str]:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(names, "open_temporary", broken)
    with pytest.raises(CacheError, match="the device itself"):
        scene.cache.check_names(scene.commit, [entry("what?.txt", "a")])


def test_usual_names_cost_no_write(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Callable[..., None]:
        raise AssertionError

    monkeypatch.setattr(os, "mkdir", refuse)
    monkeypatch.setattr(names, "open_temporary", refuse)
    scene.cache.check_names(scene.commit, pair("model.bin", "sub/config.json"))


def test_what_another_process_put_there_meanwhile_is_not_taken_for_another_name(tmp_path: Path) -> None:
    spelling = names.Spelling(str(tmp_path))
    assert spelling.other("model.bin") is None
    (tmp_path / "model.bin").touch()
    assert spelling.other("model.bin") is None
