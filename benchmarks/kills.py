"""What kill -9 costs: a download in another process, killed at random instants, with the bytes that come twice because of it.

Run it with ``python benchmarks/kills.py [kills]`` (100). Downloads of 64 MB from a Hub at 30 MB/s are killed, each after a
random time, and begun again from what is on disk; a finished one is removed and another begun. It prints how many bytes
were wrong (the contract: none), and how many were served twice: in all, at worst for one kill, and at worst for each of
its connections (the contract: 1 MiB of what the process had received; what else was served was still in the sockets).
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import modelfetch as mf
from modelfetch.core.transfer.journal import decode
from modelfetch.testing import LocalHub, Repo, Synthetic

KILLS = 100
REPO = "bench/kills"
SIZES = {"a.bin": 48_000_000, "b.bin": 16_000_000}
FILES = {name: Synthetic(size, seed) for seed, (name, size) in enumerate(SIZES.items())}
TOTAL = sum(SIZES.values())
SPEED = 30_000_000
LATEST = 1.8
"""Seconds after its first byte at which a download is killed at the latest: a whole one takes 2.1."""

Kept = dict[str, list[tuple[int, int]]]
"""File names to the half-open ranges that are journalled or published."""

CHILD = """
import json, mmap, socket, sys, threading
import modelfetch as mf

with open(sys.argv[3], "r+b") as file:
    counter = mmap.mmap(file.fileno(), 8)
mutex = threading.Lock()

def counting(receive):
    def call(self, *arguments):
        got = receive(self, *arguments)
        with mutex:
            sum = int.from_bytes(counter[:], "little") + (got if isinstance(got, int) else len(got))
            counter[:] = sum.to_bytes(8, "little")
        return got
    return call

socket.socket.recv_into, socket.socket.recv = counting(socket.socket.recv_into), counting(socket.socket.recv)
mf.download(sys.argv[1], **json.loads(sys.argv[2]))
"""
"""Counts what it receives, in a file that a killed process does not take along."""


@dataclass(frozen=True)
class Row:
    """One kill: bytes that were served, and bytes that the process had received, which were on disk for nobody."""

    served: int
    received: int
    connections: int

    @property
    def each(self) -> float:
        """``received``, for each connection that was bringing any."""
        return self.received / max(self.connections, 1)


@dataclass
class Tally:
    """What the kills have cost so far."""

    finished: int = 0
    wrong: int = 0
    again: int = 0
    rows: list[Row] = field(default_factory=list)


class Bench:
    """One Hub, one cache, one child at a time."""

    def __init__(self, hub: LocalHub, repo: Repo, cache: Path) -> None:
        self.hub, self.repo, self.cache, self.tally = hub, repo, cache, Tally()
        self._counter = cache.with_name("received")
        self.options: dict[str, Any] = {"endpoint": hub.endpoint, "cache_dir": str(cache), "token": False}

    def run(self, kills: int) -> Tally:
        """So many kills, with all that lies between them."""
        while len(self.tally.rows) < kills:
            self.hub.wait_until_quiet()
            self.hub.clear()
            kept = self._kept()
            child = self._begin()
            self.hub.wait_for_bytes(1)
            time.sleep(random.uniform(0, LATEST))
            child.kill()
            if child.wait() == 0:
                self._finish()
                continue
            self.hub.wait_until_quiet()
            now = self._kept()
            gained = size_of(now) - size_of(kept)
            received = int.from_bytes(self._counter.read_bytes(), "little")
            row = Row(self.hub.body_bytes() - gained, max(0, received - gained), self._connections_that_lost(now))
            self.tally.rows.append(row)
            self.tally.again += self._asked_again(kept)
            if size_of(now) > 0.9 * TOTAL:
                self._finish()
        self._finish()
        return self.tally

    def _begin(self) -> subprocess.Popen[str]:
        self._counter.write_bytes(bytes(8))
        command = [sys.executable, "-c", CHILD, REPO, json.dumps(self.options), str(self._counter)]
        return subprocess.Popen(command, text=True, stderr=subprocess.DEVNULL)

    def _finish(self) -> None:
        """Complete it, compare every byte, and make room for the next."""
        path = mf.download(REPO, **self.options).path
        self.tally.finished += 1
        for name, content in FILES.items():
            self.tally.wrong += differing((path / name).read_bytes(), content)
        shutil.rmtree(self.cache)
        self.cache.mkdir()

    def _kept(self) -> Kept:
        """What is journalled or published, by the file's name."""
        folder = self.cache / ("models--" + REPO.replace("/", "--"))
        kept = {}
        for name, file in self.repo.files.items():
            journal = folder / ".modelfetch" / "v1" / f"{file.etag}.journal"
            if (folder / "blobs" / file.etag).exists():
                kept[name] = [(0, SIZES[name])]
            elif journal.exists() and (told := decode(journal.read_bytes())) is not None:
                kept[name] = [(span.start, span.stop) for span in told.kept]
        return kept

    def _asked(self) -> list[tuple[int, str, int, int]]:
        """Connection, file and half-open range of every request for content."""
        wanted = [each for each in self.hub.requests if each.method == "GET" and each.range and each.file in SIZES]
        ranges = [(each, *map(int, (each.range or "").removeprefix("bytes=").split("-"))) for each in wanted]
        return [(each.connection, each.file or "", start, last + 1) for each, start, last in ranges]

    def _connections_that_lost(self, kept: Kept) -> int:
        """How many connections brought, or were bringing, what is not kept."""
        return len(
            {number for number, file, start, stop in self._asked() if common(kept, file, start, stop) < stop - start}
        )

    def _asked_again(self, kept: Kept) -> int:
        """Bytes that the child asked for although they were journalled."""
        return sum(common(kept, file, start, stop) for _, file, start, stop in self._asked())


def common(kept: Kept, file: str, start: int, stop: int) -> int:
    return sum(max(0, min(end, stop) - max(begin, start)) for begin, end in kept.get(file, []))


def size_of(kept: Kept) -> int:
    return sum(stop - start for spans in kept.values() for start, stop in spans)


def differing(found: bytes, content: Synthetic) -> int:
    """Bytes that are not what they should be, those that are missing or too many among them."""
    wrong, at = abs(len(found) - content.size), 0
    while at < content.size:
        block = bytes(content.read(at, content.size))
        if (has := found[at : at + len(block)]) != block:
            wrong += sum(one != other for one, other in zip(has, block, strict=False))
        at += len(block)
    return wrong


def main(kills: int) -> None:
    with LocalHub(bandwidth=SPEED) as hub, tempfile.TemporaryDirectory(prefix="modelfetch-kills-") as folder:
        repo = hub.add_repo(REPO, FILES)
        cache = Path(folder, "hub")
        cache.mkdir()
        began = time.monotonic()
        tally = Bench(hub, repo, cache).run(kills)
    rows = tally.rows
    print(f"{len(rows)} kills in {time.monotonic() - began:.0f} s (load {os.getloadavg()[0]:.1f})")
    print(f"  downloads finished and compared, bytes each {tally.finished:>12,} x {TOTAL:,}")
    print(f"  wrong bytes                                 {tally.wrong:>12,}")
    print(f"  journalled bytes that were asked for again  {tally.again:>12,}")
    print(f"  bytes served twice, in all                  {sum(row.served for row in rows):>12,}")
    print(f"    of them received by the dead              {sum(row.received for row in rows):>12,}")
    print(f"  at worst for one kill: served               {max(row.served for row in rows):>12,}")
    print(f"    received                                  {max(row.received for row in rows):>12,}")
    print(f"    received, for each connection             {max(row.each for row in rows):>12,.0f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else KILLS)
