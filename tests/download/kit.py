"""What the end-to-end tests share: a world of one hub and one cache, processes of their own, and ways to look at both."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import modelfetch as mf
from modelfetch.core.transfer.journal import Journal, decode
from modelfetch.testing import Content, LocalHub, Repo, Synthetic

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelfetch.testing import Request

REPO = "org/model"
SIZE = 3_000_000
WEIGHTS = Synthetic(SIZE, 1)
CONFIG = b'{"model_type": "whisper"}'
Files = Mapping[str, bytes | Content]
"""Repo paths to contents."""

FILES: Files = {
    "config.json": CONFIG,
    "model.bin": WEIGHTS,
    "sub folder/vocabulary.txt": b"one\ntwo\n",
}
TOTAL = SIZE + len(CONFIG) + 8

MIB = 1 << 20
LOST_PER_CONNECTION = MIB
"""Bytes of one connection that may be fetched twice (contract 3.4.2)."""

GONE_WITHIN = 1.0 + 2.0
"""Seconds after which no thread of ours lives (contract 3.5: one), with time for a busy machine to schedule them."""

SOURCE = Path(mf.__file__).parent.parent


def whole(content: bytes | Content) -> bytes:
    """All bytes of a content."""
    if isinstance(content, bytes):
        return content
    pieces, at = [], 0
    while at < content.size:
        pieces.append(bytes(content.read(at, content.size)))
        at += len(pieces[-1])
    return b"".join(pieces)


def wait_until(happened: Callable[[], object], what: str, timeout: float = 20.0) -> None:
    """Block until ``happened()`` is true. Raises TimeoutError."""
    until = time.monotonic() + timeout
    while not happened():
        if time.monotonic() > until:
            message = f"{what}: not within {timeout} s"
            raise TimeoutError(message)
        time.sleep(0.005)


def our_threads() -> list[str]:
    """The names of modelfetch's threads that are alive."""
    return sorted(thread.name for thread in threading.enumerate() if thread.name.startswith("modelfetch"))


def threads_that_stay() -> list[str]:
    """The names of modelfetch's threads that are still there when none should be."""
    with contextlib.suppress(TimeoutError):
        wait_until(lambda: not our_threads(), "the end of the threads", GONE_WITHIN)
    return our_threads()


def state_of(folder: Path) -> dict[str, tuple[int, bytes | str]]:
    """Everything below a folder: relative paths to modes and contents, or the targets of links."""
    found: dict[str, tuple[int, bytes | str]] = {}
    for path in (folder, *sorted(folder.rglob("*"))) if folder.exists() else ():
        kind = path.lstat().st_mode
        content: bytes | str = ""
        if stat.S_ISLNK(kind):
            content = os.readlink(path)  # noqa: PTH115 - the text of the link, as it is
        elif stat.S_ISREG(kind):
            content = path.read_bytes()
        found[str(path.relative_to(folder))] = kind, content
    return found


@dataclass
class Watched:
    """A progress callback that remembers what it was told, by which thread, and what the hub had served by then."""

    hub: LocalHub
    seen: list[mf.DownloadProgress] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)
    served: list[int] = field(default_factory=list)

    def __call__(self, progress: mf.DownloadProgress) -> None:
        self.served.append(self.hub.body_bytes())
        self.seen.append(progress)
        self.threads.add(threading.get_ident())

    @property
    def bytes(self) -> list[int]:
        """``bytes_downloaded`` of each."""
        return [progress.bytes_downloaded for progress in self.seen]

    @property
    def final(self) -> list[mf.DownloadStatus]:
        """The terminal statuses among them."""
        return [progress.status for progress in self.seen if progress.status.is_final]

    def assert_sound(self) -> None:
        """What is true of every download's progress, whatever becomes of it."""
        totals = {progress.bytes_total for progress in self.seen}
        assert len(totals) == 1, totals
        assert self.bytes == sorted(self.bytes)
        assert len(self.final) == 1
        assert self.seen[-1].status.is_final
        numbers = [progress.seq for progress in self.seen]
        assert numbers == sorted(set(numbers))


class Left(Exception):  # noqa: N818 - what a host raises to leave is no error
    """Raised by a callback to leave a download."""


def leave_after(size: int) -> Callable[[mf.DownloadProgress], None]:
    """A callback that leaves the download once ``size`` bytes are on disk."""

    def callback(progress: mf.DownloadProgress) -> None:
        if progress.bytes_downloaded >= size:
            raise Left

    return callback


