"""Others who want the same file: followed while they live, replaced when they die, and given way to when locks lie."""

from __future__ import annotations

import pytest

from modelfetch.core.ranges import ByteRange, RangeSet
from modelfetch.core.transfer import events as ev
from modelfetch.core.transfer.file import State
from modelfetch.core.transfer.following import FOLLOW_EVERY, MOST_DOUBLINGS, PATIENCE, patience
from modelfetch.core.transfer.machine import MOST_LOST
from modelfetch.core.transfer.progress import DownloadStatus
from modelfetch.core.wire import ends
from modelfetch.core.wire.retry import WAITS
from modelfetch.errors import CacheError

from .driving import MIB, NOTHING, Driven, a_file, span

A, B = "a" * 64, "b" * 64


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


def test_what_the_owner_brings_is_seen_and_counts_again_when_it_starts_again() -> None:
    run = following(100)
    run.tell(ev.OwnerSeen(A, 500))
    assert run.machine.observe().reused == 500
    run.tell(ev.OwnerSeen(A, 300))
    run.tell(ev.OwnerSeen(A, 450))
    assert run.machine.observe().on_disk == 450
    assert run.machine.observe().arrived == 400 + 150


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


def test_what_was_taken_away_before_it_had_its_place_is_looked_for_and_fetched_again() -> None:
    run = following()
    run.tell(ev.Present(A))
    assert run.tell(ev.Lost(A)) == [ev.Claim(A)]
    assert run.machine.observe().on_disk == 0
    run.tell(ev.Claimed(A, NOTHING))
    run.deliver(run.wants(ev.Fetch))
    run.hashed(A)
    assert run.said == [ev.Publish(A)]
    assert run.tell(ev.Published(A)) == [ev.Seal()]


def test_what_another_download_moved_to_its_place_is_adopted_there() -> None:
    run = following()
    run.tell(ev.Present(A), ev.Lost(A))
    assert run.tell(ev.Present(A)) == [ev.Adopt(A)]
    assert run.tell(ev.Published(A)) == [ev.Seal()]
    assert run.machine.observe().reused == MIB


def test_what_we_brought_and_another_took_away_is_not_ours_any_more() -> None:
    run = Driven()
    run.fill()
    run.hashed(A)
    assert run.tell(ev.Lost(A)) == [ev.Claim(A)]
    assert run.tell(ev.CancelAsked(discard=True)) == [ev.Finish(ev.Cancelled())]


def test_what_is_taken_away_once_it_had_its_place_gets_it_again_before_the_end() -> None:
    run = Driven(a_file(copies=2), a_file("b", cached=True))
    run.tell(ev.Started(), ev.Published(B))
    run.locate(run.wants(ev.Locate))
    run.tell(ev.Claimed(A, NOTHING))
    run.deliver(run.wants(ev.Fetch))
    run.hashed(A)
    assert run.tell(ev.Published(A)) == [ev.Seal()]
    assert run.tell(ev.Unsealed((A, B))) == [ev.Claim(A), ev.Claim(B)]
    assert run.machine.observe().files_done == 0
    assert run.tell(ev.Present(A), ev.Published(A)) == [ev.Adopt(A)]
    assert run.machine.observe().files_done == 2
    assert run.tell(ev.Present(B), ev.Published(B)) == [ev.Adopt(B), ev.Seal()]
    assert run.tell(ev.Sealed()) == [ev.Finish(ev.Complete())]


def test_a_connection_that_has_not_ended_gives_nothing_back_once_what_it_brought_was_taken_away() -> None:
    run = Driven()
    (fetch,) = run.own()
    run.arrive(fetch)
    run.hashed(A)
    assert run.tell(ev.Lost(A)) == [ev.Stop(fetch.exchange), ev.Claim(A)]
    run.tell(ev.Claimed(A, NOTHING))
    assert run.wants(ev.Fetch).range == fetch.range
    assert run.tell(ev.Ended(fetch.exchange, ends.Broken("stopped"))) == []
    assert run.tell(ev.Tick(), after=2.0) == []


def test_what_was_there_when_it_was_planned_may_be_taken_away_as_well() -> None:
    run = Driven(a_file(cached=True))
    assert run.tell(ev.Started()) == [ev.Adopt(A)]
    run.tell(ev.Lost(A), ev.Claimed(A, NOTHING))
    assert run.wants(ev.Locate).file == A, "where it is was not asked so far"


def test_what_somebody_else_is_still_giving_its_place_is_looked_at_again() -> None:
    run = following()
    run.tell(ev.Present(A), ev.OwnerSeen(A, MIB))
    assert run.said == [ev.Adopt(A)]
    assert run.machine.observe().on_disk == MIB
    run.sleep()
    assert run.said == [ev.Claim(A)]
    assert run.tell(ev.Present(A)) == [ev.Adopt(A)]


def test_who_loses_it_again_and_again_is_told_that_somebody_deletes() -> None:
    run = following()
    for _ in range(MOST_LOST):
        run.tell(ev.Present(A), ev.Lost(A))
        assert run.said[-1] == ev.Claim(A)
    run.tell(ev.Present(A), ev.Lost(A))
    finish = run.wants(ev.Finish)
    assert isinstance(finish.outcome, ev.Failure)
    assert isinstance(finish.outcome.error, CacheError)
    assert "complete in the cache and then gone from it, 4 times" in str(finish.outcome.error)


