"""What the machine does when the network, the Hub or the disk does not do what it should."""

from __future__ import annotations

import pytest

from modelfetch.core.ranges import ByteRange
from modelfetch.core.transfer import events as ev
from modelfetch.core.transfer.machine import MOST_STOPS
from modelfetch.core.transfer.progress import DownloadStatus
from modelfetch.core.transfer.verifying import MOST_REPAIRS
from modelfetch.core.wire import ends
from modelfetch.core.wire.located import Location
from modelfetch.core.wire.retry import LONGEST_WAIT, WAITS
from modelfetch.errors import (
    AccessError,
    CacheError,
    InsufficientStorageError,
    IntegrityError,
    ModelFetchError,
    NetworkError,
    PlanDriftError,
)

from .driving import DONE, MIB, NOTHING, Driven, a_file, span

A, B = "a" * 64, "b" * 64
RESET = ends.Broken("connection reset")


def failure(run: Driven) -> ModelFetchError:
    outcome = run.wants(ev.Finish).outcome
    assert isinstance(outcome, ev.Failure)
    assert run.machine.observe().status is DownloadStatus.ERROR
    assert run.machine.observe().error == type(outcome.error).__name__
    return outcome.error


def again(run: Driven) -> ev.Fetch:
    """The next try, after its rest, wherever the Hub says that the bytes are."""
    run.sleep()
    for locate in run.all(ev.Locate):
        run.locate(locate)
    return run.wants(ev.Fetch)


# ------------------------------------------------------------------ connections


def test_a_broken_connection_is_tried_again_where_it_stopped() -> None:
    run = Driven()
    (fetch,) = run.own()
    run.arrive(fetch, ByteRange(0, 100))
    assert run.end(fetch, RESET) == []
    assert run.machine.observe().message == "waiting before another try"
    run.sleep()
    assert run.now == 100.0 + WAITS[0]
    assert run.wants(ev.Fetch).range == ByteRange(100, MIB)


def test_six_failures_in_a_row_end_the_download_and_say_what_is_kept() -> None:
    run = Driven()
    (fetch,) = run.own(span(0, 5))
    for _ in WAITS:
        run.end(fetch, RESET)
        fetch = again(run)
    assert run.end(fetch, RESET)[0] == ev.Release(A)
    error = failure(run)
    assert isinstance(error, NetworkError)
    assert error.bytes_kept == 5
    assert "6 times in a row" in str(error)


def test_new_bytes_make_the_next_failure_a_first_one() -> None:
    run = Driven()
    (fetch,) = run.own()
    for count in range(2 * len(WAITS)):
        run.arrive(fetch, ByteRange(count * 65_536, (count + 1) * 65_536))
        run.end(fetch, RESET)
        run.sleep()
        assert run.now < 100 + (count + 2) * WAITS[0]
        fetch = run.wants(ev.Fetch)


def test_a_delivery_that_brought_too_little_is_a_failure() -> None:
    run = Driven()
    (fetch,) = run.own()
    run.arrive(fetch, ByteRange(0, 100))
    assert run.end(fetch, DONE) == []
    run.sleep()
    assert run.wants(ev.Fetch).range == ByteRange(100, MIB)


def test_an_answer_without_a_location_is_a_failure() -> None:
    run = Driven()
    (locate,) = run.begin()
    assert run.end(locate, DONE) == [ev.Claim(A)]
    assert run.tell(ev.Claimed(A, NOTHING)) == [ev.Release(A)]
    run.sleep()
    assert run.wants(ev.Locate).file == A


def test_a_file_that_rests_does_not_hold_up_the_others() -> None:
    run = Driven(a_file("a"), a_file("b"), connections=1)
    (locate,) = run.begin()
    run.end(locate, RESET)
    assert run.wants(ev.Locate).file == B
    assert run.machine.observe().message == ""


