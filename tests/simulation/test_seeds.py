"""Whole downloads in virtual time: the real machine in as many worlds as there are seeds."""

from __future__ import annotations

import os

import pytest

from modelfetch.testing.simulator import simulate

BLOCKS = 20
"""Tests that the seeds are dealt to, so that several processes can share them."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "block" in metafunc.fixturenames:
        metafunc.parametrize("block", range(BLOCKS))


def test_no_seed_breaks_a_promise(block: int, pytestconfig: pytest.Config) -> None:
    seeds = int(os.environ.get("MODELFETCH_SEEDS") or pytestconfig.getoption("--seeds"))
    for seed in range(block, seeds, BLOCKS):
        simulate(seed)


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(5, id="a tick at the very end of a stall window was one too early"),
        pytest.param(147, id="a file was claimed by a download that was ending"),
        pytest.param(201, id="a file was usurped while it was being published"),
        pytest.param(1736, id="bytes that had been repaired counted as reused"),
    ],
)
def test_a_seed_that_broke_a_promise_once_does_not_any_more(seed: int) -> None:
    simulate(seed)
