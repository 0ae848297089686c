"""What the tests of crashes share: children that meet with something on order, and what has to be true of a cache then."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huggingface_hub import scan_cache_dir, snapshot_download

from modelfetch.core.transfer.journal import decode
from modelfetch.testing import Synthetic

from ..download.kit import REPO, SOURCE, Files, assert_right, state_of, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..download.kit import World

SIZE = 1_200_000
"""Bytes of the large file: three blocks, the last one short."""

CONFIG = b'{"model_type": "whisper"}'
FILES: Files = {"config.json": CONFIG, "model.bin": Synthetic(SIZE, 1), "sub folder/copy.json": CONFIG}
NO_LINKS = {"HF_HUB_DISABLE_SYMLINKS": "1"}
KILLED = -9


@dataclass(frozen=True)
class Instant:
    """Just before a change of the cache folder, when ``times`` of that name were let through."""

    change: str
    times: int = 0

    def __str__(self) -> str:
        return f"{self.change} ({self.times})"


@dataclass(frozen=True)
class Ending:
    """How a child ended: its exit status (negative: the signal), the changes it had begun, the bytes it had written, and
    what the download raised."""

    ended: int
    changes: list[str]
    written: int
    error: dict[str, Any] | None

    def instants(self) -> list[Instant]:
        """Every instant at which another run of the same download can meet with something."""
        met: Counter[str] = Counter()
        found = []
        for change in self.changes:
            if not (met[change] and change.startswith("mkdir ")):  # a folder that is there already: nothing changes
                found.append(Instant(change, met[change]))
            met[change] += 1
        return found


@dataclass
class Dying:
    """The process of :mod:`dying`, which forks a child for every order."""

    process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        environment = os.environ | {"PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, str(Path(__file__).with_name("dying.py"))]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def run(
        self,
        world: World,
        at: Instant | None = None,
        act: str = "kill",
        *,
        environment: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Ending:
        """A download by a child, to which ``act`` happens ``at`` an instant; ``more``: ``ballast``, ``errno``, ``limits``."""
        order = {
            "model": REPO,
            "options": world.options(max_connections=1),
            "environment": environment or {},
            "at": at and [at.change, at.times],
            "act": act,
            "limits": {},
            **more,
        }
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(order, default=str) + "\n")
        self.process.stdin.flush()
        return Ending(**json.loads(self.process.stdout.readline()))

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.communicate()


@dataclass(frozen=True)
class Round:
    """A download that is repeated: what the cache holds ``before``, what it holds after an undisturbed one (``expected``),
    and the digests and sizes of the distinct ``contents``, all of which differ in size."""

    before: Path
    expected: dict[str, Any]
    contents: dict[str, int]
    instants: list[Instant]

    @classmethod
    def of(cls, world: World, dying: Dying, before: Path, environment: Mapping[str, str], *allowed: Files) -> Round:
        """Keep a copy of the cache in ``before``, then let a child download undisturbed. ``allowed``: as assert_healthy."""
        put_back(before, world.cache)
        contents = {file.blob_id: file.size for file in world.plan().files}
        undisturbed = dying.run(world, environment=environment)
        assert undisturbed.ended == 0, undisturbed.error
        assert_finished(world, *(allowed or (FILES,)))
        return cls(before, settled(world.cache), contents, undisturbed.instants())

    def put_back(self, world: World) -> int:
        """Let the cache be as before; bytes of the contents that it then holds."""
        put_back(world.cache, self.before)
        return self.kept(world)

    def kept(self, world: World) -> int:
        """Bytes of the contents that the cache holds: journalled, or under a final name."""
        published = {path.stat().st_size for path in world.folder.glob("snapshots/*/**/*") if path.is_file()}
        kept = 0
        for name, size in self.contents.items():
            journal = decode(read(world.guests / f"{name}.journal"))
            if size in published or (world.folder / "blobs" / name).exists():
                kept += size
            elif journal is not None:
                kept += journal.within(len(read(world.guests / f"{name}.part"))).kept.size
        return kept

    def finish(self, world: World, *, exactly: bool = True) -> None:
        """The next call brings what is not kept, no more, and leaves what an undisturbed download leaves."""
        kept = self.kept(world)
        world.hub.wait_until_quiet()  # it may still be sending to the dead
        world.hub.clear()
        world.download()
        if exactly:
            assert world.hub.body_bytes() == sum(self.contents.values()) - kept, "kept bytes came again"
        now = settled(world.cache)
        gone, new = sorted(self.expected.items() - now.items()), sorted(now.items() - self.expected.items())
        assert now == self.expected, f"gone: {gone}, new: {new}"


def put_back(cache: Path, before: Path) -> None:
    """Let ``cache`` be as ``before``, which stays."""
    shutil.rmtree(cache, ignore_errors=True)
    shutil.copytree(before, cache, symlinks=True)


def read(path: Path) -> bytes:
    """The file's bytes; none when it is not there."""
    return path.read_bytes() if path.exists() else b""


def assert_healthy(world: World, *allowed: Files) -> None:
    """Nothing wrong can be seen in the cache, by anybody: not a byte of a snapshot, and no complaint of huggingface_hub.

    ``allowed``: what the files of each commit hold.
    """
    contents = [whole(content) for files in allowed for content in files.values()]
    for path in world.folder.glob("snapshots/*/**/*"):
        if path.is_file():
            name = path.relative_to(world.folder / "snapshots").as_posix().partition("/")[2]
            assert path.read_bytes() in [whole(files[name]) for files in allowed if name in files], path
        else:
            assert path.is_dir(), path  # no dangling link
    for path in world.folder.glob("blobs/*"):
        assert path.read_bytes() in contents, path
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not scan_cache_dir(world.cache).warnings


def assert_finished(world: World, *allowed: Files) -> None:
    """The snapshot holds the first of ``allowed``, huggingface_hub finds it, and nothing of ours is left beside it."""
    path = Path(snapshot_download(REPO, cache_dir=world.cache, local_files_only=True))
    assert_right(path, allowed[0])
    assert world.download().path == path
    assert world.left_over() == []
    assert_healthy(world, *allowed)


def settled(folder: Path) -> dict[str, tuple[int, bytes | str]]:
    """Everything in a cache but the lock files, which stay where somebody took a lock."""
    return {name: seen for name, seen in state_of(folder).items() if not name.endswith(".lock")}


def failures(rows: Mapping[str, Callable[[], None]]) -> str:
    """The rows that fail, a line each with the reason: the whole table is wanted, not its first failing row."""
    lines = []
    for row, check in rows.items():
        try:
            check()
        except Exception as error:  # noqa: BLE001 - as above
            lines.append(f"{row}: {type(error).__name__}: {' '.join(str(error).split())[:1000]}")
    return "\n".join(lines)
