"""The simulator itself: one seed is one run, a world without faults is a plain download, and content is symbolic."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.ranges import ByteRange, RangeSet
from modelfetch.core.transfer import events as ev
from modelfetch.core.transfer.journal import Journal
from modelfetch.core.transfer.pieces import Piece
from modelfetch.core.transfer.policy import Policy
from modelfetch.testing.simulator import Violation, World, simulate, source
from modelfetch.testing.simulator import faults as f
from modelfetch.testing.simulator.content import Content, File
from modelfetch.testing.simulator.disk import JournalFile
from modelfetch.testing.simulator.mutants import MUTANTS
from modelfetch.testing.simulator.script import LONGEST, readable
from modelfetch.testing.simulator.world import Pace

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


def test_what_is_deleted_once_it_has_its_place_is_brought_again_before_the_end() -> None:
    runs = [simulate(0, world=having(f.Pruned(moment))) for moment in range(150)]
    struck = [run for run in runs if run.bytes_twice]
    assert {(run.outcome, run.calls, run.bytes_served) for run in struck} == {(ev.Complete(), 1, 2 * (21 << 20))}
    told = [[type(event) for _, _, event, _ in run.log] for run in struck]
    assert [ev.Published, f.Pruned, ev.Unsealed] in [kinds[at : at + 3] for kinds in told for at in range(len(kinds))]


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
    assert (again.seed, again.rule, again.message) == (0, caught.value.rule, caught.value.message)
    assert again.script == caught.value.script


def test_the_source_of_a_world_makes_it_again() -> None:
    names = {"World": World, "File": File, "Policy": Policy, "Pace": Pace, "f": f}
    for seed in range(40):
        world = World.drawn(seed)
        assert eval(source(world), dict(names)) == world


def test_a_script_that_is_too_long_loses_its_middle() -> None:
    log = [(float(at), "A1", ev.CancelAsked(), ()) for at in range(LONGEST + 5)]
    lines = readable(log, ())
    assert lines[0].startswith("     0.000")
    assert lines[LONGEST // 2 + 1].strip() == "... 5 lines ..."
    assert lines[-1].startswith(f"{LONGEST + 4:10.3f}")


def test_a_follower_whose_own_network_fails_is_done_when_the_owner_is() -> None:
    run = simulate(0, world=having(f.Neighbour(0.0, once=False), f.Offline(1, 1.0, 1_000.0)))
    assert (run.bytes_served, run.calls) == (21 << 20, 1)
    assert "Broken" not in "".join(run.script)


def test_who_is_offline_alone_fails_and_succeeds_later() -> None:
    run = simulate(0, world=having(f.Offline(0, 0.0, 30.0)))
    assert run.calls > 1
    assert any("network is unreachable" in line for line in run.script)


def test_a_frozen_owner_keeps_its_locks_and_goes_on_afterwards() -> None:
    run = simulate(0, world=having(f.Neighbour(0.0, once=False), f.Freeze(40, 15.0)))
    assert (run.outcome, run.bytes_twice) == (ev.Complete(), 0)
    assert run.seconds > 15


def test_a_bandwidth_limit_makes_the_download_as_slow_as_it_says() -> None:
    limited = replace(having(), policy=Policy(max_connections=1, bandwidth_limit=1 << 20))
    assert simulate(0, world=limited).seconds >= 21


def test_a_line_that_a_full_disk_tore_costs_that_line_alone() -> None:
    journal = JournalFile(Journal("e" * 64, 100), holder=None)
    journal.tear(Piece(ByteRange(0, 10), 1))
    journal.keep(Piece(ByteRange(10, 20), 2))
    assert journal.is_true
    assert journal.kept == RangeSet((ByteRange(10, 20),))


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