def test_a_source_that_asks_for_quiet_is_left_alone_by_every_file() -> None:
    run = Driven(a_file("a"), a_file("b"), connections=1)
    (locate,) = run.begin()
    assert run.end(locate, ends.Answered(429, wait=7.0)) == [ev.Claim(A)]
    run.tell(ev.Claimed(A, NOTHING))
    assert run.machine.observe().message == "waiting before another try"
    assert run.machine.wake_at() == run.now + 7.0
    run.sleep()
    assert run.wants(ev.Locate).file == A


def test_a_wait_that_is_too_long_is_the_callers_to_decide() -> None:
    run = Driven()
    (locate,) = run.begin()
    run.end(locate, ends.Answered(503, wait=LONGEST_WAIT + 1))
    error = failure(run)
    assert isinstance(error, NetworkError)
    assert error.retry_after == LONGEST_WAIT + 1


def test_what_cannot_be_mended_is_not_tried_again() -> None:
    run = Driven()
    (locate,) = run.begin()
    error = NetworkError("a redirect to another scheme")
    run.end(locate, ends.Refused(error))
    assert failure(run) is error


def test_a_missing_file_is_a_drifted_plan() -> None:
    run = Driven()
    (locate,) = run.begin()
    run.end(locate, ends.Answered(404))
    assert isinstance(failure(run), PlanDriftError)


@pytest.mark.parametrize("status", [401, 403])
def test_a_location_that_is_refused_is_renewed_once(status: int) -> None:
    run = Driven()
    (fetch,) = run.own()
    run.end(fetch, ends.Answered(status))
    run.locate(run.wants(ev.Locate), "https://cdn.example/2")
    run.end(run.wants(ev.Fetch), ends.Answered(status))
    assert isinstance(failure(run), AccessError)


def test_an_answer_of_less_than_was_asked_for_is_gone_on_from_at_once() -> None:
    run = Driven(a_file(size=4 * MIB))
    (fetch,) = run.own()
    run.arrive(fetch, ByteRange(0, MIB))
    run.end(fetch, DONE)
    assert run.wants(ev.Fetch).range == ByteRange(MIB, 4 * MIB)


def test_an_answer_of_next_to_nothing_is_a_failure_that_says_how_much_came() -> None:
    run = Driven()
    (fetch,) = run.own()
    for _ in WAITS:
        run.end(fetch, DONE)
        fetch = again(run)
    run.end(fetch, DONE)
    assert f"only 0 of the {MIB} bytes that were asked for came, 6 times in a row" in str(failure(run))


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (401, AccessError, "forbidden by https://cdn.example (HTTP 401)"),
        (403, AccessError, "forbidden by https://cdn.example (HTTP 403)"),
        (404, PlanDriftError, "by https://cdn.example, where the Hub says that it is"),
        (400, NetworkError, "https://cdn.example answered HTTP 400"),
    ],
)
def test_who_refused_is_named_where_it_is_not_the_hub(status: int, kind: type[Exception], says: str) -> None:
    run = Driven()
    (fetch,) = run.own()
    run.end(fetch, ends.Answered(status))
    if run.all(ev.Locate):
        run.locate(run.wants(ev.Locate))
        run.end(run.wants(ev.Fetch), ends.Answered(status))
    finish = run.wants(ev.Finish)
    assert isinstance(finish.outcome, ev.Failure)
    assert type(finish.outcome.error) is kind
    assert says in str(finish.outcome.error)


def test_a_location_that_brought_bytes_may_be_renewed_again() -> None:
    run = Driven()
    (fetch,) = run.own()
    for number in range(3):
        run.end(fetch, ends.Answered(403))
        run.locate(run.wants(ev.Locate), f"https://cdn.example/{number}?new")
        fetch = run.wants(ev.Fetch)
        run.arrive(fetch, ByteRange(number, number + 1))


