"""Company on one cache: what is wanted, processes that fetch it, and ways to look at them and to speak to them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelfetch.testing import Synthetic

from ..download.kit import MIB, REPO, SOURCE, Files, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..download.kit import World

SIZE = 9_000_000
FILES: Files = {"config.json": b'{"n": 1}', "model.bin": Synthetic(SIZE, 9), "second.bin": Synthetic(MIB, 10)}
TOTAL = SIZE + MIB + 8
SPEED = 4_000_000
CRAWL = 4_000
"""Bytes a second at which nothing worth counting happens, and no connection ends."""

ONCE = 1.02
"""Bytes served for each byte wanted, when everything is fetched once."""

PEER = """
import importlib, json, sys, threading

package, model, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
mf = importlib.import_module(package)
if "plan" in options:
    model = mf.DownloadPlan.from_json(options.pop("plan"))
if options.pop("quick_retries", False):
    retry = importlib.import_module(package + ".core.wire.retry")
    retry.WAITS = tuple(wait / 50 for wait in retry.WAITS)
token = mf.CancelToken()

def listen():
    for line in sys.stdin:
        token.cancel()

def told(progress):
    line = {name: getattr(progress, name) for name in ("bytes_downloaded", "bytes_total", "stalled", "message", "seq")}
    print(json.dumps({"status": progress.status.value, **line}), flush=True)

threading.Thread(target=listen, daemon=True).start()
try:
    result = mf.download(model, progress=told, cancel=token, interval=0.05, **options)
except (mf.ModelFetchError, mf.DownloadCancelled) as error:
    print(json.dumps({"end": type(error).__name__, "text": str(error)}), flush=True)
else:
    print(json.dumps({"end": "path", "text": str(result.path), "reused": result.bytes_reused}), flush=True)
"""
"""Downloads; tells its progress and its end as a line of JSON each; any line that it is told cancels it."""

LYING = "import fcntl; fcntl.flock = fcntl.lockf = lambda *_: None\n" + PEER
"""A peer on a file system where everybody gets every lock."""

REFUSING = """
import errno, fcntl, os
def refuse(*_):
    raise OSError({0}, os.strerror({0}))
fcntl.flock = fcntl.lockf = refuse
"""


def refusing(number: int) -> str:
    """A peer on a file system that has no locks, and says so with this ``errno``."""
    return REFUSING.format(number) + PEER


@dataclass
class Peer:
    """A process that downloads into the shared cache, and everything that it has told so far."""

    process: subprocess.Popen[str]
    lines: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        self.lines.extend(map(json.loads, self.process.stdout))

    @property
    def progress(self) -> list[dict[str, Any]]:
        """What it told before its end."""
        return [line for line in self.lines if "end" not in line]

    @property
    def bytes(self) -> list[int]:
        """``bytes_downloaded`` of each."""
        return [line["bytes_downloaded"] for line in self.progress]

    @property
    def has_ended(self) -> bool:
        """Whether it told how it ended."""
        return any("end" in line for line in list(self.lines))

    def wait_for(self, told: Callable[[dict[str, Any]], object], what: str) -> None:
        """Block until it tells a progress that fits."""
        wait_until(lambda: any(map(told, self.progress)), what, 30.0)

    def wait_for_bytes(self, size: int) -> None:
        """Block until it shows so many bytes."""
        self.wait_for(lambda line: line["bytes_downloaded"] >= size, f"{size} bytes shown")

    def cancel(self) -> None:
        """Press its Cancel button."""
        assert self.process.stdin
        self.process.stdin.write("cancel\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        """kill -9, and gone when this returns."""
        self.process.kill()
        self.process.wait()

    def ending(self, timeout: float = 60.0) -> tuple[str, str]:
        """``path`` or the name of the error, and the path or the message, once the process has ended."""
        code = self.process.wait(timeout)
        self._reader.join(timeout)
        assert self.process.stderr
        assert self.has_ended, (code, self.process.stderr.read())
        return self.lines[-1]["end"], self.lines[-1]["text"]

    def path(self, timeout: float = 60.0) -> Path:
        """The snapshot it came to, which it has to."""
        word, text = self.ending(timeout)
        assert word == "path", text
        return Path(text)

    def assert_sound(self, total: int = TOTAL) -> None:
        """Its progress was what every download's is: one total, never back, and exact at the end."""
        assert {line["bytes_total"] for line in self.progress} == {total}
        assert self.bytes == sorted(self.bytes)
        assert (self.progress[-1]["status"], self.bytes[-1]) == ("complete", total)
        numbers = [line["seq"] for line in self.progress]
        assert numbers == sorted(set(numbers))


def peer(
    world: World,
    model: str = REPO,
    *,
    script: str = PEER,
    package: str = "modelfetch",
    site: Path = SOURCE,
    **options: Any,
) -> Peer:
    """Start a process that downloads ``model``, with ``package`` as found in ``site``."""
    environment = os.environ | {"PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", script, package, model, json.dumps(world.options(**options), default=str)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment)
    world.children.append(process)
    return Peer(process)


def served(world: World, size: int, pattern: str = "*") -> None:
    """Block until the hub has sent so many bytes; a process may take its time to start."""
    world.hub.wait_for_bytes(size, timeout=30.0, pattern=pattern)


def joined(world: World, **options: Any) -> Peer:
    """A process that follows the one at work, which the hub keeps from finishing until then, however slow the machine."""
    world.hub.bandwidth = CRAWL
    follower = peer(world, **options)
    follower.wait_for(lambda line: line["message"].startswith("somebody else"), "the follower waits for the owner")
    world.hub.bandwidth = SPEED
    return follower


def copy_of_ours(site: Path, name: str, **changes: tuple[str, str]) -> Path:
    """``site`` with our package in it as ``name``; ``changes``: what to replace by what in a module, ``/`` as ``__``."""
    folder = site / name
    shutil.copytree(SOURCE / "modelfetch", folder, ignore=shutil.ignore_patterns("__pycache__"))
    for module, (old, new) in changes.items():
        file = (folder / module.replace("__", "/")).with_suffix(".py")
        text = file.read_text(encoding="utf-8")
        assert old in text, (module, old)
        file.write_text(text.replace(old, new), encoding="utf-8")
    return site


def assert_once(world: World, total: int = TOTAL) -> None:
    """What was served is what was wanted, once; and nothing unfinished is left."""
    assert world.hub.body_bytes() <= ONCE * total
    assert world.left_over() == []
