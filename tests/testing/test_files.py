"""File contents over the wire: identity at the Hub, bytes from the CDN, ranges, and tokens that stay at home."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from modelfetch.testing import LocalHub, Repo

pytestmark = pytest.mark.usefixtures("repo")


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_a_large_file_is_redirected_to_a_signed_address_on_another_origin(client: Any, repo: Repo, method: str) -> None:
    reply = client.ask("/org/model/resolve/main/model.bin", method)
    location = urlsplit(reply.headers["location"])
    assert reply.status == 302
    assert reply.headers["x-repo-commit"] == repo.sha
    assert reply.headers["x-linked-etag"] == f'"{repo.files["model.bin"].sha256}"'
    assert reply.headers["x-linked-size"] == str(client.size)
    assert location.hostname != "127.0.0.1"
    assert {part.partition("=")[0] for part in location.query.split("&")} == {"Expires", "Signature", "Key-Pair-Id"}


def test_a_small_file_is_redirected_within_the_hub(client: Any, repo: Repo) -> None:
    reply = client.ask("/org/model/resolve/main/sub%20folder/notes.txt")
    location = reply.headers["location"]
    assert (reply.status, location) == (307, f"/api/resolve-cache/models/org/model/{repo.sha}/sub%20folder/notes.txt")
    small = client.ask(location)
    assert small.body == b"notes"
    assert small.headers["etag"] == f'"{repo.files["sub folder/notes.txt"].oid}"' == reply.headers["x-linked-etag"]


def test_the_body_has_the_promised_digest_and_an_etag_that_says_nothing(client: Any, repo: Repo) -> None:
    reply = client.fetch()
    assert hashlib.sha256(reply.body).hexdigest() == repo.files["model.bin"].sha256
    assert repo.files["model.bin"].sha256 not in reply.headers["etag"]


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=1000-1999", 1000, 2000),
        ("bytes=299990-", 299_990, 300_000),
        ("bytes=-7", 299_993, 300_000),
    ],
)
def test_a_range_is_answered_206_with_its_bytes(client: Any, content: bytes, asked: str, start: int, stop: int) -> None:
    reply = client.fetch(Range=asked)
    assert (reply.status, reply.body) == (206, content[start:stop])
    assert reply.headers["content-range"] == f"bytes {start}-{stop - 1}/{client.size}"


def test_a_range_behind_the_end_is_answered_416(client: Any) -> None:
    reply = client.fetch(Range=f"bytes={client.size}-")
    assert (reply.status, reply.headers["content-range"]) == (416, f"bytes */{client.size}")


def test_a_small_file_can_be_ranged_too(client: Any) -> None:
    location = client.ask("/org/model/resolve/main/config.json").headers["location"]
    assert client.ask(location, Range="bytes=1-3").body == b'"a"'


def test_a_token_at_the_cdn_is_refused_and_recorded(client: Any, local_hub: LocalHub) -> None:
    assert client.ask(client.signed(), Authorization="Bearer hf_secret").status == 400
    assert local_hub.leaked_tokens == ("hf_secret",)


def test_a_signed_address_expires(client: Any, local_hub: LocalHub) -> None:
    local_hub.url_lifetime = -1
    reply = client.fetch()
    assert (reply.status, reply.headers["content-type"]) == (403, "application/xml")
    local_hub.url_lifetime = 3600
    assert client.fetch().status == 200


@pytest.mark.parametrize("old", ["Expires=1", "Signature=1", "model.bin"])
def test_an_altered_address_is_refused(client: Any, old: str) -> None:
    address = client.signed()
    assert client.ask(address.replace(old, old + "1")).status == 403


def test_the_cdn_keeps_what_an_old_commit_held(client: Any, repo: Repo, content: bytes) -> None:
    address = client.signed()
    repo.commit({"model.bin": b"other"})
    assert client.ask(address).body == content
    assert client.fetch().body == b"other"


def test_a_large_file_without_a_range_can_be_refused(client: Any, local_hub: LocalHub) -> None:
    local_hub.unranged_limit = 1000
    assert client.fetch().status == 400
    assert client.fetch(Range="bytes=0-").status == 206


def test_the_etag_of_the_cdn_can_be_left_out(client: Any, local_hub: LocalHub) -> None:
    local_hub.cdn_etag = False
    assert "etag" not in client.fetch().headers


def test_one_connection_serves_many_requests(client: Any, local_hub: LocalHub) -> None:
    connection = client.connect(local_hub.endpoint)
    for _ in range(3):
        connection.request("GET", "/api/models/org/model")
        connection.getresponse().read()
    assert {request.connection for request in local_hub.requests} == {local_hub.requests[0].connection}
    assert local_hub.open_connections == 1


def test_https_is_served_with_a_certificate_that_passes_strict_checks(client: Any) -> None:
    from modelfetch.testing import LocalHub, Synthetic

    with LocalHub(tls=True) as hub:
        hub.add_repo("org/model", {"model.bin": Synthetic(client.size, 1)})
        secure = type(client)(hub)
        assert secure.fetch().status == 200
        assert hub.endpoint.startswith("https://")
