"""Whole downloads in virtual time: the real machine in as many worlds as there are seeds."""

from __future__ import annotations

import os

import pytest

from modelfetch.core.machine import Policy
from modelfetch.testing.simulator import World, simulate
from modelfetch.testing.simulator import faults as f
from modelfetch.testing.simulator.content import File
from modelfetch.testing.simulator.world import Pace

BLOCKS = 20
"""Tests that the seeds are dealt to, so that several processes can share them."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "block" in metafunc.fixturenames:
        metafunc.parametrize("block", range(BLOCKS))


def test_no_seed_breaks_a_promise(block: int, pytestconfig: pytest.Config) -> None:
    seeds = int(os.environ.get("MODELFETCH_SEEDS") or pytestconfig.getoption("--seeds"))
    for seed in range(block, seeds, BLOCKS):
        simulate(seed)


SHA = "{:064x}".format
GIT = "{:040x}".format

ONCE_BROKEN = {
    "a tick at the very end of a stall window was one too early": World(
        seed=471,
        files=(
            File("f0", 1, GIT(1)),
            File("f1", 35_651_584, SHA(2), copies=2),
            File("f2", 900_000, GIT(3)),
            File("f3", 5_000, GIT(4)),
            File("f4", 35_651_584, SHA(5)),
        ),
        policy=Policy(max_connections=2),
        pace=Pace(latency=0.128957638479686, rate=10_485_760, block=4_194_304, lag=0.03),
        faults=(f.Kill(129), f.Silence(13, 7, share=0.2965464079674559, deaf=True), f.Trickle(2, 7)),
    ),
    "a file was taken over while it was being published": World(
        seed=619,
        files=(File("f0", 0, GIT(1)), File("f1", 5_242_880, SHA(2)), File("f2", 9_437_184, SHA(3))),
        policy=Policy(max_connections=3, stall_timeout=5.0),
        pace=Pace(latency=0.17725236723035803, rate=2_097_152, block=524_288, lag=0.03),
        faults=(f.LyingLocks(), f.Neighbour(3.3819544655941582, once=False)),
    ),
    "bytes that were found and had to be repaired still counted as found": World(
        seed=6,
        files=(File("f0", 1, GIT(1), copies=2), File("f1", 70_000, GIT(2)), File("f2", 0, GIT(3))),
        policy=Policy(max_connections=3),
        pace=Pace(latency=0.06455774801416565, rate=524_288.0, block=2_097_152, lag=0.03),
        faults=(f.Rot(36, share=0.5383052195552769), f.Cancel(15)),
    ),
}
"""Worlds in which the machine once broke a promise, as small as they could be made."""


@pytest.mark.parametrize("bug", ONCE_BROKEN)
def test_a_promise_that_was_broken_once_is_kept(bug: str) -> None:
    simulate(0, world=ONCE_BROKEN[bug])
