"""Whole downloads in virtual time: the real machine in as many worlds as there are seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelfetch.testing.simulator import simulate
from modelfetch.testing.simulator.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

BLOCKS = 4
"""Tests that the seeds are dealt to, so that several processes can share them."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "block" in metafunc.fixturenames:
        metafunc.parametrize("block", range(BLOCKS))


def test_no_seed_breaks_a_promise(block: int, pytestconfig: pytest.Config) -> None:
    for seed in range(block, pytestconfig.getoption("--seeds"), BLOCKS):
        simulate(seed)


def run_main(monkeypatch: pytest.MonkeyPatch, arguments: Sequence[str]) -> int:
    monkeypatch.setattr("sys.argv", ["simulator", *arguments])
    return main()


def test_the_command_runs_seeds_on_several_processes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_main(monkeypatch, ["8", "100", "--processes", "2"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("8 runs in ")
    assert "; 0 failed." in told
