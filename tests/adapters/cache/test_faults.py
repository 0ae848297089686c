"""Whatever the disk refuses becomes an error the caller can act on."""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from modelfetch.adapters.cache import RepoCache, translate
from modelfetch.adapters.cache.disk import rename
from modelfetch.adapters.cache.faults import free_bytes
from modelfetch.errors import CacheError, InsufficientStorageError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_full_disk_is_told_with_the_room_there_is(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    error = translate(full, str(tmp_path / "not" / "there"), "writing the part file")
    assert isinstance(error, InsufficientStorageError)
    assert error.available is not None
    assert error.available > 0
    assert "writing the part file" in str(error)


if hasattr(errno, "EDQUOT"):

    def test_a_quota_leaves_nothing_whatever_the_disk_has(tmp_path: Path) -> None:
        error = translate(OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)), str(tmp_path), "writing the part file")
        assert isinstance(error, InsufficientStorageError)
        assert error.available == 0


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.EFBIG, "FAT ends at 4 GiB"),
        (errno.EMFILE, "ulimit -n"),
        (errno.EIO, "the device itself"),
        (errno.ENAMETOOLONG, "a shorter path"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "owner and rights"),
    ],
)
def test_what_the_disk_refuses_comes_with_what_helps(tmp_path: Path, number: int, advice: str) -> None:
    assert advice in str(translate(OSError(number, os.strerror(number)), str(tmp_path), "writing the part file"))


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.ENOTDIR])
def test_anything_else_names_the_path(tmp_path: Path, number: int) -> None:
    error = translate(OSError(number, os.strerror(number)), str(tmp_path), "preparing the download")
    assert isinstance(error, CacheError)
    assert error.path == str(tmp_path)
    assert os.strerror(number) in str(error)


def test_an_error_without_a_number_is_still_told() -> None:
    assert "a share that is gone" in str(translate(OSError("a share that is gone"), "x", "reading"))


def test_a_windows_path_is_shown_as_a_person_writes_it() -> None:
    error = translate(OSError(errno.EIO, "x"), "\\\\?\\C:\\cache\\hub", "reading")
    assert isinstance(error, CacheError)
    assert error.path == "C:\\cache\\hub"


def test_free_room_is_that_of_the_place_the_cache_will_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []
    real = shutil.disk_usage

    def noted(path: Path) -> object:
        asked.append(path)
        return real(path)

    monkeypatch.setattr(shutil, "disk_usage", noted)
    assert RepoCache(tmp_path / "not" / "there", "org/name").free_bytes() > 0
    assert asked[-1] == tmp_path


def test_free_room_nobody_can_tell_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise OSError

    monkeypatch.setattr(shutil, "disk_usage", refuse)
    assert free_bytes("/x") == 0


def test_windows_is_asked_again_while_somebody_reads_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from modelfetch.adapters.cache import disk

    source, target = tmp_path / "new", tmp_path / "old"
    source.write_bytes(b"new")
    refusals = iter([True, True, False])
    real = os.replace

    def sometimes(old: str, new: str) -> None:
        if next(refusals):
            raise PermissionError(13, "The process cannot access the file", new)
        real(old, new)

    monkeypatch.setattr(os, "replace", sometimes)
    monkeypatch.setattr(disk.time, "sleep", lambda _: None)
    with monkeypatch.context() as context:
        context.setattr(disk.os, "name", "nt")
        context.setattr(disk, "_PAUSES", (0.0, 0.0, 0.0))
        rename(str(source), str(target))
    assert target.read_bytes() == b"new"