def test_a_location_that_fails_twice_in_a_row_is_renewed_once() -> None:
    run = Driven(connections=1)
    (fetch,) = run.own()
    asked = []
    for number in range(len(WAITS)):
        run.end(fetch, RESET)
        run.sleep()
        asked.append(bool(locates := run.all(ev.Locate)))
        for locate in locates:
            run.locate(locate, f"https://cdn.example/{number}?new")
        fetch = run.wants(ev.Fetch)
    assert asked == [False, True, False, False, False]
    assert fetch.location.url == "https://cdn.example/1?new"


def test_a_location_that_was_renewed_because_one_failed_may_still_expire_once() -> None:
    run = Driven(connections=1)
    (fetch,) = run.own()
    for _ in range(2):
        run.end(fetch, RESET)
        fetch = again(run)
    run.end(fetch, ends.Answered(403))
    run.locate(run.wants(ev.Locate), "https://cdn.example/3")
    run.end(run.wants(ev.Fetch), ends.Answered(403))
    assert isinstance(failure(run), AccessError)


def test_who_holds_a_file_keeps_it_while_its_location_is_renewed() -> None:
    run = Driven(connections=1)
    (fetch,) = run.own(span(0, 5))
    run.end(fetch, RESET)
    fetch = again(run)
    assert run.end(fetch, RESET) == []
    run.sleep()
    assert run.locate(run.wants(ev.Locate)) == run.all(ev.Fetch)
    assert run.wants(ev.Fetch).range == ByteRange(5, MIB)


def test_a_source_without_ranges_is_no_reason_to_ask_for_another() -> None:
    run = Driven(connections=1)
    (fetch,) = run.own()
    for _ in range(2):
        run.end(fetch, ends.Unranged())
        run.sleep()
        fetch = run.wants(ev.Fetch)
    assert fetch.whole


def test_connections_that_are_refused_together_renew_the_location_once() -> None:
    run = Driven(a_file(size=64 * MIB))
    first, second, *_ = run.own()
    run.end(first, ends.Answered(403))
    locate = run.wants(ev.Locate)
    assert run.end(second, ends.Answered(403)) == []
    run.locate(locate, "https://cdn.example/2")
    again = run.all(ev.Fetch)
    assert {fetch.location.url for fetch in again} == {"https://cdn.example/2"}
    assert sum(fetch.range.size for fetch in again) < first.range.size + second.range.size


def test_a_refusal_by_the_hub_itself_is_meant() -> None:
    run = Driven()
    (locate,) = run.begin()
    run.end(locate, ends.Answered(403))
    assert isinstance(failure(run), AccessError)


def test_a_source_that_knows_no_ranges_is_asked_for_everything() -> None:
    run = Driven()
    for fetch in run.own(span(100, 200)):
        run.end(fetch, ends.Unranged())
    run.sleep()
    first = run.wants(ev.Fetch)
    assert (first.range, first.whole) == (ByteRange(0, 100), True)
    run.deliver(first)
    second = run.wants(ev.Fetch)
    assert (second.range, second.whole) == (ByteRange(200, MIB), True), "one hole after the other"


def test_bytes_that_a_source_without_ranges_sends_again_keep_its_connection_alive() -> None:
    run = Driven()
    for fetch in run.own(span(0, MIB - 1)):
        run.end(fetch, ends.Unranged())
    run.sleep()
    fetch = run.wants(ev.Fetch)
    run.tell(ev.Passed(fetch.exchange, MIB - 1), ev.Passed(77, 5), after=29.0)
    assert run.tell(ev.Tick(), after=2.0) == []
    assert (run.machine.transferred, run.machine.observe().on_disk) == (MIB - 1, MIB - 1)


def test_a_whole_answer_to_a_range_counts_as_a_failure() -> None:
    run = Driven(connections=1)
    (fetch,) = run.own()
    for _ in WAITS:
        run.end(fetch, RESET)
        fetch = again(run)
    run.end(fetch, ends.Unranged())
    assert "whole file" in str(failure(run))


# ------------------------------------------------------------------ stalls


