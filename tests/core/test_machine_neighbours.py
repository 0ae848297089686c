"""Others who want the same file: followed while they live, replaced when they die, and given way to when locks lie."""

from __future__ import annotations

import pytest

from modelfetch.core import events as ev
from modelfetch.core.machine import FOLLOW_EVERY, PATIENCE
from modelfetch.core.progress import DownloadStatus
from modelfetch.core.ranges import ByteRange, RangeSet
from modelfetch.core.transfer import State

from .driving import MIB, Driven, a_file, span

A = "a" * 64


def following(on_disk: int = 0) -> Driven:
    run = Driven()
    (locate,) = run.begin()
    run.locate(locate)
    run.tell(ev.OwnerSeen(A, on_disk))
    return run


def usurped(run: Driven) -> Driven:
    run.own()
    run.tell(ev.Usurped(A))
    return run


def test_a_file_that_somebody_else_has_is_followed_and_not_fetched() -> None:
    run = following(100)
    assert run.said == []
    assert run.machine.observe().on_disk == 100
    assert run.machine.observe().status is DownloadStatus.DOWNLOADING
    assert run.machine.observe().message == "somebody else is downloading this file"


def test_the_owner_is_looked_at_four_times_a_second_by_trying_to_become_it() -> None:
    run = following()
    assert run.machine.wake_at() == run.now + FOLLOW_EVERY
    assert run.tick(after=FOLLOW_EVERY / 2) == []
    run.sleep()
    assert run.said == [ev.Claim(A)]
    assert run.tick(after=10.0) == [], "one look at a time"


def test_what_the_owner_brings_is_shown_and_does_not_fall_when_it_starts_again() -> None:
    run = following(100)
    run.tell(ev.OwnerSeen(A, 500))
    run.tell(ev.OwnerSeen(A, 300))
    assert run.machine.observe().on_disk == 500
    assert run.machine.observe().arrived == 400
    assert run.machine.observe().reused == 500


def test_a_neighbour_that_says_too_much_is_not_believed() -> None:
    run = following(5 * MIB)
    assert run.machine.observe().on_disk == MIB


def test_what_the_owner_published_is_adopted() -> None:
    run = following()
    assert run.tell(ev.Present(A)) == [ev.Adopt(A)]
    assert run.machine.observe().on_disk == MIB


def test_what_was_published_before_the_lock_was_tried_is_adopted() -> None:
    run = Driven()
    (locate,) = run.begin()
    run.locate(locate)
    assert run.tell(ev.Present(A)) == [ev.Adopt(A)]


def test_what_a_dead_owner_left_is_kept() -> None:
    run = following(600)
    run.sleep()
    run.tell(ev.Claimed(A, span(0, 600)))
    assert run.wants(ev.Fetch).range == ByteRange(600, MIB)
    assert run.machine.observe().reused == 600


def test_a_follower_may_leave_alone() -> None:
    assert following().tell(ev.CancelAsked()) == [ev.Finish(ev.Cancelled())]


def test_files_that_are_followed_do_not_keep_others_waiting() -> None:
    run = Driven(*(a_file(letter) for letter in "abcd"), connections=1)
    (locate,) = run.begin()
    for _ in range(3):
        run.locate(locate)
        following = locate.file
        run.said = [*run.said, *run.tell(ev.OwnerSeen(following))]
        locate = next(iter(run.all(ev.Locate)))
    assert len(run.board.following) == 3


# ------------------------------------------------------------------ locks that lie


def test_a_file_that_was_taken_from_us_is_left_to_the_other() -> None:
    run = Driven(a_file(size=64 * MIB))
    fetches = run.own()
    run.tell(ev.Usurped(A))
    assert run.said == [*(ev.Stop(fetch.exchange) for fetch in fetches), ev.Release(A)]
    assert run.board.exchanges == {}
    file = run.board.files[A]
    assert (file.kept, file.promised, file.owned) == (RangeSet(), RangeSet(), False)


def test_a_second_word_of_the_same_changes_nothing() -> None:
    assert usurped(Driven()).tell(ev.Usurped(A)) == []


def test_the_other_is_only_looked_at_for_as_long_as_it_gets_on() -> None:
    run = usurped(Driven())
    run.sleep()
    assert run.said == [ev.Look(A)]
    run.tell(ev.OwnerSeen(A, 5))
    taken_at = run.now
    while not (run.sleep() and run.all(ev.Claim)):
        run.tell(ev.OwnerSeen(A, 5))
    assert run.now == pytest.approx(taken_at + PATIENCE, abs=FOLLOW_EVERY)


def test_a_file_that_is_taken_back_goes_on_where_the_other_stopped() -> None:
    run = usurped(Driven())
    run.tick(after=PATIENCE)
    assert run.said == [ev.Claim(A)]
    run.tell(ev.Claimed(A, span(0, 50)))
    assert run.wants(ev.Fetch).range == ByteRange(50, MIB)


@pytest.mark.parametrize("state", [State.VERIFYING, State.AUDITING, State.PUBLISHING])
def test_a_file_may_be_taken_at_any_time_before_it_is_published(state: State) -> None:
    run = Driven()
    run.fill()
    if state is not State.VERIFYING:
        run.hashed(A if state is State.PUBLISHING else "f" * 64)
    assert run.board.files[A].state is state
    assert run.tell(ev.Usurped(A)) == [ev.Release(A)]
    assert run.board.files[A].state is State.FOLLOWING


def test_a_digest_from_before_a_file_was_taken_says_nothing() -> None:
    run = Driven()
    hashing = run.fill()
    run.tell(ev.Usurped(A))
    assert run.hashed(A, hashing) == []


def test_a_file_is_taken_while_its_location_is_renewed() -> None:
    run = Driven()
    (fetch,) = run.own()
    run.end(fetch, ev.Answered(403))
    locate = run.wants(ev.Locate)
    assert run.tell(ev.Usurped(A)) == [ev.Stop(locate.exchange), ev.Release(A)]
    run.tick(after=PATIENCE)
    run.tell(ev.Claimed(A, span(0, 50)))
    assert run.wants(ev.Locate).file == A
