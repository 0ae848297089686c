"""Worlds in which a promise was broken once, each as small as it could be made.

A seed means another world whenever the drawing changes, so it is the world that is kept. The last line of what
``python -m modelfetch.testing.simulator`` tells of a seed that fails is its source: it goes here, under a name that
says what was wrong.
"""

from __future__ import annotations

import pytest

from modelfetch.core.transfer.policy import Policy
from modelfetch.testing.simulator import World, simulate
from modelfetch.testing.simulator import faults as f
from modelfetch.testing.simulator.content import File
from modelfetch.testing.simulator.world import Pace

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
    "a late word of a writer lost the part that had been taken back meanwhile": World(
        seed=1,
        files=(File("f0", 9_437_184, SHA(1)),),
        policy=Policy(max_connections=2),
        pace=Pace(latency=0.1, rate=2_097_152, block=4_194_304, lag=0.0),
        faults=(f.LyingLocks(), f.Neighbour(at=0.3, once=True), f.SlowDisk(18, seconds=13.0), f.Kill(22)),
    ),
    "a file was claimed while it was being published, and could not be published again": World(
        seed=2292,
        files=(File("f0", 900_000, SHA(1)), File("f1", 0, GIT(2))),
        policy=Policy(max_connections=1, stall_timeout=5.0),
        pace=Pace(latency=0.05511786811769721, rate=2_359_296, block=1_048_576, lag=0.03),
        faults=(f.Silence(2, share=0.5), f.LyingLocks(), f.Neighbour(at=4.985409828548038, once=False)),
    ),
    "two took a file from each other for ever, because who discards and begins again seemed to stand still": World(
        seed=65621,
        files=(File("f0", 35_651_584, SHA(1)),),
        policy=Policy(max_connections=1, stall_timeout=4.0, bandwidth_limit=1_782_579.2),
        pace=Pace(latency=0.11651379964738055, rate=3_565_158.4, block=4_194_304, lag=0.0),
        faults=(
            f.WrongSource(0, share=0.5),
            f.Unranged(1, 99),
            f.LyingLocks(),
            f.Neighbour(at=1.8018611419537733, once=False),
        ),
    ),
    "a process that was frozen took the time for that of a connection that does not end": World(
        seed=142907,
        files=(File("f0", 5_000, GIT(1)), File("f1", 1, GIT(2))),
        policy=Policy(max_connections=2, stall_timeout=4.0),
        pace=Pace(latency=0.17567987572704527, rate=350_005.0, block=4_194_304, lag=0.0),
        faults=(
            f.PowerCut(7),
            f.Neighbour(at=2.465017863905522, once=False),
            f.Freeze(70, seconds=4.0),
            f.Trickle(2, 7),
        ),
    ),
    "two took a file from each other for ever, because each had to pass more than it had patience for": World(
        seed=147418,
        files=(File("f0", 13_631_488, SHA(1)),),
        policy=Policy(bandwidth_limit=681_574.4),
        pace=Pace(latency=0.1, rate=1_363_148.8, block=4_194_304, lag=0.0),
        faults=(f.Unranged(6, 99), f.LyingLocks(), f.Neighbour(at=3.225329795858963, once=False)),
    ),
    "two expiries struck while others were asking, and were no reason to be refused twice": World(
        seed=822829,
        files=(File("f0", 900_000, GIT(1)),),
        policy=Policy(max_connections=1),
        pace=Pace(latency=0.1, rate=4_500_000.0, block=4_194_304, lag=0.2),
        faults=(
            f.Neighbour(at=0.0, once=False),
            f.Expire(9),
            f.Expire(4),
            f.LyingLocks(),
            f.Neighbour(at=0.4084250250995014, once=False),
        ),
    ),
    "who had the journal let go where locks lie, and it counted as free since the lock was": World(
        seed=277464,
        files=(File("f0", 3_145_728, SHA(1)),),
        policy=Policy(max_connections=1),
        pace=Pace(latency=0.023746254770315767, rate=314_572.8, block=4_194_304, lag=0.0),
        faults=(f.Neighbour(at=0.0, once=False), f.LyingLocks(), f.Flip(1, 12)),
    ),
    "a byte that rotted before it was journalled was held against the source": World(
        seed=204547,
        files=(File("f0", 70_000, GIT(1)), File("f1", 9_437_184, SHA(2)), File("f2", 1, SHA(3))),
        policy=Policy(),
        pace=Pace(latency=0.03307182258506256, rate=9_577_184.0, block=2_097_152, lag=0.03),
        faults=(
            f.Rot(moment=61, share=0.5),
            f.Rot(moment=43, share=0.5),
            f.PowerCut(moment=1),
            f.SlowDisk(moment=33, seconds=2.0),
            f.Cancel(moment=6, discard=True),
        ),
    ),
    "a place that had been renewed was believed when it refused, although a night lay in between": World(
        seed=180052,
        files=(File("f0", 35_651_584, SHA(1)),),
        policy=Policy(max_connections=1, stall_timeout=5.0),
        pace=Pace(latency=0.055459473478135415, rate=8_912_896.0, block=4_194_304, lag=0.2),
        faults=(
            f.Gone(2),
            f.Sleep(69, seconds=40.0),
            f.Expire(8),
            f.LyingLocks(),
            f.Neighbour(at=2.906135345536407, once=False),
        ),
    ),
    "a byte rotted that had been read for the digest, because another process got the lying lock and died": World(
        seed=100419,
        files=(File("f0", 1, GIT(1)), File("f1", 1, SHA(2))),
        policy=Policy(stall_timeout=5.0),
        pace=Pace(latency=0.1, rate=35_721_584.0, block=524_288, lag=0.0),
        faults=(
            f.Rot(42, share=0.5),
            f.Kill(22),
            f.Cut(3, 4, share=0.5),
            f.LyingLocks(),
            f.Neighbour(at=0.015558853672947848, once=False),
        ),
    ),
    "fewer files were shown as done when a complete one was deleted": World(
        seed=227,
        files=(File("f0", 9_437_184, SHA(1)),),
        policy=Policy(stall_timeout=4.0),
        pace=Pace(latency=0.1, rate=25_170_826.0, block=524_288, lag=0.0),
        faults=(f.Pruned(75),),
    ),
    "how often a file was taken was not counted where a discard was told of it, so patience looked like neglect": World(
        seed=616053,
        files=(File("f0", 900_000, GIT(1)),),
        policy=Policy(max_connections=1, stall_timeout=10.0, bandwidth_limit=450_000.0),
        pace=Pace(latency=0.007280821218496496, rate=900_000.0, block=524_288, lag=0.2),
        faults=(
            f.DiskError(260),
            f.DiskFull(3, times=2),
            f.Flip(5, 7, share=0.5),
            f.Neighbour(at=3.9336259746620468, once=True),
            f.Kill(74),
            f.Status(5, 12, wait=20.0),
            f.LyingLocks(),
            f.Neighbour(at=0.512259254154116, once=False),
        ),
    ),
    "a connection that did not end gave back bytes of one that followed it, when the file had been taken away": World(
        seed=73662,
        files=(File("f0", 900_000, GIT(1)),),
        policy=Policy(stall_timeout=5.0, bandwidth_limit=157_286.4),
        pace=Pace(latency=0.1, rate=314_572.8, block=1_048_576, lag=0.0),
        faults=(f.Taken(1), f.Silence(2, share=1.0)),
    ),
}


@pytest.mark.parametrize("bug", ONCE_BROKEN)
def test_a_promise_that_was_broken_once_is_kept(bug: str) -> None:
    simulate(0, world=ONCE_BROKEN[bug])