def test_a_connection_that_brings_too_little_is_stopped_and_asked_again() -> None:
    run = Driven(stall=5.0)
    (fetch,) = run.own()
    run.arrive(fetch, ByteRange(0, 100))
    run.sleep()
    assert (run.now, run.said) == (105.0, [ev.Stop(fetch.exchange)])
    run.end(fetch, ends.Broken("stopped"))
    run.sleep()
    assert run.wants(ev.Fetch).range == ByteRange(100, MIB)


def test_a_connection_that_brings_enough_is_watched_on() -> None:
    run = Driven(stall=5.0)
    (fetch,) = run.own()
    run.arrive(fetch, ByteRange(0, 20_000))
    run.sleep()
    assert run.said == []
    assert run.machine.wake_at() == 110.0


def test_the_floor_is_lower_where_our_own_limit_is() -> None:
    run = Driven(stall=5.0, limit=1_000.0)
    (fetch,) = run.own()
    run.arrive(fetch, ByteRange(0, 5_000))
    run.sleep()
    assert run.said == []


@pytest.mark.parametrize(("brought", "is_enough"), [(99_999, False), (100_000, True)])
def test_the_floor_is_the_callers_to_choose(brought: int, *, is_enough: bool) -> None:
    run = Driven(stall=5.0, floor=100_000)
    (fetch,) = run.own()
    run.arrive(fetch, ByteRange(0, brought))
    run.sleep()
    assert run.said == ([] if is_enough else [ev.Stop(fetch.exchange)])


def test_a_connection_that_does_not_even_end_ends_the_download() -> None:
    run = Driven(stall=5.0)
    (fetch,) = run.own()
    for _ in range(MOST_STOPS + 1):  # and once more for good
        run.sleep()
        assert run.said == [ev.Stop(fetch.exchange)]
    run.sleep()
    assert "cannot be ended" in str(failure(run))


def test_a_process_that_slept_gives_a_connection_time_to_end() -> None:
    run = Driven(stall=5.0)
    (fetch,) = run.own()
    run.sleep()
    assert run.said == [ev.Stop(fetch.exchange)]
    assert run.tick(after=3600.0) == [ev.Stop(fetch.exchange)]
    run.end(fetch, ends.Broken("stopped"))
    run.sleep()
    assert run.wants(ev.Fetch).range == fetch.range


def test_a_location_that_does_not_come_is_asked_for_again() -> None:
    run = Driven(stall=5.0)
    (locate,) = run.begin()
    run.sleep()
    assert run.said == [ev.Stop(locate.exchange)]
    run.end(locate, ends.Broken("stopped"))
    run.tell(ev.Claimed(A, NOTHING))
    run.sleep()
    assert run.wants(ev.Locate).file == A


@pytest.mark.parametrize("began", [0.1, 7.671, 12.671, 30.122, 1e9 + 0.3])
def test_a_tick_at_the_very_time_that_was_asked_for_is_not_too_early(began: float) -> None:
    run = Driven(stall=5.0)
    run.now = began
    (fetch,) = run.own()
    run.sleep()
    assert run.said == [ev.Stop(fetch.exchange)]


# ------------------------------------------------------------------ content


def test_a_hub_that_offers_another_content_is_a_drifted_plan() -> None:
    run = Driven()
    (locate,) = run.begin()
    run.tell(ev.Located(locate.exchange, A, Location("x"), etag="f" * 64))
    assert run.said == [ev.Stop(locate.exchange)]
    run.end(locate, DONE)
    assert "content ffffffffffff..." in str(failure(run))


def test_a_hub_that_offers_another_size_is_a_drifted_plan() -> None:
    run = Driven()
    (locate,) = run.begin()
    run.tell(ev.Located(locate.exchange, A, Location("x"), size=7))
    run.end(locate, DONE)
    error = failure(run)
    assert isinstance(error, PlanDriftError)
    assert "7 bytes instead of 1048576" in str(error)


