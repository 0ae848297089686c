"""A simulator that does not find a planted bug would not find a real one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelfetch.testing.simulator import Violation, World, shrink, simulate
from modelfetch.testing.simulator import faults as f
from modelfetch.testing.simulator.content import File
from modelfetch.testing.simulator.mutants import MUTANTS

ENOUGH = 20_000
"""Seeds within which each of them has to be found; far fewer are needed."""


def first_violation(bug: str) -> Violation | None:
    for seed in range(ENOUGH):
        try:
            simulate(seed, kinds=MUTANTS[bug])
        except Violation as violation:
            return violation
    return None


@pytest.mark.parametrize(
    ("bug", "told"),
    [
        ("publish before verify", "was published with wrong bytes"),
        ("journal before data", "is journalled but not written"),
        ("forget a hole after a reset", "waits for nothing|not done after"),
        ("double count after a re-fetch", "bytes on disk of"),
        ("take over a living owner", "for a file that is not"),
    ],
)
def test_a_planted_bug_is_found(bug: str, told: str) -> None:
    violation = first_violation(bug)
    assert violation is not None
    with pytest.raises(Violation, match=told):
        raise violation


def test_every_mutant_is_tried() -> None:
    assert len(MUTANTS) == 5


def test_a_seed_that_fails_is_told_with_the_faults_that_matter_alone() -> None:
    faults = (f.Cut(90), f.Flip(2, share=0.5), f.Kill(900), f.Neighbour(50.0, once=True))
    world = replace(World.drawn(3), files=(File("model", 3_000_000, "e" * 64),), faults=faults)
    told = shrink(3, world=world, kinds=MUTANTS["publish before verify"])
    assert told.startswith("seed 3: model was published with wrong bytes")
    assert [line for line in told.splitlines() if line.startswith("fault")] == [f"fault   {faults[1]}"]
    assert told.endswith("-> Publish(file=model)")


def test_a_seed_that_does_not_fail_has_nothing_to_tell() -> None:
    assert shrink(0) == ""
