"""What neighbours cost: bytes served to many processes of one repo, and how soon a dead owner is replaced.

``python benchmarks/neighbours.py [kills]``; 10 kills by default. Everything is in one cache on one local Hub; the
follower asks a second Hub with the same repo, so that its first request after the kill is surely its own.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from statistics import median

from modelfetch.testing import LocalHub, Synthetic

MODEL = "bench/model"
MB = 1_000_000
PROCESSES = 8
MANY = {f"part-{number}.bin": Synthetic(8 * MB, number) for number in range(5)}
ONE = Synthetic(40 * MB, 9)

DOWNLOAD = """
import sys
import modelfetch as mf

def told(progress):
    print(progress.bytes_downloaded if progress.message.startswith("somebody else") else 0, flush=True)

mf.download(sys.argv[1], endpoint=sys.argv[2], cache_dir=sys.argv[3], token=False, progress=told, interval=0.02)
"""


def downloading(hub: LocalHub, cache: str) -> subprocess.Popen[str]:
    """A process that downloads into ``cache``; each line it prints is how many bytes of somebody else it shows."""
    command = [sys.executable, "-c", DOWNLOAD, MODEL, hub.endpoint, cache]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def sharing(processes: int) -> None:
    """Print what is served to ``processes`` that want the same repo at once, beside the repo's size."""
    size = sum(file.size for file in MANY.values())
    with LocalHub(bandwidth=20 * MB) as hub, tempfile.TemporaryDirectory(prefix="modelfetch-bench-") as cache:
        hub.add_repo(MODEL, MANY)
        began = time.monotonic()
        running = [downloading(hub, cache) for _ in range(processes)]
        for process in running:
            process.communicate()
        codes = [process.returncode for process in running]
        took = time.monotonic() - began
        served, load = hub.body_bytes() / size, os.getloadavg()[0]
        print(f"{processes} processes, {size:,} bytes in {len(MANY)} files: {served:.4f} of them served", end="")
        print(f", {took:.1f} s, {codes.count(0)} finished (load {load:.1f})")


def takeover(further: int, later: float) -> tuple[float, int]:
    """Kill an owner ``later`` seconds after it was followed for ``further`` bytes.

    Returns seconds from the kill to the follower's first request for bytes, and the bytes sent twice.
    """
    with (
        LocalHub(bandwidth=10 * MB) as hub,
        LocalHub() as mirror,
        tempfile.TemporaryDirectory(prefix="modelfetch-bench-") as cache,
    ):
        for each in (hub, mirror):
            each.add_repo(MODEL, {"model.bin": ONE})
        owner = downloading(hub, cache)
        hub.wait_for_bytes(MB)
        follower = downloading(mirror, cache)
        lines = follower.stdout or ()
        begun = next(int(line) for line in lines if int(line))
        next(line for line in lines if int(line) >= begun + further)
        time.sleep(later)  # what was shown comes right after a look at the owner; a death comes at any time
        killed = time.monotonic()
        owner.kill()
        first = mirror.wait_for_request(lambda request: request.where == "cdn" and request.started > killed, 30)
        owner.communicate()
        follower.communicate()
        assert follower.returncode == 0
        return first.started - killed, hub.body_bytes() + mirror.body_bytes() - ONE.size


def takeovers(kills: int) -> None:
    """Print the take-over time over ``kills`` owners, each killed at a random moment."""
    instants = random.Random(1)
    found = [takeover(instants.randrange(2 * MB, 12 * MB), instants.random() / 4) for _ in range(kills)]
    times, twice = zip(*found, strict=True)
    print(
        f"{kills} owners killed: the follower's first request for bytes came after {median(times):.3f} s (median)",
        end="",
    )
    print(f", {max(times):.3f} s (worst); sent twice at most {max(twice):,} bytes, in sockets and blocks at the kill")


if __name__ == "__main__":
    sharing(PROCESSES)
    takeovers(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