@pytest.mark.parametrize("etag", [None, "W/made-up", "f" * 40])
def test_a_mirrors_own_etag_says_nothing(etag: str | None) -> None:
    run = Driven()
    (locate,) = run.begin()
    assert run.tell(ev.Located(locate.exchange, A, Location("x"), etag=etag)) == [ev.Claim(A)]


def test_a_git_blob_is_held_against_a_git_etag() -> None:
    run = Driven(type(a_file())("d" * 40, 5, ("config.json",)))
    (locate,) = run.begin()
    run.tell(ev.Located(locate.exchange, "d" * 40, Location("x"), etag="e" * 40))
    assert run.said == [ev.Stop(locate.exchange)]


def test_bytes_that_the_disk_lost_are_fetched_again_alone() -> None:
    run = Driven()
    run.fill()
    assert run.hashed("f" * 64) == [ev.Audit(A)]
    run.tell(ev.Audited(A, span(50, 60)))
    assert run.said[0] == ev.Discard(A, span(50, 60))
    assert run.wants(ev.Fetch).range == ByteRange(50, 60)
    assert run.machine.observe().on_disk == MIB - 10


def test_bytes_that_the_source_sent_wrong_are_all_fetched_again_from_a_new_location() -> None:
    run = Driven()
    run.fill()
    run.hashed("f" * 64)
    run.tell(ev.Audited(A, NOTHING))
    assert run.said[0] == ev.Discard(A, span(0, MIB))
    run.locate(run.wants(ev.Locate), "https://cdn.example/2")
    assert run.wants(ev.Fetch).range == ByteRange(0, MIB)


def test_a_source_that_sends_wrong_bytes_twice_is_not_believed_a_third_time() -> None:
    run = Driven(a_file(size=0))
    run.own()
    run.hashed("f" * 64)
    run.tell(ev.Audited(A, NOTHING))
    run.hashed("f" * 64)
    assert run.tell(ev.Audited(A, NOTHING))[0] == ev.Release(A, discard=True)
    assert len(run.all(ev.Release)) == 1
    error = failure(run)
    assert isinstance(error, IntegrityError)
    assert (error.path, error.expected, error.actual) == ("a-0.bin", A, "f" * 64)


def test_a_disk_that_never_keeps_what_it_is_given_ends_the_download() -> None:
    run = Driven(a_file(size=10))
    run.fill()
    for _ in range(MOST_REPAIRS):
        run.hashed("f" * 64)
        run.tell(ev.Audited(A, span(0, 10)))
        run.deliver(run.wants(ev.Fetch))
    run.hashed("f" * 64)
    assert run.tell(ev.Audited(A, span(0, 10)))[0] == ev.Release(A, discard=True)
    assert isinstance(failure(run), CacheError)


def test_bytes_that_were_repaired_are_not_reused() -> None:
    run = Driven(a_file(size=10))
    run.fill(kept=span(0, 4))
    run.hashed("f" * 64)
    run.tell(ev.Audited(A, span(3, 6)))
    run.deliver(run.wants(ev.Fetch))
    assert (run.machine.observe().on_disk, run.machine.observe().reused) == (10, 3)
    assert run.machine.transferred == 9


def test_an_audit_that_nobody_waits_for_changes_nothing() -> None:
    run = Driven()
    run.own()
    assert run.tell(ev.Audited(A, span(0, 10))) == []


def test_a_step_that_the_disk_refuses_ends_the_download_and_keeps_the_bytes() -> None:
    run = Driven()
    (fetch,) = run.own()
    error = InsufficientStorageError("full")
    assert run.tell(ev.Failed(A, error)) == [ev.Stop(fetch.exchange)]
    assert run.end(fetch, ends.Broken("stopped")) == [ev.Release(A), ev.Finish(ev.Failure(error))]
    assert failure(run) is error
    assert run.machine.observe().message == "full"