def test_what_a_dead_owner_left_is_kept() -> None:
    run = following(600)
    run.sleep()
    run.tell(ev.Claimed(A, span(0, 600)))
    assert run.wants(ev.Fetch).range == ByteRange(600, MIB)
    assert run.machine.observe().reused == 600


def test_a_follower_may_leave_alone() -> None:
    assert following().tell(ev.CancelAsked()) == [ev.Finish(ev.Cancelled())]


def test_who_cannot_ask_where_the_bytes_are_follows_somebody_who_could() -> None:
    run = Driven()
    (locate,) = run.begin()
    assert run.end(locate, ends.Broken("no route to host")) == [ev.Claim(A)]
    run.tell(ev.OwnerSeen(A, 100))
    assert run.machine.observe().message == "somebody else is downloading this file"
    run.tell(ev.Present(A))
    assert run.said == [ev.Adopt(A)]


def test_who_cannot_ask_where_the_bytes_are_keeps_the_file_from_nobody() -> None:
    run = Driven()
    (locate,) = run.begin()
    run.end(locate, ends.Broken("no route to host"))
    assert run.tell(ev.Claimed(A, span(0, 100))) == [ev.Release(A)]
    assert run.machine.observe().on_disk == 100
    run.sleep()
    again = run.wants(ev.Locate)
    run.locate(again)
    assert run.said == [ev.Claim(A)]


def test_a_file_that_is_whole_needs_nobody_to_ask() -> None:
    run = Driven()
    (locate,) = run.begin()
    run.end(locate, ends.Broken("no route to host"))
    assert run.tell(ev.Claimed(A, span(0, MIB))) == [ev.Hash(A, MIB)]


def test_a_file_whose_location_was_lost_is_left_to_who_can_ask() -> None:
    run = Driven(connections=1)
    (fetch,) = run.own()
    run.arrive(fetch, ByteRange(0, 100))
    run.end(fetch, ends.Answered(403))
    (locate,) = run.all(ev.Locate)
    assert run.end(locate, ends.Broken("no route to host")) == [ev.Release(A)]
    assert run.machine.observe().on_disk == 100
    run.sleep()
    assert run.wants(ev.Locate).file == A


def test_while_a_neighbour_brings_bytes_nobody_gives_up_on_the_rest() -> None:
    run = Driven(a_file("a"), a_file("b"), connections=1)
    (locate,) = run.begin()
    run.locate(locate)
    again = run.wants(ev.Locate)
    run.tell(ev.OwnerSeen(A, 0))
    for seen in range(1, 2 * len(WAITS)):
        run.end(again, ends.Broken("no route to host"))
        run.tell(ev.Claimed(B, NOTHING))
        run.tell(ev.OwnerSeen(A, seen))
        again = run_on(run)
    assert run.machine.outcome is None


def run_on(run: Driven) -> ev.Locate:
    """The next question, once the rest is over."""
    run.tick(after=20.0)
    return run.wants(ev.Locate)


def test_who_took_a_file_over_and_is_gone_with_all_of_it_is_not_waited_for() -> None:
    run = usurped(Driven())
    run.sleep()
    assert run.said == [ev.Look(A)]
    assert run.tell(ev.OwnerGone(A)) == [ev.Claim(A)]
    run.tell(ev.OwnerSeen(A, 0))
    run.sleep()
    assert run.said == [ev.Claim(A)], "its patience is over"


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


def test_patience_doubles_each_time_a_file_is_taken_from_us() -> None:
    run = usurped(Driven())
    for longer in (PATIENCE, 2 * PATIENCE, 4 * PATIENCE):
        taken_at = run.now
        while run.said != [ev.Claim(A)]:
            run.sleep()
            if run.said == [ev.Look(A)]:
                run.tell(ev.OwnerSeen(A))
        assert longer <= run.now - taken_at < longer + 2 * FOLLOW_EVERY
        run.tell(ev.Claimed(A, NOTHING))
        run.tell(ev.Usurped(A))


def test_patience_does_not_double_for_ever() -> None:
    assert patience(MOST_DOUBLINGS + 1) == patience(1_000) == PATIENCE * 64


def test_who_starts_again_because_of_bad_bytes_gets_on_as_well() -> None:
    run = usurped(Driven())
    run.sleep()
    run.tell(ev.OwnerSeen(A, MIB))
    for on_disk in range(0, 100, 10):
        run.tick(after=PATIENCE / 2)
        assert run.said == [ev.Look(A)]
        run.tell(ev.OwnerSeen(A, on_disk))


def test_a_file_that_is_taken_back_goes_on_where_the_other_stopped() -> None:
    run = usurped(Driven())
    run.tick(after=PATIENCE)
    assert run.said == [ev.Claim(A)]
    run.tell(ev.Claimed(A, span(0, 50)))
    run.locate(run.wants(ev.Locate), "https://cdn.example/2")
    assert run.wants(ev.Fetch).range == ByteRange(50, MIB)
    assert run.wants(ev.Fetch).location.url == "https://cdn.example/2", "the old one may have expired"


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
    run.end(fetch, ends.Answered(403))
    locate = run.wants(ev.Locate)
    assert run.tell(ev.Usurped(A)) == [ev.Stop(locate.exchange), ev.Release(A)]
    run.tick(after=PATIENCE)
    run.tell(ev.Claimed(A, span(0, 50)))
    assert run.wants(ev.Locate).file == A
