"""modelfetch beside its peers in one run, as ratios: ``nox -s bench``, or ``python benchmarks/run.py [case ...]``.

Every peer downloads the same repo from the same local Hub, in turn (A, B, C, A, B, C, ...), each time into an empty
folder; a figure is the median of the rounds. modelfetch checks the digest of every byte; the peers check nothing. A
loopback is no network: these figures say what a peer costs and how it uses connections, not how fast it is for you.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from hub import running
from peers import PEERS

ROUNDS = 3
MB = 1_000_000
CASES: dict[str, tuple[list[int], dict[str, float]]] = {
    "one file of 500 MB, no limit": ([500 * MB], {}),
    "one file of 100 MB, 10 MB/s a connection": ([100 * MB], {"bandwidth_per_connection": 10 * MB}),
    "four files of 50 MB, 25 ms to each answer": ([50 * MB] * 4, {"latency": 0.025}),
    "1,000 files of 4 kB, no limit": ([4000] * 1000, {}),
    "1,000 files of 4 kB, 25 ms to each answer": ([4000] * 1000, {"latency": 0.025}),
}


def measure(peer: str, endpoint: str) -> dict[str, float]:
    """One download into a fresh folder."""
    folder = tempfile.mkdtemp(prefix="modelfetch-bench-")
    script = Path(__file__).with_name("peers.py")
    try:
        done = subprocess.run(
            [sys.executable, str(script), peer, endpoint, folder], capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout.splitlines()[-1])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def compare(title: str, sizes: list[int], settings: dict[str, float]) -> None:
    """Print one table."""
    peers = [name for name in PEERS if name != "curl" or shutil.which("curl")]
    with running(sizes, **settings) as endpoint:
        rounds = [{peer: measure(peer, endpoint) for peer in peers} for _ in range(ROUNDS)]
    print(f"\n{title} (load {os.getloadavg()[0]:.1f})")
    print(f"  {'':16}{'seconds':>9}{'MB/s':>8}{'CPU s':>8}{'RSS MB':>8}   time beside modelfetch")
    ours = median(each["modelfetch"]["wall"] for each in rounds)
    for peer in peers:
        wall, cpu, rss = (median(each[peer][what] for each in rounds) for what in ("wall", "cpu", "rss"))
        rate = sum(sizes) / MB / wall
        print(f"  {peer:16}{wall:9.2f}{rate:8.0f}{cpu:8.2f}{rss:8.0f}   {wall / ours:.2f}x")


if __name__ == "__main__":
    chosen = sys.argv[1:]
    for title, (sizes, settings) in CASES.items():
        if not chosen or any(word in title for word in chosen):
            compare(title, sizes, settings)
