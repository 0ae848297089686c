"""Every fault of the wire ends in right bytes or in the right typed error, with a bounded number of bytes served.

One table: what goes wrong, what comes of it, and how many times the repo's size the hub may have served for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch.testing import (
    BadListing,
    CaptivePortal,
    Chunked,
    Close,
    Delay,
    ExpireUrl,
    FlipBit,
    Forbidden,
    Garbage,
    Gzip,
    HeaderTrickle,
    HugeJson,
    IgnoreRange,
    LieRange,
    NoAnswer,
    OtherContent,
    RangeNotSatisfiable,
    RateLimited,
    Redirect,
    Reset,
    ShiftRange,
    ShortBody,
    Stall,
    Status,
    Synthetic,
    Trickle,
)

from .kit import CONFIG, MIB, Files, assert_right, threads_that_stay

if TYPE_CHECKING:
    from modelfetch.testing import Fault

    from .kit import World

pytestmark = pytest.mark.usefixtures("quick_retries")

SIZE = 9_000_000
FILES: Files = {"config.json": CONFIG, "model.bin": Synthetic(SIZE, 7), "notes/readme.md": b"# read me\n" * 100}
BIG = "model.bin"
MIDDLE = 2_000_000

Right = None
Row = tuple[tuple["Fault", ...], type[mf.ModelFetchError] | None, float]

ROWS: dict[str, Row] = {
    "nothing": ((), Right, 1.0),
    # the connection ends
    "reset before the head, listing": ((Reset(where="info", times=2),), Right, 1.0),
    "reset before the head, resolve": ((Reset(where="resolve", times=3),), Right, 1.0),
    "reset before the head, body": ((Reset(times=3),), Right, 1.0),
    "reset in the body": ((Reset(after=MIDDLE, match=BIG),), Right, 1.2),
    "reset in every body": ((Reset(after=300_000, match=BIG, times=None),), Right, 1.3),
    "reset before every head, listing": ((Reset(where="info", times=None),), mf.NetworkError, 0.0),
    "reset before every head, body": ((Reset(times=None),), mf.NetworkError, 0.0),
    "closed before the head": ((Close(after=None, where="*", times=4),), Right, 1.0),
    "closed in the listing": ((Close(after=50, where="info"),), Right, 1.0),
    "closed in the body": ((Close(after=MIDDLE, match=BIG),), Right, 1.1),
    "closed every megabyte": ((Close(after=MIB, match=BIG, times=None),), Right, 1.1),
    "closed every 30 kB": ((Close(after=30_000, match=BIG, times=None),), mf.NetworkError, 0.2),
    "closed after nothing, always": ((Close(after=0, match=BIG, times=None),), mf.NetworkError, 0.1),
    "a body that is short": ((ShortBody(500_000, match=BIG),), Right, 1.0),
    "bodies that are short, always": ((ShortBody(500_000, match=BIG, times=None),), Right, 1.1),
    "a small body that is short": ((ShortBody(3, match="config.json"),), Right, 1.0),
    # the server errs
    **{
        f"{code} from each, once": ((Status(code, where="*", times=4),), Right, 1.0)
        for code in (408, 500, 502, 503, 504)
    },
    "503 for the listing": ((Status(503, where="info", times=2),), Right, 1.0),
    "503 for the listing, always": ((Status(503, where="info", times=None),), mf.NetworkError, 0.0),
    "503 for resolve": ((Status(503, where="resolve", times=3),), Right, 1.0),
    "503 for resolve, always": ((Status(503, where="resolve", times=None),), mf.NetworkError, 0.0),
    "503 for bodies": ((Status(503, times=3),), Right, 1.0),
    "503 for bodies, always": ((Status(503, times=None),), mf.NetworkError, 0.0),
    "400 for a body": ((Status(400, match=BIG),), mf.NetworkError, 1.0),
    "404 for a body": ((Status(404, match=BIG),), mf.PlanDriftError, 1.0),
    "401 for the listing, without a reason": ((Status(401, where="info"),), mf.AuthenticationError, 0.0),
    # it asks to wait
    "429 with seconds": ((RateLimited(1, "seconds", where="info"),), Right, 1.0),
    "429 with a date": ((RateLimited(2, "date", where="resolve"),), Right, 1.0),
    "429 with RateLimit": ((RateLimited(1, "ratelimit"),), Right, 1.0),
    "429 with nothing": ((RateLimited(1, "none", times=3),), Right, 1.0),
    "429 that asks for too long, listing": ((RateLimited(100, "seconds", where="info"),), mf.NetworkError, 0.0),
    "429 that asks for too long, body": ((RateLimited(100, "date", match=BIG),), mf.NetworkError, 1.0),
    # it is slow, or silent
    "slow answers": ((Delay(0.2, times=None),), Right, 1.0),
    "a body that stalls": ((Stall(after=MIDDLE, match=BIG),), Right, 1.3),
    "a body that stalls and goes on": ((Stall(after=MIDDLE, seconds=0.5, match=BIG),), Right, 1.0),
    "bodies that stall, always": ((Stall(after=10_000, match=BIG, times=None),), mf.NetworkError, 1.0),
    "no answer to the listing": ((NoAnswer(where="info"),), Right, 1.0),
    "no answer to the listing, ever": ((NoAnswer(where="info", times=None),), mf.NetworkError, 0.0),
    "no answer to resolve": ((NoAnswer(where="resolve"),), Right, 1.0),
    "no answer from the CDN": ((NoAnswer(match=BIG),), Right, 1.0),
    "a head that trickles": ((HeaderTrickle(1, where="info"),), Right, 1.0),
    "a head that trickles, resolve": ((HeaderTrickle(1, where="resolve"),), Right, 1.0),
    "a body that trickles": ((Trickle(1, match=BIG),), Right, 1.1),
    # ranges
    "200 for a range": ((IgnoreRange(match=BIG),), Right, 2.0),
    "200 for every range": ((IgnoreRange(times=None),), Right, 3.0),
    "a range that is another": ((ShiftRange(match=BIG),), Right, 1.6),
    "a range that is another, always": ((ShiftRange(match=BIG, times=None),), mf.NetworkError, 8.0),
    "a range that lies": ((LieRange(match=BIG),), Right, 2.1),
    "a range that lies, always": ((LieRange(match=BIG, times=None),), mf.IntegrityError, 2.1),
    "416 inside the file": ((RangeNotSatisfiable(match=BIG),), mf.NetworkError, 1.0),
    # addresses
    "an address that expired": ((ExpireUrl(match=BIG),), Right, 1.0),
    "403 once": ((Forbidden(match=BIG),), Right, 1.0),
    "403 that is no expiry": ((Forbidden(match=BIG, times=None),), mf.AccessError, 0.1),
    "a long way round": ((Redirect("{self}", times=5),), Right, 1.0),
    "a loop, resolve": ((Redirect("{self}", times=None),), mf.NetworkError, 0.0),
    "a loop, listing": ((Redirect("{self}", times=None, where="info"),), mf.NetworkError, 0.0),
    "a loop, body": ((Redirect("{self}", times=None, where="cdn"),), mf.NetworkError, 0.0),
    # other bytes
    "a flipped bit": ((FlipBit(SIZE // 2, match=BIG),), Right, 2.1),
    "a flipped bit, always": ((FlipBit(SIZE // 2, match=BIG, times=None),), mf.IntegrityError, 2.1),
    "a flipped bit in a small file": ((FlipBit(3, match="config.json"),), Right, 1.1),
    "a flipped bit in a small file, always": ((FlipBit(3, match="config.json", times=None),), mf.IntegrityError, 1.1),
    "other content": ((OtherContent(match=BIG),), Right, 2.1),
    "other content from the second part on": ((OtherContent(match=BIG, skip=1, times=None),), mf.IntegrityError, 2.1),
    # an answer that is not the Hub's
    "a login page for the listing": ((CaptivePortal(where="info", times=None),), mf.NetworkError, 0.0),
    "a login page for resolve": ((CaptivePortal(where="resolve", times=None),), mf.NetworkError, 0.0),
    "a login page for bodies": ((CaptivePortal(where="cdn", times=None),), mf.NetworkError, 0.0),
    "a login page for everything": ((CaptivePortal(times=None),), mf.NetworkError, 0.0),
    "garbage for the listing": ((Garbage(where="info"),), mf.NetworkError, 0.0),
    "JSON of another kind": ((Garbage(b'"text"', where="info"),), mf.NetworkError, 0.0),
    "JSON without end": ((HugeJson(times=None),), mf.NetworkError, 0.0),
    "JSON that nests without end": ((Garbage(b"[" * 500_000, where="info"),), mf.NetworkError, 0.0),
    # how a body is packed
    "gzip nobody asked for": ((Gzip(),), Right, 1.6),
    "gzip nobody asked for, always": ((Gzip(match=BIG, times=None),), mf.NetworkError, 20.0),
    "chunked bodies": ((Chunked(times=None),), Right, 1.0),
    "a chunked listing": ((Chunked(where="info", times=None),), Right, 1.0),
    # all at once
    "a bad day": (
        (
            Status(503, where="info"),
            Reset(where="info"),
            RateLimited(1, where="resolve"),
            Stall(after=MIB, match=BIG),
            FlipBit(SIZE - 1, match=BIG),
            Close(after=MIB, match=BIG, times=3),
            ExpireUrl(match=BIG),
        ),
        Right,
        2.5,
    ),
}
ALLOWANCE = 200_000
"""Bytes that may be served beyond that: what is small beside the weights."""


@pytest.mark.parametrize("row", ROWS)
def test_a_fault_ends_in_right_bytes_or_the_right_error(world: World, row: str) -> None:
    faults, expected, times = ROWS[row]
    repo = world.publish(FILES)
    injected = [world.hub.inject(fault) for fault in faults]
    options: dict[str, Any] = {"stall_timeout": 3.0 if HugeJson in map(type, faults) else 1.0}

    if expected is None:
        result = world.download(**options)
        assert_right(result.path, FILES)
        assert world.left_over() == []
    else:
        with pytest.raises(expected) as caught:
            world.download(**options)
        assert type(caught.value) is expected
        assert not (world.folder / "refs").exists()

    assert all(each.hits for each in injected)
    assert world.hub.body_bytes() <= times * repo.at().size + ALLOWANCE
    assert threads_that_stay() == []


@pytest.mark.parametrize("row", [name for name, (_, expected, _) in ROWS.items() if expected])
def test_after_a_fault_the_next_call_finishes_the_job(world: World, row: str) -> None:
    faults, expected, _ = ROWS[row]
    assert expected
    world.publish(FILES)
    for fault in faults:
        world.hub.inject(fault)
    with pytest.raises(expected):
        world.download(stall_timeout=3.0 if HugeJson in map(type, faults) else 1.0)

    world.hub.heal()

    assert_right(world.download().path, FILES)
    assert world.left_over() == []


FLAWS = (
    "duplicate",
    "negative-size",
    "string-size",
    "absurd-size",
    "climbing-name",
    "absolute-name",
    "backslash-name",
    "drive-name",
    "nul-name",
    "reserved-name",
    "missing-name",
)


def is_untrusted(world: World) -> bool:
    """Whether the repo is refused for its listing, with nothing fetched and nothing written."""
    with pytest.raises(mf.IntegrityError, match="cannot be trusted"):
        world.download()
    return world.hub.body_bytes() == 0 and list(world.cache.iterdir()) == []


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_listing_that_lies_is_refused_whole(world: World, flaw: Any) -> None:
    world.publish(FILES)
    world.hub.inject(BadListing(flaw, where="info", times=None))

    assert is_untrusted(world)


@pytest.mark.parametrize("flaw", [*FLAWS, "missing-hash"])
def test_a_tree_that_lies_is_refused_whole(world: World, flaw: Any) -> None:
    world.publish(FILES)
    world.hub.inject(BadListing(lambda info: info | {"siblings": []}, where="info", times=None))
    world.hub.inject(BadListing(flaw, where="tree", times=None))

    assert is_untrusted(world)


def test_a_listing_without_a_commit_is_refused(world: World) -> None:
    world.publish(FILES)
    world.hub.inject(BadListing("missing-commit", where="info"))

    assert is_untrusted(world)


def test_a_listing_without_digests_is_not_enough_so_the_tree_is_read(world: World) -> None:
    world.publish(FILES)
    world.hub.inject(BadListing("missing-hash", where="info"))

    assert_right(world.download().path, FILES)
    assert world.hub.count(path="*/tree/*") == 1


@pytest.mark.parametrize("form", ["seconds", "date", "ratelimit"])
def test_a_wait_that_is_too_long_is_handed_to_the_caller(world: World, form: Any) -> None:
    world.publish()
    world.hub.inject(RateLimited(100, form, where="info"))

    with pytest.raises(mf.NetworkError) as caught:
        world.download()

    assert caught.value.retry_after is not None
    assert 90 <= caught.value.retry_after <= 101
    assert len(world.hub.requests) == 1


def test_an_expired_address_is_renewed_once_for_all_connections(world: World) -> None:
    world.publish({BIG: Synthetic(40_000_000, 8)})
    world.hub.url_lifetime = 0.3
    world.hub.bandwidth = 20_000_000

    world.download()

    asked = [each for each in world.hub.requests if each.where == "resolve"]
    refused = [each for each in world.hub.requests if each.where == "cdn" and each.status == 403]
    assert len(asked) <= 1 + len(refused)
    assert len(asked) <= 20


def test_a_network_error_says_how_much_is_kept(world: World) -> None:
    world.publish(FILES)
    world.hub.inject(Close(after=MIB, match=BIG))
    world.hub.inject(Close(after=0, match=BIG, times=None))

    with pytest.raises(mf.NetworkError) as caught:
        world.download(max_connections=1)

    plan = world.plan()
    assert caught.value.bytes_kept == plan.cached_bytes + plan.partial_bytes >= MIB // 2
