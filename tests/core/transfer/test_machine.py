"""One download from the first event to the last, when nothing goes wrong."""

from __future__ import annotations

import pytest

from modelfetch.core.ranges import ByteRange
from modelfetch.core.transfer import events as ev
from modelfetch.core.transfer.progress import DownloadStatus
from modelfetch.core.transfer.verifying import HASH_STEP
from modelfetch.core.wire import ends
from modelfetch.core.wire.located import Location

from .driving import DONE, MIB, Driven, a_file, span

A, B = "a" * 64, "b" * 64


def test_a_file_goes_from_its_name_to_a_sealed_snapshot() -> None:
    run = Driven(a_file(size=MIB))
    (locate,) = run.begin()
    assert run.said == [ev.Locate(1, A)]
    assert run.locate(locate) == [ev.Claim(A)]
    assert run.tell(ev.Claimed(A, span(0, 1_000))) == [
        ev.Fetch(2, A, ByteRange(1_000, MIB), Location("https://cdn.example/1"))
    ]
    assert run.deliver(run.wants(ev.Fetch)) == [ev.Hash(A, MIB)]
    assert run.hashed(A) == [ev.Publish(A)]
    assert run.tell(ev.Published(A)) == [ev.Seal()]
    assert run.tell(ev.Sealed()) == [ev.Finish(ev.Complete())]
    assert run.machine.outcome == ev.Complete()


def test_nothing_is_said_after_the_end() -> None:
    run = Driven(a_file(cached=True))
    run.begin()
    run.tell(ev.Published(A), ev.Sealed())
    assert run.tell(ev.Tick(), ev.CancelAsked(), ev.Started()) == []
    assert run.machine.outcome == ev.Complete()


def test_a_cached_file_is_adopted_without_a_request() -> None:
    run = Driven(a_file(cached=True, copies=2))
    assert run.tell(ev.Started()) == [ev.Adopt(A)]
    assert run.tell(ev.Published(A)) == [ev.Seal()]
    assert run.machine.observe().files_done == 2


def test_a_plan_without_files_is_sealed_at_once() -> None:
    run = Driven()
    run.machine = type(run.machine)([], run.machine._policy, run.machine._asked)
    assert run.tell(ev.Started()) == [ev.Seal()]
    assert run.tell(ev.Sealed()) == [ev.Finish(ev.Complete())]


def test_a_file_of_no_bytes_is_verified_and_published_like_any_other() -> None:
    run = Driven(a_file(size=0))
    run.own()
    assert run.said == [ev.Hash(A, 0)]
    assert run.hashed(A) == [ev.Publish(A)]


def test_what_was_kept_completely_is_verified_and_not_fetched() -> None:
    run = Driven()
    assert run.own(kept=span(0, MIB)) == []
    assert run.said == [ev.Hash(A, MIB)]


def test_a_snapshot_is_sealed_once_and_only_when_every_file_is_in_its_place() -> None:
    run = Driven(a_file("a", cached=True), a_file("b", cached=True))
    run.begin()
    assert run.tell(ev.Published(A)) == []
    assert run.tell(ev.Published(B)) == [ev.Seal()]
    assert run.tick() == []


def test_a_finished_prefix_is_hashed_while_the_rest_still_comes() -> None:
    run = Driven(a_file(size=4 * HASH_STEP), connections=1)
    (fetch,) = run.own()
    assert run.arrive(fetch, ByteRange(0, HASH_STEP - 1)) == []
    assert run.arrive(fetch, ByteRange(HASH_STEP - 1, HASH_STEP)) == [ev.Hash(A, HASH_STEP)]
    assert run.arrive(fetch, ByteRange(HASH_STEP, 2 * HASH_STEP)) == [], "one hash at a time"
    assert run.tell(ev.Hashed(A, HASH_STEP)) == [ev.Hash(A, 2 * HASH_STEP)]


def test_a_file_that_is_filled_while_a_prefix_is_hashed_waits_for_that() -> None:
    run = Driven(a_file(size=10 * MIB), connections=1)
    (fetch,) = run.own(span(0, 9 * MIB))
    assert run.wants(ev.Hash) == ev.Hash(A, 9 * MIB)
    assert run.deliver(fetch) == []
    assert run.tell(ev.Hashed(A, 9 * MIB)) == [ev.Hash(A, 10 * MIB)]


