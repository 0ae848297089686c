"""A cancel, or any other end, at any time: nothing new is begun, what is on disk is counted, nothing stays owned."""

from __future__ import annotations

import pytest

from modelfetch.core.ranges import ByteRange, RangeSet
from modelfetch.core.transfer import events as ev
from modelfetch.core.transfer.machine import GRACE
from modelfetch.core.transfer.progress import DownloadStatus
from modelfetch.core.wire import ends
from modelfetch.core.wire.located import Location
from modelfetch.errors import CacheError

from .driving import DONE, MIB, Driven, a_file, span

A = "a" * 64
FINISH = ev.Finish(ev.Cancelled())


def test_a_cancel_before_anything_ends_at_once() -> None:
    run = Driven()
    assert run.tell(ev.CancelAsked()) == [FINISH]
    assert run.machine.observe().status is DownloadStatus.CANCELLED


def test_a_cancel_stops_every_connection_and_waits_for_what_it_has() -> None:
    run = Driven(a_file(size=64 * MIB))
    first, *others = run.own()
    assert run.tell(ev.CancelAsked()) == [ev.Stop(fetch.exchange) for fetch in (first, *others)]
    assert run.arrive(first, ByteRange(0, 10 * MIB)) == []
    assert run.machine.observe().on_disk == 10 * MIB
    for fetch in (first, *others):
        run.end(fetch, ends.Broken("stopped"))
    assert run.said == [ev.Release(A), FINISH]


def test_a_connection_that_does_not_stop_is_not_waited_for() -> None:
    run = Driven()
    run.own()
    run.tell(ev.CancelAsked())
    assert run.machine.wake_at() == run.now + GRACE
    run.sleep()
    assert run.said == [ev.Release(A), FINISH]


def test_a_cancel_that_discards_deletes_what_was_kept() -> None:
    run = Driven()
    run.own(kept=span(0, MIB))
    assert run.tell(ev.CancelAsked(discard=True)) == [ev.Release(A, discard=True), FINISH]


def test_a_cancel_that_discards_deletes_what_an_earlier_download_left_as_well() -> None:
    run = Driven(a_file(seen=5), a_file("b"), a_file("c", cached=True, seen=MIB))
    assert run.tell(ev.CancelAsked(discard=True)) == [ev.Release(A, discard=True), FINISH]


def test_a_second_cancel_does_not_take_back_that_the_first_discards() -> None:
    run = Driven()
    (fetch,) = run.own()
    run.tell(ev.CancelAsked(discard=True), ev.CancelAsked())
    assert run.end(fetch, ends.Broken("stopped")) == [ev.Release(A, discard=True), FINISH]


@pytest.mark.parametrize(
    "late",
    [
        ev.Located(1, A, Location("x")),
        ev.Located(1, A, Location("x"), size=3),
        ev.Tick(),
        ev.Failed(A, CacheError("late")),
    ],
    ids=["a location", "a drift", "a tick", "an error"],
)
def test_nothing_new_is_begun_while_a_download_ends(late: ev.Event) -> None:
    run = Driven()
    (locate,) = run.begin()
    run.tell(ev.CancelAsked())
    assert run.tell(late) == []
    assert run.end(locate, DONE) == [FINISH]


def test_a_file_that_becomes_ours_while_the_download_ends_is_let_go() -> None:
    run = Driven(a_file("a"), a_file("b"))
    first, second = run.begin()
    run.locate(first)
    run.tell(ev.CancelAsked())
    assert run.tell(ev.Claimed(first.file, RangeSet())) == []
    assert run.end(second, ends.Broken("stopped")) == [ev.Release(first.file), FINISH]


def test_a_digest_that_comes_right_while_the_download_ends_publishes_nothing() -> None:
    run = Driven(a_file("a"), a_file("b", 2 * MIB), connections=2)
    second, first = run.begin()
    run.locate(first)
    run.tell(ev.Claimed(first.file, span(0, MIB)))
    hashing = run.wants(ev.Hash)
    run.tell(ev.CancelAsked())
    assert run.hashed(A, hashing) == []
    assert run.end(second, ends.Broken("stopped")) == [ev.Release(A), FINISH]


def test_the_first_reason_to_end_is_the_one_that_is_told() -> None:
    run = Driven()
    (fetch,) = run.own()
    error = CacheError("the disk")
    run.tell(ev.Failed(A, error), ev.CancelAsked(), ev.Failed(A, CacheError("another")))
    assert run.end(fetch, ends.Broken("stopped"))[-1] == ev.Finish(ev.Failure(error))


def test_an_end_is_not_tried_again_while_the_download_ends() -> None:
    run = Driven()
    (fetch,) = run.own()
    run.tell(ev.CancelAsked())
    assert run.end(fetch, ends.Answered(403)) == [ev.Release(A), FINISH]


def test_a_published_file_is_not_ours_any_more() -> None:
    run = Driven(a_file("a"), a_file("b", 2 * MIB), connections=2)
    second, first = run.begin()
    run.locate(first)
    run.tell(ev.Claimed(A, span(0, MIB)))
    run.hashed(A)
    run.tell(ev.Published(A), ev.CancelAsked(discard=True))
    assert run.end(second, ends.Broken("stopped")) == [FINISH]


def test_a_complete_download_does_not_wait_for_a_connection_that_has_nothing_left_to_bring() -> None:
    run = Driven(a_file(size=10))
    (fetch,) = run.own()
    run.arrive(fetch)
    run.hashed(A)
    run.tell(ev.Published(A))
    assert run.tell(ev.Sealed()) == [ev.Stop(fetch.exchange)]
    assert run.end(fetch, ends.Broken("stopped")) == [ev.Finish(ev.Complete())]
