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

SHORT = 120
"""Lines of a script that a person reads to its end."""

TOLD = {
    "publish before verify": "was published with wrong bytes",
    "journal before data": "is journalled but not written",
    "forget a hole after a reset": "not done: .* waits for nothing",
    "double count after a re-fetch": "bytes on disk of",
    "take over a living owner": r"for a file that is not \w+'s",
    "write on in a torn journal": "its journal does not say what it was told",
    "count an owner's bytes twice": "bytes on disk of",
    "leave an exchange running after a cancel": r"A1 finished, and exchanges \[\d+\] go on",
    "never forgive a failure": "failed without a reason",
    "publish what is another's": "was published by somebody whose it is not",
    "resume from nothing": "is asked for again, although it is journalled and true",
    "wait for a dead owner": "was free for .* s, and .* waited",
    "take the lost for placed": "have no place, and the snapshot is sealed",
    "take what is gone at the end for sealed": "is complete, and what it had was gone at its end",
}


def first_violation(bug: str) -> Violation | None:
    for seed in range(ENOUGH):
        try:
            simulate(seed, kinds=MUTANTS[bug])
        except Violation as violation:
            return violation
    return None


def test_every_mutant_is_tried() -> None:
    assert MUTANTS.keys() == TOLD.keys()


@pytest.mark.parametrize("bug", MUTANTS)
def test_a_planted_bug_is_found_and_told_in_a_few_lines(bug: str) -> None:
    found = first_violation(bug)
    assert found is not None
    told = shrink(found.seed, kinds=MUTANTS[bug])
    with pytest.raises(AssertionError, match=TOLD[bug]):
        raise AssertionError(told.splitlines()[0])
    assert len(told.splitlines()) <= SHORT


def test_a_seed_that_fails_is_told_with_the_faults_that_matter_alone() -> None:
    faults = (f.Cut(90), f.Flip(2, times=4, share=0.5), f.Kill(900), f.Neighbour(50.0, once=True))
    world = replace(World.drawn(3), files=(File("model", 3_000_000, "e" * 64), File("x", 1, "f" * 40)), faults=faults)
    told = shrink(3, world=world, kinds=MUTANTS["publish before verify"]).splitlines()
    assert told[0] == "seed 3: x was published with wrong bytes"
    assert told[-3].strip() == "-> Publish(file=x)"
    assert told[-1].endswith("faults=(f.Flip(exchange=2, share=0.5),))")


def test_a_seed_that_does_not_fail_has_nothing_to_tell() -> None:
    assert shrink(0) == ""
