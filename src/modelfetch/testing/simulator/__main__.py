"""``python -m modelfetch.testing.simulator 100000``: that many seeds, on all cores; a seed that fails is told small."""

from __future__ import annotations

import argparse
import sys
import time
from multiprocessing import Pool

from .rules import Violation
from .shrinking import shrink
from .simulation import simulate

_CHUNK = 50

_TELL_EVERY = 10.0
"""Seconds between two lines about how far a long run is."""


def _run(seed: int) -> tuple[int, str, int, int]:
    """Seed, what went wrong or "", bytes served and bytes served twice."""
    try:
        run = simulate(seed)
    except Violation as violation:
        return seed, violation.message, 0, 0
    return seed, "", run.bytes_served, run.bytes_twice


class _Tally:
    """What became of the seeds so far."""

    def __init__(self, seeds: int) -> None:
        self.failed: list[int] = []
        self._seeds = seeds
        self._done = self._served = self._twice = 0
        self._began = self._told = time.monotonic()

    def add(self, seed: int, message: str, served: int, twice: int) -> None:
        """One more seed; a failure is told at once, how far the run is now and then."""
        self._done, self._served, self._twice = self._done + 1, self._served + served, self._twice + twice
        if message:
            self.failed.append(seed)
            _tell(f"seed {seed}: {message}")
        if time.monotonic() - self._told >= _TELL_EVERY:
            self._told = time.monotonic()
            left = (self._seeds - self._done) * (self._told - self._began) / self._done
            _tell(f"{self._done:,} of {self._seeds:,} runs, {len(self.failed)} failed, about {left / 60:.0f} min left")

    def tell(self) -> None:
        """The sums."""
        seconds = time.monotonic() - self._began
        _tell(
            f"{self._done:,} runs in {seconds:.1f} s, {self._done / seconds:.0f} a second; {len(self.failed)} failed."
        )
        _tell(f"{self._served / 1e9:,.1f} GB were served, {self._twice / 1e9:,.1f} GB of them a second time.")


def _tell(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command line


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m modelfetch.testing.simulator", description=__doc__)
    parser.add_argument("seeds", type=int, help="how many seeds to run")
    parser.add_argument("first", type=int, nargs="?", default=0, help="the first of them (0)")
    parser.add_argument("--processes", type=int, default=None, help="how many processes (one for each core)")
    parser.add_argument("--show", type=int, default=1, help="how many of the seeds that fail to tell as a script (1)")
    return parser.parse_args()


def main() -> int:
    """Run the seeds; 1 when one of them failed, else 0."""
    asked = _arguments()
    tally = _Tally(asked.seeds)
    seeds = range(asked.first, asked.first + asked.seeds)
    with Pool(asked.processes) as pool:
        for result in pool.imap_unordered(_run, seeds, chunksize=_CHUNK):
            tally.add(*result)
    tally.tell()
    for seed in sorted(tally.failed)[: asked.show]:
        _tell(f"\n{shrink(seed)}")
    return min(1, len(tally.failed))


if __name__ == "__main__":
    sys.exit(main())
