"""What the pretended Hub remembers, how fast it is, and how it starts and stops."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from modelfetch.testing import LocalHub, Stall, Synthetic

if TYPE_CHECKING:
    from modelfetch.testing import Repo

pytestmark = pytest.mark.usefixtures("repo")


def test_every_request_is_recorded_with_what_was_sent_for_it(client: Any, local_hub: LocalHub) -> None:
    client.fetch(Range="bytes=5-14")
    resolve, body = local_hub.requests
    assert (resolve.origin, resolve.method, resolve.path) == ("hub", "GET", "/org/model/resolve/main/model.bin")
    assert (resolve.where, resolve.file, resolve.status) == ("resolve", "model.bin", 302)
    assert (body.origin, body.where, body.file, body.status) == ("cdn", "cdn", "model.bin", 206)
    assert (body.range, body.body_bytes, body.is_content) == ("bytes=5-14", 10, True)
    assert "Signature" in body.query


def test_file_bytes_are_counted_by_repo_path_and_nothing_else_is(client: Any, local_hub: LocalHub) -> None:
    client.fetch()
    client.ask(client.ask("/org/model/resolve/main/config.json").headers["location"])
    assert local_hub.body_bytes("model.*") == client.size
    assert local_hub.body_bytes("*.json") == 8
    assert local_hub.body_bytes() == client.size + 8


def test_requests_are_counted_by_origin_method_and_path(client: Any, local_hub: LocalHub) -> None:
    client.ask("/org/model/resolve/main/model.bin", "HEAD")
    client.fetch()
    assert local_hub.count() == 3
    assert local_hub.count(method="HEAD") == 1
    assert local_hub.count(origin="cdn") == 1
    assert local_hub.count(path="*/resolve/*") == 2


def test_cleared_requests_are_forgotten(client: Any, local_hub: LocalHub) -> None:
    client.fetch()
    local_hub.clear()
    assert (local_hub.requests, local_hub.body_bytes()) == ((), 0)


def test_waiting_for_bytes_ends_when_they_went_out(client: Any, local_hub: LocalHub) -> None:
    local_hub.inject(Stall(after=1000))
    response = client.open(client.signed())
    local_hub.wait_for_bytes(1000)
    assert response.read(1000)
    with pytest.raises(TimeoutError, match="1001 bytes"):
        local_hub.wait_for_bytes(1001, timeout=0.01)


def test_waiting_for_a_request_returns_it(client: Any, local_hub: LocalHub) -> None:
    threading.Timer(0.02, client.fetch).start()
    assert local_hub.wait_for_request(lambda request: request.origin == "cdn").file == "model.bin"
    local_hub.wait_until_quiet()


def test_quiet_means_that_no_request_runs(client: Any, local_hub: LocalHub) -> None:
    local_hub.inject(Stall())
    client.open(client.signed())
    with pytest.raises(TimeoutError, match="1 requests still run"):
        local_hub.wait_until_quiet(timeout=0.05)
    client.leave()
    local_hub.wait_until_quiet()
    assert local_hub.requests[-1].ended is not None


def test_a_client_that_leaves_a_stalled_body_leaves_no_connection(client: Any, local_hub: LocalHub) -> None:
    local_hub.inject(Stall(after=10))
    client.open(client.signed())
    client.leave()
    local_hub.wait_until_quiet()
    assert local_hub.requests[-1].body_bytes == 10


@pytest.mark.parametrize("limit", ["bandwidth", "bandwidth_per_connection"])
def test_a_limited_body_takes_its_time_and_the_limit_can_be_lifted(
    client: Any, local_hub: LocalHub, limit: str
) -> None:
    setattr(local_hub, limit, 1_000_000)
    client.fetch()
    local_hub.wait_until_quiet()
    body = local_hub.requests[-1]
    assert body.ended
    assert body.ended - body.started > 0.2
    setattr(local_hub, limit, 1000)
    response = client.open(client.signed())
    setattr(local_hub, limit, None)
    assert len(response.read()) == client.size


def test_latency_comes_before_every_answer(client: Any, local_hub: LocalHub) -> None:
    local_hub.latency = 0.05
    client.fetch()
    first, second = local_hub.requests
    assert second.started - first.started >= 0.05


def test_stopping_ends_what_stalls_and_frees_the_port(client: Any) -> None:
    hub = LocalHub().start()
    hub.add_repo("org/model", {"model.bin": Synthetic(client.size)})
    hub.inject(Stall(after=10, times=None))
    mine = type(client)(hub)
    response = mine.open(mine.signed())
    assert len(response.read(10)) == 10
    address = urlsplit(hub.endpoint)
    hub.stop()
    hub.stop()
    mine.leave()
    assert hub.open_connections == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname or "", address.port or 0))
    assert hub.body_bytes() == 10


def test_an_unreachable_origin_refuses_and_comes_back_on_the_same_port(client: Any, local_hub: LocalHub) -> None:
    address = client.signed()
    with local_hub.unreachable("cdn"):
        assert client.ask("/api/models/org/model").status == 200
        with pytest.raises(ConnectionRefusedError):
            client.ask(address)
    assert client.ask(address).status == 200


def test_a_silent_origin_takes_connections_and_says_nothing(client: Any, local_hub: LocalHub) -> None:
    parts = urlsplit(local_hub.endpoint)
    with local_hub.unreachable(how="silent"):
        sock = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=0.1)
        sock.sendall(b"GET /api/models/org/model HTTP/1.1\r\n\r\n")
        with pytest.raises(TimeoutError):
            sock.recv(1)
    sock.close()
    assert client.ask("/api/models/org/model").status == 200
    assert local_hub.count() == 1


def test_three_thousand_small_files_are_served(local_hub: LocalHub, client: Any) -> None:
    local_hub.add_repo("org/many", {f"{number}.txt": b"%d" % number for number in range(3000)})
    connection = client.connect(local_hub.endpoint)
    sha = client.ask("/api/models/org/many").json["sha"]
    for number in range(3000):
        connection.request("GET", f"/api/resolve-cache/models/org/many/{sha}/{number}.txt")
        assert connection.getresponse().read() == b"%d" % number
    assert local_hub.body_bytes("*.txt") == sum(len(str(number)) for number in range(3000))


def test_the_files_of_a_repo_can_be_looked_at(repo: Repo) -> None:
    assert repo.files["model.bin"].etag == repo.files["model.bin"].sha256
    assert repo.files["config.json"].etag == repo.files["config.json"].oid
    with pytest.raises(KeyError, match="no revision 'nowhere'"):
        repo.at("nowhere")
