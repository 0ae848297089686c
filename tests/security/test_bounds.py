"""A redirect cannot change the scheme, and nothing that a server sends is followed, read or unpacked without bounds."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch.testing import Garbage, HugeJson, LocalHub, NoAnswer, Redirect, Status

from ..download.kit import CONFIG, REPO, SIZE, TOTAL, World, assert_right
from ..faults.table import ASTRAY

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("quick_retries")


@pytest.fixture
def elsewhere() -> Iterator[LocalHub]:
    """A hub without TLS."""
    with LocalHub() as hub:
        hub.add_repo(REPO, {"config.json": CONFIG})
        yield hub


# ---------------------------------------------------------------- where a redirect may lead


@pytest.mark.parametrize("where", ["info", "resolve", "cdn"])
@pytest.mark.parametrize("to", ASTRAY)
def test_a_redirect_to_another_scheme_or_to_nowhere_is_refused(world: World, where: Any, to: str) -> None:
    world.publish()
    injected = world.hub.inject(Redirect(to, where=where, times=None))

    with pytest.raises(mf.NetworkError, match="redirect"):
        world.download()

    assert injected.hits
    assert not (world.folder / "refs").exists()


@pytest.mark.parametrize("where", ["info", "resolve", "cdn"])
def test_a_redirect_that_lowers_https_to_http_is_refused(
    world: World, elsewhere: LocalHub, monkeypatch: pytest.MonkeyPatch, where: Any
) -> None:
    with LocalHub(tls=True) as hub:
        monkeypatch.setenv("SSL_CERT_FILE", str(hub.ca_file))
        secure = World(hub, world.cache)
        secure.publish()
        hub.inject(Redirect(elsewhere.endpoint + "/down", where=where, times=None))

        with pytest.raises(mf.NetworkError, match="from https to http"):
            secure.download()

    assert elsewhere.requests == ()


def test_a_model_is_fetched_over_https(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalHub(tls=True) as hub:
        monkeypatch.setenv("SSL_CERT_FILE", str(hub.ca_file))
        secure = World(hub, world.cache)
        secure.publish()

        assert_right(secure.download().path)


def test_a_certificate_that_nobody_signed_ends_it_before_a_token_is_sent(world: World) -> None:
    with LocalHub(tls=True) as hub:
        with pytest.raises(mf.NetworkError, match="certificate"):
            World(hub, world.cache).download(token="hf_secret")

        assert hub.requests == ()


@pytest.mark.parametrize("where", ["info", "cdn"])
def test_redirects_in_a_circle_end(world: World, where: Any) -> None:
    world.publish()
    injected = world.hub.inject(Redirect("{self}", where=where, times=None, match="*"))

    with pytest.raises(mf.NetworkError, match="More than 10 redirects"):
        world.download(allow_patterns="*.json")

    assert injected.hits <= 12


# ---------------------------------------------------------------- how much is read


def test_an_answer_without_a_body_is_waited_for_no_longer_than_the_stall_time(world: World) -> None:
    world.publish()
    world.hub.inject(NoAnswer(where="*", times=None))

    with pytest.raises(mf.NetworkError):
        world.download(stall_timeout=0.2)


def test_more_headers_than_any_hub_sends_are_not_read(world: World) -> None:
    world.publish()
    flood = tuple((f"X-Flood-{number}", "x" * 1000) for number in range(2000))
    world.hub.inject(Status(200, headers=flood, where="info", times=None))

    with pytest.raises(mf.NetworkError):
        world.download()


def test_a_header_line_without_end_is_not_read(world: World) -> None:
    world.publish()
    world.hub.inject(Status(200, headers=(("X-Long", "x" * 1_000_000),), where="info", times=None))

    with pytest.raises(mf.NetworkError):
        world.download()


def test_a_listing_of_more_than_64_mib_is_not_read_to_its_end(world: World) -> None:
    world.publish()
    world.hub.inject(HugeJson())

    with pytest.raises(mf.NetworkError, match="64 MiB"):
        world.download()


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 500_000,
        b'{"a":' * 300_000,
        b"9" * 100_000,
        b'{"sha": ' + b"9" * 100_000 + b"}",
        b'{"sha": NaN}',
        b"\xff\xfe",
        b"",
    ],
    ids=["deep lists", "deep objects", "a long number", "a long number inside", "NaN", "no text", "nothing"],
)
def test_json_that_is_made_to_break_its_reader_is_an_answer_that_is_not_the_hubs(world: World, body: bytes) -> None:
    world.publish()
    world.hub.inject(Garbage(body, where="info", times=None))

    with pytest.raises((mf.NetworkError, mf.IntegrityError)):
        world.download()

    assert list(world.cache.iterdir()) == []


def test_a_listing_that_came_packed_is_not_unpacked(world: World) -> None:
    world.publish()
    bomb = gzip.compress(b"[" + b" " * 5_000_000 + b"]", 1)
    packed = Status(200, headers=(("Content-Encoding", "gzip"),), body=bomb, where="info", times=None)
    world.hub.inject(packed)

    with pytest.raises(mf.NetworkError):
        world.download()

    assert all(each.headers["accept-encoding"] == "identity" for each in world.hub.requests)


def test_only_what_was_planned_is_fetched(world: World) -> None:
    world.publish()

    result = world.download(allow_patterns="*.json")

    assert_right(result.path, {"config.json": CONFIG})
    assert world.hub.body_bytes() == len(CONFIG)
    assert TOTAL > SIZE > len(CONFIG)
