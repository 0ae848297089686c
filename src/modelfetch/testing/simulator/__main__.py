"""``python -m modelfetch.testing.simulator 100000``: that many seeds, on all cores; a seed that fails is told small."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from multiprocessing import Pool

from .rules import Violation
from .run import shrink, simulate

_CHUNK = 100


def _run(seed: int) -> tuple[int, str, int, int]:
    """Seed, what went wrong or "", bytes served and bytes served twice."""
    try:
        run = simulate(seed)
    except Violation as violation:
        return seed, violation.message, 0, 0
    return seed, "", run.bytes_served, run.bytes_twice


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m modelfetch.testing.simulator", description=__doc__)
    parser.add_argument("seeds", type=int, help="how many seeds to run")
    parser.add_argument("first", type=int, nargs="?", default=0, help="the first of them (0)")
    parser.add_argument("--processes", type=int, default=None, help="how many processes (one for each core)")
    parser.add_argument("--show", type=int, default=1, help="how many of the seeds that fail to tell as a script (1)")
    return parser.parse_args()


def main() -> int:
    """Run the seeds; how many of them failed, at most 1."""
    asked = _arguments()
    began, failed, sums = time.monotonic(), [], Counter[str]()
    with Pool(asked.processes) as pool:
        for seed, message, served, twice in pool.imap_unordered(
            _run, range(asked.first, asked.first + asked.seeds), chunksize=_CHUNK
        ):
            sums.update(served=served, twice=twice)
            if message:
                failed.append(seed)
                print(f"seed {seed}: {message}", flush=True)  # noqa: T201 - a command line
    seconds = time.monotonic() - began
    sys.stdout.write(
        f"{asked.seeds} runs in {seconds:.1f} s, {asked.seeds / seconds:.0f} a second; {len(failed)} failed. "
        f"{sums['served'] / 1e9:.1f} GB were served, {sums['twice'] / 1e9:.1f} GB of them a second time.\n"
    )
    for seed in sorted(failed)[: asked.show]:
        sys.stdout.write(f"\n{shrink(seed)}\n")
    return min(1, len(failed))


if __name__ == "__main__":
    sys.exit(main())
