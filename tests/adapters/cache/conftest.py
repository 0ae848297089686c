"""A cache folder of the test's own, contents with true digests, and the steps of a download by hand."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

import pytest

from modelfetch.adapters.cache import Part, RepoCache
from modelfetch.core.planning.listing import FileEntry
from modelfetch.core.ranges import ByteRange
from modelfetch.core.transfer.pieces import Piece

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REPO = "org/name"
COMMIT = "c" * 40
CONTENT = bytes(range(256)) * 10_240  # 2.5 MiB: more than two blocks of the digest


def never() -> bool:
    return False


@dataclass(frozen=True)
class Scene:
    """One repo in one cache, and one file of it."""

    root: Path
    cache: RepoCache
    file: FileEntry
    content: bytes = CONTENT
    commit: str = COMMIT

    @property
    def folder(self) -> Path:
        return self.root / "models--org--name"

    @property
    def blob(self) -> Path:
        return self.folder / "blobs" / self.file.blob_id

    @property
    def guests(self) -> Path:
        return self.folder / ".modelfetch" / "v1"

    @property
    def part_path(self) -> Path:
        return self.guests / f"{self.file.blob_id}.part"

    @property
    def journal_path(self) -> Path:
        return self.guests / f"{self.file.blob_id}.journal"

    @property
    def placed(self) -> Path:
        return self.folder / "snapshots" / self.commit / self.file.path

    def claim(self) -> Part:
        part = self.cache.claim(self.file, self.commit)
        assert isinstance(part, Part)
        return part

    def piece(self, start: int, stop: int) -> Piece:
        return Piece(ByteRange(start, stop), crc32(self.content[start:stop]))

    def bring(self, part: Part, start: int, stop: int) -> Piece:
        """What a connection does."""
        return part.keep(start, memoryview(self.content)[start:stop])

    def publish(self) -> None:
        """A whole download of the file, its link included."""
        part = self.claim()
        self.bring(part, 0, self.file.size)
        assert part.digest(self.file.size, never) == self.file.blob_id
        part.publish()
        self.cache.link(self.commit, self.file.path, self.file.blob_id)
        part.release()


def lfs(path: str, content: bytes) -> FileEntry:
    digest = hashlib.sha256(content).hexdigest()
    return FileEntry(path, len(content), digest, digest)


def git(path: str, content: bytes) -> FileEntry:
    return FileEntry(path, len(content), hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest())


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    root = tmp_path / "hub"
    return Scene(root, RepoCache(root, REPO), lfs("sub/model.bin", CONTENT))


@pytest.fixture
def make_scene(tmp_path: Path) -> Callable[[FileEntry, bytes], Scene]:
    def make(file: FileEntry, content: bytes) -> Scene:
        root = tmp_path / "hub"
        return Scene(root, RepoCache(root, REPO), file, content)

    return make


@pytest.fixture
def run_python() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start Python code in a process of its own; it is ended with the test."""
    running: list[subprocess.Popen[str]] = []

    def run(code: str, *arguments: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.communicate()