def test_a_digest_that_nobody_waits_for_changes_nothing() -> None:
    run = Driven()
    run.own()
    assert run.tell(ev.Hashed(A, MIB, A)) == []


def test_an_answer_of_an_exchange_that_is_over_changes_nothing() -> None:
    run = Driven()
    (locate,) = run.begin()
    run.locate(locate)
    assert run.locate(locate, "https://cdn.example/late") == []
    assert run.tell(ev.Claimed(A, span(0, 5)))[0] == ev.Fetch(
        2, A, ByteRange(5, MIB), Location("https://cdn.example/1")
    )
    fetch = run.wants(ev.Fetch)
    run.end(fetch, ends.Broken("reset"))
    assert run.arrive(fetch) == []
    assert run.machine.observe().on_disk == 5


def test_no_more_connections_are_used_than_are_allowed() -> None:
    run = Driven(a_file("a", 64 * MIB), a_file("b", 64 * MIB), connections=2)
    assert len(run.begin()) == 2
    run.locate(ev.Locate(1, A))
    run.tell(ev.Claimed(A, span(0, 1)))
    assert len(run.all(ev.Fetch)) == 1


def test_connections_are_added_while_they_pay() -> None:
    run = Driven(a_file(size=512 * MIB))
    fetches = run.own()
    assert len(fetches) == 4
    run.arrive(fetches[0], ByteRange(0, MIB))
    run.tick(after=0.6)
    assert len(run.all(ev.Fetch)) == 4


def test_bytes_that_two_paths_want_count_twice_and_are_fetched_once() -> None:
    run = Driven(a_file(size=10, copies=2))
    run.fill()
    assert run.machine.observe().on_disk == 20
    assert run.machine.observe().reused == 10
    assert run.machine.transferred == 10


def test_what_an_earlier_owner_left_is_reused() -> None:
    run = Driven(a_file(size=10, seen=4))
    assert run.machine.observe().on_disk == 4
    run.fill(kept=span(0, 4))
    assert (run.machine.observe().on_disk, run.machine.observe().reused) == (10, 4)


def test_the_status_follows_the_files() -> None:
    run = Driven(a_file(size=10))
    assert run.machine.observe().status is DownloadStatus.CHECKING
    run.begin()
    assert run.machine.observe().status is DownloadStatus.CHECKING
    run.locate(ev.Locate(1, A))
    run.tell(ev.Claimed(A, span(0, 1)))
    assert run.machine.observe().status is DownloadStatus.DOWNLOADING
    assert run.machine.observe().current_file == "a-0.bin"
    run.deliver(run.wants(ev.Fetch))
    assert run.machine.observe().status is DownloadStatus.VERIFYING
    run.hashed(A)
    run.tell(ev.Published(A))
    assert run.machine.observe().current_file is None
    assert run.machine.observe().status is DownloadStatus.DOWNLOADING, "between two files"
    run.tell(ev.Sealed())
    assert run.machine.observe().status is DownloadStatus.COMPLETE


def test_a_machine_that_waits_for_nothing_is_not_to_be_woken() -> None:
    run = Driven(a_file(cached=True))
    run.begin()
    assert run.machine.wake_at() == float("inf")


def test_a_location_that_is_renewed_is_used_for_what_is_asked_next() -> None:
    run = Driven()
    (fetch,) = run.own()
    run.end(fetch, ends.Answered(403))
    run.locate(run.wants(ev.Locate), "https://cdn.example/2")
    assert run.wants(ev.Fetch).location == Location("https://cdn.example/2")


def test_a_second_exchange_never_asks_for_bytes_that_are_on_their_way() -> None:
    run = Driven(a_file(size=64 * MIB))
    fetches = run.own()
    run.end(fetches[1], ends.Broken("reset"))
    run.sleep()
    assert run.wants(ev.Fetch).range == fetches[1].range


@pytest.mark.parametrize("size", [0, 1, 5 * MIB])
def test_a_download_is_shown_complete_when_it_is(size: int) -> None:
    run = Driven(a_file(size=size, copies=3))
    for fetch in run.own():
        run.arrive(fetch)
        hashing = run.all(ev.Hash)
        run.end(fetch, DONE)
        run.said = [*hashing]
    run.hashed(A)
    run.tell(ev.Published(A), ev.Sealed())
    assert run.machine.observe().on_disk == 3 * size
    assert run.machine.observe().files_done == 3
