"""File systems of a test's own: small, full, read-only, without links, folding case. Mounting takes root."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEEDS_ROOT = (
    "This test mounts a file system of its own, which only root may do. Run it as root (.ci/run does), or leave it out with "
    '-m "not mounts".'
)
MIB = 1 << 20


def run(*command: str | Path) -> str:
    """What the command printed; it has to succeed."""
    if os.geteuid():
        pytest.fail(NEEDS_ROOT, pytrace=False)
    try:
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.fail(f"{command[0]} is missing; .ci/run says which of Debian's packages has it.", pytrace=False)
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout.strip()


@contextmanager
def mounted(place: Path, *command: str | Path) -> Iterator[Path]:
    """``place``, made and mounted with ``command`` for the block."""
    place.mkdir()
    run(*command, place)
    try:
        yield place
    finally:
        run("umount", place)


@contextmanager
def device(folder: Path, size: int, *make: str) -> Iterator[str]:
    """A block device of ``size`` bytes in memory, formatted with the command ``make``."""
    with mounted(folder / "memory", "mount", "-t", "tmpfs", "none") as memory:
        image = memory / "image"
        image.touch()
        os.truncate(image, size)
        run(*make, image)
        name = run("losetup", "--find", "--show", image)
        try:
            yield name
        finally:
            run("losetup", "--detach", name)


@contextmanager
def ext2(folder: Path, size: int = 6 * MIB) -> Iterator[Path]:
    """Small blocks, no journal: every block that is taken is seen, a link's and a folder's too. Files end at 16 GiB."""
    make = ("mkfs.ext2", "-q", "-b", "1024", "-m", "0")
    with device(folder, size, *make) as name, mounted(folder / "ext2", "mount", name) as place:
        yield place


@contextmanager
def exfat(folder: Path, size: int = 32 * MIB) -> Iterator[Path]:
    """No symbolic links, no hard links, no owners; folds case, and keeps some characters for itself."""
    with device(folder, size, "mkfs.exfat") as name, mounted(folder / "exfat", "mount.exfat-fuse", name) as place:
        yield place


@contextmanager
def read_only(place: Path) -> Iterator[None]:
    """Nothing can be written below a mounted ``place`` in the block."""
    run("mount", "-o", "remount,ro", place)
    try:
        yield
    finally:
        run("mount", "-o", "remount,rw", place)
