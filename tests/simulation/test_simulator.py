"""The simulator itself: one seed is one run, a world without faults is a plain download, and content is symbolic."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core import events as ev
from modelfetch.testing.simulator import Violation, World, simulate
from modelfetch.testing.simulator import faults as f
from modelfetch.testing.simulator.content import Content, File
from modelfetch.testing.simulator.mutants import MUTANTS

if TYPE_CHECKING:
    from modelfetch.testing.simulator.faults import Fault

WORLD = World.drawn(3)


def having(*faults: Fault) -> World:
    """A plain world of one file of 21 MiB, in which only this goes wrong."""
    return replace(WORLD, files=(File("model", 21 << 20, "e" * 64),), faults=faults)


def test_the_same_seed_gives_the_same_run() -> None:
    assert simulate(17).script == simulate(17).script


def test_without_faults_every_byte_is_served_once_in_one_call() -> None:
    run = simulate(0, world=having())
    assert (run.outcome, run.calls, run.bytes_served, run.bytes_twice) == (ev.Complete(), 1, 21 << 20, 0)


def test_a_run_that_is_killed_costs_less_than_a_block_of_bytes_twice() -> None:
    run = simulate(0, world=having(f.Kill(20)))
    assert run.calls == 2
    assert run.bytes_twice <= WORLD.pace.block


def test_two_processes_fetch_a_file_once() -> None:
    run = simulate(0, world=having(f.Neighbour(0.0, once=False)))
    assert run.bytes_served == 21 << 20


def test_a_power_cut_costs_bytes_and_never_the_content() -> None:
    runs = [simulate(0, world=having(f.PowerCut(moment))) for moment in range(15, 30)]
    assert {run.outcome for run in runs} == {ev.Complete()}
    assert sum(run.bytes_twice for run in runs) > 0


def test_a_source_that_always_lies_is_given_up_until_it_does_not_any_more() -> None:
    run = simulate(0, world=having(f.WrongSource(0, 0.5)))
    assert run.calls > 1
    assert any("IntegrityError" in line for line in run.script)


def test_a_script_names_files_and_never_a_location() -> None:
    script = "\n".join(simulate(0, world=having()).script)
    assert "-> Locate(exchange=1, file=model)" in script
    assert "?1" not in script


def test_a_violation_can_be_sent_to_another_process() -> None:
    with pytest.raises(Violation) as caught:
        simulate(0, kinds=MUTANTS["journal before data"])
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.seed, again.message, again.script) == (0, caught.value.message, caught.value.script)


STRETCHES = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(-1, 2)).map(lambda s: (min(s[:2]), max(s[:2]), s[2])),
    max_size=12,
)


@given(STRETCHES)
def test_symbolic_content_is_what_writing_byte_by_byte_gives(stretches: list[tuple[int, int, int]]) -> None:
    content = Content()
    bytes_of: dict[int, int] = {}
    for start, stop, label in stretches:
        if label < 0:
            content.erase(start, stop)
            bytes_of = {at: there for at, there in bytes_of.items() if not start <= at < stop}
        else:
            content.write(start, stop, label)
            bytes_of |= dict.fromkeys(range(start, stop), label)
    assert {at: label for start, stop, label in content.stretches for at in range(start, stop)} == bytes_of
    assert list(content.stretches) == sorted(content.stretches)
    pairs = zip(content.stretches, content.stretches[1:], strict=False)
    assert all(left[1] < right[0] or left[2] != right[2] for left, right in pairs)
