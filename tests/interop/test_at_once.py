"""We and a huggingface_hub in another process, on one cache at the same time: each byte once, and either may be killed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import scan_cache_dir

import modelfetch as mf
from modelfetch.testing import Content, LocalHub, Synthetic

from .kit import REPO, THEIRS, ours

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = 25_000_000  # huggingface_hub puts 10 MiB at a time on disk
FILES: dict[str, bytes | Content] = {"config.json": b'{"n": 1}', "model.bin": Synthetic(SIZE, 3)}
TOTAL = SIZE + 8
SPEED = 10_000_000
ONCE = 1.02
MIB = 1 << 20
SOURCE = Path(mf.__file__).parent.parent

OURS = """
import sys
import modelfetch as mf
print(mf.download(sys.argv[1], endpoint=sys.argv[2], cache_dir=sys.argv[3], token=False).path)
"""


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    with LocalHub(bandwidth=SPEED) as hub:
        hub.add_repo(REPO, FILES)
        yield hub


class Running:
    """Downloads of the repo into the cache, each in a process of its own."""

    def __init__(self, hub: LocalHub, cache: Path) -> None:
        self._arguments = [REPO, hub.endpoint, str(cache)]
        self._processes: list[subprocess.Popen[str]] = []

    def start(self, script: str) -> subprocess.Popen[str]:
        quiet = {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "PYTHONPATH": str(SOURCE)}
        command = [sys.executable, "-W", "ignore", "-c", script, *self._arguments]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=os.environ | quiet)
        self._processes.append(process)
        return process

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()


@pytest.fixture
def running(hub: LocalHub, cache: Path) -> Iterator[Running]:
    running = Running(hub, cache)
    yield running
    running.close()


def path_of(process: subprocess.Popen[str]) -> Path:
    out, err = process.communicate(timeout=90)
    assert process.returncode == 0, err
    return Path(out.strip())


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()


def assert_right(hub: LocalHub, folder: Path) -> None:
    repo = hub._site.store.repos[REPO]
    for name, file in repo.files.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == file.sha256, name


def temporaries(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.rglob("*") if path.suffix in {".part", ".journal", ".tmp"})


def wait_until_shown(job: mf.DownloadJob, size: int) -> None:
    enough = threading.Event()
    leave = job.subscribe(lambda progress: enough.set() if progress.bytes_downloaded >= size else None, interval=0.05)
    assert enough.wait(30), job.snapshot()
    leave()


def test_while_the_neighbour_downloads_we_follow_and_fetch_nothing(
    hub: LocalHub, cache: Path, running: Running
) -> None:
    neighbour = running.start(THEIRS)
    hub.wait_for_bytes(MIB, timeout=60)
    seen: list[mf.DownloadProgress] = []

    result = ours(hub, cache, progress=seen.append)

    assert path_of(neighbour) == result.path
    assert_right(hub, result.path)
    shown = [progress.bytes_downloaded for progress in seen]
    assert shown == sorted(shown)
    assert len({count for count in shown if 10 * MIB <= count < TOTAL}) >= 2, "its temporary file is seen to grow"
    assert {progress.bytes_total for progress in seen} == {TOTAL}
    assert shown[-1] == TOTAL
    assert hub.body_bytes() <= ONCE * TOTAL


def test_while_we_download_the_neighbour_waits_and_fetches_nothing(
    hub: LocalHub, cache: Path, running: Running
) -> None:
    owner = running.start(OURS)
    hub.wait_for_bytes(MIB, timeout=60)
    neighbour = running.start(THEIRS)

    path = path_of(owner)

    assert path_of(neighbour) == path
    assert_right(hub, path)
    assert hub.body_bytes() <= ONCE * TOTAL
    assert scan_cache_dir(cache).warnings == []


def test_when_the_neighbour_is_killed_we_take_over(hub: LocalHub, cache: Path, running: Running) -> None:
    """What it brought is lost with it: it keeps no account of what is on disk."""
    neighbour = running.start(THEIRS)
    hub.wait_for_bytes(11 * MIB, timeout=60)
    job = mf.start_download(REPO, endpoint=hub.endpoint, cache_dir=cache, token=False)
    wait_until_shown(job, 10 * MIB)

    kill(neighbour)

    path = job.result(60).path
    assert_right(hub, path)
    assert scan_cache_dir(cache).warnings == []
    assert temporaries(cache) == []


def test_when_we_are_killed_the_neighbour_takes_over_and_we_clear_up_later(
    hub: LocalHub, cache: Path, running: Running
) -> None:
    owner = running.start(OURS)
    hub.wait_for_bytes(4 * MIB, timeout=60)
    neighbour = running.start(THEIRS)
    hub.wait_for_request(lambda request: "hf_hub" in request.headers.get("user-agent", ""), timeout=30)

    kill(owner)

    path = path_of(neighbour)
    assert_right(hub, path)
    hub.clear()
    assert ours(hub, cache).path == path
    assert hub.body_bytes() == 0
    assert temporaries(cache) == []
    assert scan_cache_dir(cache).warnings == []


def test_when_we_are_killed_and_nobody_was_there_the_neighbour_is_not_disturbed(
    hub: LocalHub, cache: Path, running: Running
) -> None:
    owner = running.start(OURS)
    hub.wait_for_bytes(4 * MIB, timeout=60)
    kill(owner)

    path = path_of(running.start(THEIRS))

    assert_right(hub, path)
    assert ours(hub, cache).path == path