@dataclass
class World:
    """One hub, one cache, and the verbs bound to them."""

    hub: LocalHub
    cache: Path
    children: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """The repo's folder in the cache."""
        return self.cache / ("models--" + REPO.replace("/", "--"))

    @property
    def guests(self) -> Path:
        """Where part files and journals are."""
        return self.folder / ".modelfetch" / "v1"

    def options(self, **options: Any) -> dict[str, Any]:
        """The arguments of a verb, with ours where none are given."""
        return {"endpoint": self.hub.endpoint, "cache_dir": self.cache, "token": False, **options}

    def publish(self, files: Files = FILES, **options: Any) -> Repo:
        """Let the hub hold the repo."""
        return self.hub.add_repo(REPO, files, **options)

    def plan(self, model: str | mf.ModelSpec = REPO, **options: Any) -> mf.DownloadPlan:
        """``plan_download`` here."""
        return mf.plan_download(model, **self.options(**options))

    def download(self, model: str | mf.ModelSpec | mf.DownloadPlan = REPO, **options: Any) -> mf.DownloadResult:
        """``download`` here."""
        return mf.download(model, **self.options(**options))

    def start(self, model: str | mf.ModelSpec | mf.DownloadPlan = REPO, **options: Any) -> mf.DownloadJob:
        """``start_download`` here."""
        return mf.start_download(model, **self.options(**options))

    def interrupted(self, after: int, **options: Any) -> None:
        """A download that somebody left when ``after`` bytes were on disk; the wire is slow enough for that to be so."""
        self.hub.bandwidth = 6_000_000
        with contextlib.suppress(Left):
            self.download(progress=leave_after(after), interval=0.01, **options)
        assert threads_that_stay() == []
        self.hub.wait_until_quiet()
        self.hub.bandwidth = None

    def left_over(self) -> list[str]:
        """Part files, journals and temporaries in the cache."""
        return sorted(
            path.name
            for path in self.cache.rglob("*")
            if path.name.endswith((".part", ".journal", ".tmp", ".incomplete"))
        )

    def journals(self) -> dict[str, Journal]:
        """What the journals on disk say, by blob id."""
        told = {path.stem: decode(path.read_bytes()) for path in self.guests.glob("*.journal")}
        return {name: journal for name, journal in told.items() if journal is not None}

    def asked(self, file: str) -> list[tuple[int, int]]:
        """The ranges of a file's content that the hub was asked for, half-open."""
        wanted = (each.range for each in self.hub.requests if each.file == file and each.method == "GET" and each.range)
        pairs = (text.removeprefix("bytes=").split("-") for text in wanted)
        return [(int(start), int(last) + 1) for start, last in pairs]

    def run(self, script: str, *arguments: object, **variables: str) -> subprocess.Popen[str]:
        """A process of its own that runs ``script``, which finds ``arguments`` in ``sys.argv[1:]``."""
        environment = os.environ | {"PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1"} | variables
        command = [sys.executable, "-c", script, *map(str, arguments)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        self.children.append(child)
        return child

    def downloader(self, **options: Any) -> subprocess.Popen[str]:
        """A process that downloads the repo into this cache; see :data:`DOWNLOADER`."""
        return self.run(DOWNLOADER, REPO, json.dumps(self.options(**options), default=str))

    def close(self) -> None:
        """End the processes."""
        for child in self.children:
            child.kill()
            child.communicate()


DOWNLOADER = """
import json, sys
import modelfetch as mf

def told(progress):
    print(json.dumps([progress.status.value, progress.bytes_downloaded]), flush=True)

try:
    result = mf.download(sys.argv[1], progress=told, **json.loads(sys.argv[2]))
except mf.ModelFetchError as error:
    print(json.dumps([type(error).__name__, str(error)]))
except KeyboardInterrupt:
    print(json.dumps(["KeyboardInterrupt", 0]))
else:
    print(json.dumps(["path", str(result.path)]))
"""
"""Tells, a line each, its progress, and at last either ``path`` or the name of the error."""


def ending(child: subprocess.Popen[str], timeout: float = 60.0) -> tuple[str, Any]:
    """The last line a downloader told, once it has ended."""
    out, err = child.communicate(timeout=timeout)
    assert out.strip(), err
    word, value = json.loads(out.splitlines()[-1])
    return word, value


def assert_right(folder: Path, files: Files = FILES) -> None:
    """The snapshot holds just these files, to the byte."""
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    assert found == set(files)
    for path, content in files.items():
        assert (folder / path).read_bytes() == whole(content), path


def assert_attributes(error: BaseException, attributes: Mapping[str, object]) -> None:
    """The error carries these data; what is given as a function has to be passed."""
    for name, expected in attributes.items():
        found = getattr(error, name)
        assert expected(found) if callable(expected) else found == expected, (name, found)


def of(requests: tuple[Request, ...], where: str) -> list[Request]:
    """The requests that were for one thing (``info``, ``tree``, ``resolve``, ``cdn``)."""
    return [each for each in requests if each.where == where]
