"""Every fault, seen from the other end of the wire."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import ssl
import urllib.request
from email.utils import parsedate_to_datetime
from typing import Any, get_args
from urllib.parse import urlsplit

import pytest

from modelfetch import testing
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
    GzipBomb,
    HangUp,
    HeaderTrickle,
    HugeJson,
    IgnoreRange,
    Interim,
    LieRange,
    LocalHub,
    NoAnswer,
    OtherContent,
    OtherHeaders,
    RangeNotSatisfiable,
    RateLimited,
    Redirect,
    Reset,
    ShiftRange,
    ShortBody,
    Stall,
    Status,
    Surplus,
    Trickle,
    Verbatim,
)
from modelfetch.testing.localhub.faults import Fault, ListingFlaw

pytestmark = pytest.mark.usefixtures("repo")
INFO = "/api/models/org/model/revision/main?blobs=true"


def test_a_reset_before_the_head_leaves_no_answer(client: Any, local_hub: LocalHub) -> None:
    reset = local_hub.inject(Reset())
    with pytest.raises(ConnectionResetError):
        client.fetch()
    assert reset.hits == 1
    assert client.fetch().status == 200


def test_a_reset_in_the_body_comes_after_exactly_so_many_bytes(
    client: Any, local_hub: LocalHub, content: bytes
) -> None:
    local_hub.inject(Reset(after=100_000))
    response = client.open(client.signed())
    assert response.read(100_000) == content[:100_000]
    with pytest.raises(ConnectionResetError):
        response.read(1)


def test_a_close_ends_the_body_early_without_a_reset(client: Any, local_hub: LocalHub, content: bytes) -> None:
    local_hub.inject(Close(after=1000))
    with pytest.raises(http.client.IncompleteRead) as early:
        client.fetch()
    assert early.value.partial == content[:1000]


def test_a_close_before_the_head_leaves_no_answer(client: Any, local_hub: LocalHub) -> None:
    local_hub.inject(Close(after=None, where="info"))
    with pytest.raises(http.client.RemoteDisconnected):
        client.ask(INFO)


def test_a_close_after_every_n_bytes_lets_shorter_answers_pass(client: Any, local_hub: LocalHub) -> None:
    close = local_hub.inject(Close(after=100_000, times=None))
    at = 0
    while at < client.size:
        try:
            at += len(client.fetch(Range=f"bytes={at}-").body)
        except http.client.IncompleteRead as early:
            at += len(early.partial)
    assert close.hits == 2
    assert local_hub.body_bytes() == client.size


def test_over_tls_a_close_says_goodbye_and_a_reset_does_not() -> None:
    with LocalHub(tls=True) as hub:
        hub.add_repo("org/model", {"config.json": b"{}"})
        hub.inject(Close(after=5, where="info"))
        hub.inject(Reset(after=5, where="info"))
        assert _read_to_the_end(hub).endswith(b'\r\n\r\n{"_id')
        with pytest.raises((ssl.SSLEOFError, ConnectionResetError)):  # OpenSSL calls it one or the other
            _read_to_the_end(hub)


def _read_to_the_end(hub: LocalHub) -> bytes:
    address = urlsplit(hub.endpoint)
    context = ssl.create_default_context(cafile=hub.ca_file)
    plain = socket.create_connection((address.hostname or "", address.port or 0), timeout=10)
    with context.wrap_socket(plain, server_hostname=address.hostname, suppress_ragged_eofs=False) as sock:
        sock.sendall(f"GET {INFO} HTTP/1.1\r\n\r\n".encode())
        return b"".join(iter(lambda: sock.recv(10_000), b""))


def test_a_short_body_is_well_formed(client: Any, local_hub: LocalHub, content: bytes) -> None:
    local_hub.inject(ShortBody(after=1000, times=2))
    assert client.fetch().body == content[:1000]
    reply = client.fetch(Range="bytes=500-9999")
    assert (reply.body, reply.headers["content-range"]) == (content[500:1500], f"bytes 500-1499/{client.size}")


def test_a_stall_of_some_seconds_ends_with_the_rest(client: Any, local_hub: LocalHub, content: bytes) -> None:
    local_hub.inject(Stall(after=1000, seconds=0.05))
    assert client.fetch().body == content


def test_no_answer_is_no_answer(client: Any, local_hub: LocalHub) -> None:
    local_hub.inject(NoAnswer(where="info"))
    connection = client.connect(local_hub.endpoint)
    connection.timeout = 0.05
    connection.request("GET", INFO)
    with pytest.raises(TimeoutError):
        connection.getresponse()
    assert local_hub.requests[0].status == 0


def test_time_can_be_spent_before_the_head_in_the_head_and_in_the_body(client: Any, local_hub: LocalHub) -> None:
    local_hub.inject(Delay(0.05, where="cdn"))
    local_hub.inject(HeaderTrickle(5_000))
    local_hub.inject(Trickle(100_000))
    local_hub.inject(ShortBody(after=10_000))
    assert len(client.fetch().body) == 10_000
    local_hub.wait_until_quiet()
    body = local_hub.requests[-1]
    assert body.ended
    assert body.ended - body.started > 0.15


def test_a_burst_of_errors_ends(client: Any, local_hub: LocalHub) -> None:
    local_hub.inject(Status(503, (("X-Why", "busy"),), b"later", times=2, where="info"))
    assert [client.ask(INFO).status for _ in range(3)] == [503, 503, 200]
    assert local_hub.requests[0].body_bytes == 5


def test_a_rate_limit_says_when_to_come_back(client: Any, local_hub: LocalHub) -> None:
    for form in ("seconds", "date", "ratelimit", "none"):
        local_hub.inject(RateLimited(7, form))
    by_seconds, by_date, by_limit, silent = (client.fetch() for _ in range(4))
    assert {reply.status for reply in (by_seconds, by_date, by_limit, silent)} == {429}
    assert by_seconds.headers["retry-after"] == "7"
    assert parsedate_to_datetime(by_date.headers["retry-after"]).tzinfo
    assert by_limit.headers["ratelimit"] == '"api";r=0;t=7'
    assert "retry-after" not in silent.headers


def test_an_ignored_range_is_answered_200_with_everything(client: Any, local_hub: LocalHub, content: bytes) -> None:
    local_hub.inject(IgnoreRange())
    reply = client.fetch(Range="bytes=10-19")
    assert (reply.status, reply.body) == (200, content)
    assert "content-range" not in reply.headers


def test_a_shifted_range_says_so_and_a_lying_one_does_not(client: Any, local_hub: LocalHub, content: bytes) -> None:
    local_hub.inject(ShiftRange(by=3))
    local_hub.inject(LieRange(by=3))
    shifted, lying = client.fetch(Range="bytes=10-19"), client.fetch(Range="bytes=10-19")
    assert shifted.body == lying.body == content[13:23]
    assert shifted.headers["content-range"] == f"bytes 13-22/{client.size}"
    assert lying.headers["content-range"] == f"bytes 10-19/{client.size}"


@pytest.mark.parametrize("asked", ["bytes=299000-", "bytes=1-", "bytes=0-299998"])
def test_a_range_at_an_edge_is_shifted_where_there_is_room(
    client: Any, local_hub: LocalHub, content: bytes, asked: str
) -> None:
    local_hub.inject(LieRange(by=1000))
    first, _, last = asked.removeprefix("bytes=").partition("-")
    reply = client.fetch(Range=asked)
    right = content[int(first) : int(last) + 1 if last else None]
    assert len(reply.body) == len(right)
    assert reply.body != right


def test_a_range_inside_the_file_can_be_called_not_satisfiable(client: Any, local_hub: LocalHub) -> None:
    local_hub.inject(RangeNotSatisfiable())
    reply = client.fetch(Range="bytes=10-19")
    assert (reply.status, reply.headers["content-range"]) == (416, f"bytes */{client.size}")


def test_an_address_that_expired_stays_so_until_the_file_is_resolved_again(client: Any, local_hub: LocalHub) -> None:
    first, second = client.signed(), client.signed()
    expired = local_hub.inject(ExpireUrl(skip=1))
    assert [client.ask(address).status for address in (first, first, first, second)] == [200, 403, 403, 403]
    assert client.fetch().status == 200
    assert expired.hits == 1


def test_forbidden_stays_forbidden(client: Any, local_hub: LocalHub) -> None:
    local_hub.inject(Forbidden(times=None))
    assert [client.fetch().status for _ in range(2)] == [403, 403]


@pytest.mark.parametrize("offset", [2, 1000, -3])
def test_a_file_without_the_byte_that_is_to_be_flipped_stays_as_it_is(local_hub: LocalHub, offset: int) -> None:
    local_hub.add_repo("org/short", {"config.json": b"{}"})
    flip = local_hub.inject(FlipBit(offset=offset))
    with urllib.request.urlopen(f"{local_hub.endpoint}/org/short/resolve/main/config.json") as answer:
        assert answer.read() == b"{}"
    assert flip.hits == 0


@pytest.mark.parametrize("offset", [1, -1])
def test_the_byte_to_be_flipped_may_be_counted_from_the_end(local_hub: LocalHub, offset: int) -> None:
    local_hub.add_repo("org/short", {"config.json": b"{}"})
    local_hub.inject(FlipBit(offset=offset))
    with urllib.request.urlopen(f"{local_hub.endpoint}/org/short/resolve/main/config.json") as answer:
        assert answer.read() == b"{|"


def test_one_flipped_bit_is_one_flipped_bit(client: Any, local_hub: LocalHub, content: bytes) -> None:
    flip = local_hub.inject(FlipBit(offset=1000, mask=0x80))
    assert client.fetch(Range="bytes=0-999").body == content[:1000]
    assert flip.hits == 0
    body = client.fetch(Range="bytes=900-1099").body
    assert [at for at in range(200) if body[at] != content[900 + at]] == [100]
    assert body[100] ^ content[1000] == 0x80
    assert client.fetch().body == content


def test_other_content_has_the_same_size(client: Any, local_hub: LocalHub, content: bytes) -> None:
    local_hub.inject(OtherContent(skip=1))
    assert client.fetch().body == content
    other = client.fetch().body
    assert len(other) == len(content)
    assert other != content


def test_a_captive_portal_answers_anything_with_html(client: Any, local_hub: LocalHub) -> None:
    local_hub.inject(CaptivePortal(times=None))
    for address in (INFO, "/org/model/resolve/main/model.bin", "/api/whoami-v2"):
        reply = client.ask(address)
        assert reply.status == 200
        assert reply.headers["content-type"].startswith("text/html")


def test_garbage_is_no_json_under_the_name_of_json(client: Any, local_hub: LocalHub) -> None:
    local_hub.inject(Garbage(where="info"))
    reply = client.ask(INFO)
    assert "json" in reply.headers["content-type"]
    with pytest.raises(ValueError, match="decode"):
        json.loads(reply.body)


def test_a_huge_json_is_valid_and_has_the_size_asked_for(client: Any, local_hub: LocalHub) -> None:
    local_hub.inject(HugeJson(1_000_000))
    reply = client.ask(INFO)
    assert len(reply.body) == 1_000_000
    assert list(reply.json) == ["padding"]


@pytest.mark.parametrize("address", [INFO, "/api/models/org/model/tree/main?recursive=true"])
@pytest.mark.parametrize("flaw", get_args(ListingFlaw))
def test_a_listing_can_be_spoiled_in_every_named_way(
    client: Any, local_hub: LocalHub, address: str, flaw: ListingFlaw
) -> None:
    right = client.ask(address).json
    bad = local_hub.inject(BadListing(flaw))
    spoiled = client.ask(address).json
    assert (spoiled != right) == bool(bad.hits)
    assert bool(bad.hits) == (flaw != "missing-commit" or address == INFO)


def test_a_listing_can_be_spoiled_by_a_function(client: Any, local_hub: LocalHub) -> None:
    local_hub.inject(BadListing(lambda listing: {**listing, "siblings": "many"}))
    assert client.ask(INFO).json["siblings"] == "many"


def test_gzip_comes_unasked_and_without_a_length(client: Any, local_hub: LocalHub, content: bytes) -> None:
    local_hub.inject(Gzip())
    reply = client.fetch()
    assert reply.headers["content-encoding"] == "gzip"
    assert "content-length" not in reply.headers
    assert gzip.decompress(reply.body) == content


def test_chunks_carry_the_same_bytes_without_a_length(client: Any, local_hub: LocalHub, content: bytes) -> None:
    local_hub.inject(Chunked())
    reply = client.fetch()
    assert reply.headers["transfer-encoding"] == "chunked"
    assert "content-length" not in reply.headers
    assert reply.body == content


def test_a_redirect_can_go_anywhere(client: Any, local_hub: LocalHub) -> None:
    address = "/org/model/resolve/main/model.bin"
    for to in ("{self}", "file:///etc/passwd", "{cdn}/elsewhere"):
        local_hub.inject(Redirect(to))
    assert client.ask(address).headers["location"] == local_hub.endpoint + address
    assert client.ask(address).headers["location"] == "file:///etc/passwd"
    assert client.ask(address).headers["location"] == local_hub.cdn_endpoint + "/elsewhere"
    assert "Signature" in client.ask(address).headers["location"]


def test_faults_queue_up_and_the_oldest_comes_first(client: Any, local_hub: LocalHub) -> None:
    local_hub.inject(Status(500))
    local_hub.inject(Status(502))
    assert [client.fetch().status for _ in range(3)] == [500, 502, 200]


def test_a_fault_can_be_meant_for_some_files_alone(client: Any, local_hub: LocalHub) -> None:
    local_hub.inject(Status(500, match="*.json", where="resolve", times=None))
    assert client.ask("/org/model/resolve/main/config.json").status == 500
    assert client.ask("/org/model/resolve/main/model.bin").status == 302


def test_a_removed_fault_and_a_healed_hub_are_well(client: Any, local_hub: LocalHub) -> None:
    fault = local_hub.inject(Status(500, times=None))
    assert client.fetch().status == 500
    fault.remove()
    fault.remove()
    assert client.fetch().status == 200
    local_hub.inject(Forbidden(times=None))
    local_hub.heal()
    assert client.fetch().status == 200


def test_faults_are_values_and_all_of_them_are_public() -> None:
    assert Reset(5) == Reset(5) != Reset(6)
    assert {fault.__name__ for fault in get_args(Fault)} < set(testing.__all__)


def _answers(hub: LocalHub, request: str) -> bytes:
    """All that comes for one request, until the connection is closed."""
    address = urlsplit(hub.endpoint)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as sock:
        sock.sendall(f"{request} HTTP/1.1\r\n\r\n".encode())
        return b"".join(iter(lambda: sock.recv(10_000), b""))


def test_a_head_can_lie_about_the_body_behind_it(client: Any, local_hub: LocalHub) -> None:
    local_hub.inject(OtherHeaders((("Content-Length", "5"), ("X-A", "1"), ("X-A", "2")), where="info"))
    reply = client.open(INFO)
    assert (reply.read(), reply.headers.get_all("X-A")) == (b'{"_id', ["1", "2"])


def test_a_head_can_leave_out_how_long_the_body_is(local_hub: LocalHub) -> None:
    local_hub.inject(OtherHeaders(without=("content-length",), where="info"))
    local_hub.inject(Close(after=10, where="info"))
    address = urlsplit(local_hub.endpoint)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as sock:
        sock.sendall(f"GET {INFO} HTTP/1.1\r\n\r\n".encode() * 2)
        heads = b"".join(iter(lambda: sock.recv(10_000), b"")).split(b"HTTP/1.1 200")[1:]
    assert [b"Content-Length" in head for head in heads] == [False, True]


def test_interim_answers_come_before_the_right_one(client: Any, local_hub: LocalHub) -> None:
    local_hub.inject(Interim(100, 3, where="info"))
    assert client.ask(INFO).status == 200


def test_a_connection_that_was_to_be_kept_can_be_closed(client: Any, local_hub: LocalHub) -> None:
    local_hub.inject(HangUp())
    told = _answers(local_hub, f"GET {INFO}")
    assert b"Connection: close" not in told
    assert told.endswith(b"}")
    assert client.ask(INFO).status == 200


def test_anything_can_be_on_the_wire_in_place_of_an_answer(local_hub: LocalHub) -> None:
    local_hub.inject(Verbatim(b"no HTTP at all", where="info"))
    assert _answers(local_hub, f"GET {INFO}") == b"no HTTP at all"
    assert local_hub.requests[0].status == 0


def test_anything_can_be_on_the_wire_without_end(local_hub: LocalHub) -> None:
    local_hub.inject(Verbatim(b"begin", b"again", where="info"))
    address = urlsplit(local_hub.endpoint)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as sock:
        sock.sendall(f"GET {INFO} HTTP/1.1\r\n\r\n".encode())
        with sock.makefile("rb") as lines:
            assert lines.read(1_000_005).endswith(b"again")
    local_hub.wait_until_quiet()


def test_an_answer_to_head_can_bring_bytes_that_belong_to_none(client: Any, local_hub: LocalHub) -> None:
    surplus = local_hub.inject(Surplus(b"HTTP/1.1 500 Surplus\r\n\r\n"))
    assert client.ask("/org/model/resolve/main/model.bin", "GET").status == 302
    assert surplus.hits == 0
    assert client.ask("/org/model/resolve/main/model.bin", "HEAD").status == 302
    assert surplus.hits == 1


def test_a_bomb_is_small_until_it_is_unpacked(client: Any, local_hub: LocalHub) -> None:
    local_hub.inject(GzipBomb(3 << 20))
    packed = client.ask(INFO).body
    assert len(packed) < 10_000
    assert gzip.decompress(packed) == b" " * (3 << 20)
