"""Getting to the Hub: addresses that are dead, connections that went stale, certificates and proxies that are not right."""

from __future__ import annotations

import gc
import socket
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

import modelfetch as mf
from modelfetch.adapters.http.dial import dial
from modelfetch.adapters.http.proxy import tls_context
from modelfetch.adapters.http.wire import HttpWire, _wrapped
from modelfetch.core.wire import retry
from modelfetch.testing import HangUp, LocalHub, Redirect, Surplus
from modelfetch.testing.localhub.wire import _RESET as RESET

from ..download.kit import CONFIG, World, assert_right
from .peers import nobody_answers, resolve_to
from .table import BIG, FILES, FOREVER

if TYPE_CHECKING:
    from collections.abc import Iterator


def port_of(url: str) -> int:
    return urlsplit(url).port or 0


@pytest.fixture
def no_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first failure is the last."""
    monkeypatch.setattr(retry, "WAITS", ())


@pytest.fixture
def small(world: World) -> World:
    """A repo whose one file the Hub itself serves."""
    world.publish({"config.json": CONFIG})
    return world


# ---------------------------------------------------------------- addresses


@pytest.mark.usefixtures("quick_retries")
@pytest.mark.parametrize("origin", ["hub", "cdn"])
def test_a_refused_connection_is_a_network_error_and_the_next_call_finishes_the_job(world: World, origin: str) -> None:
    world.publish(FILES)
    plan = world.plan()
    with world.hub.unreachable("hub" if origin == "hub" else "cdn"), pytest.raises(mf.NetworkError) as caught:
        world.download(plan)

    assert "Connection refused, 6 times in a row" in str(caught.value)
    assert "try again" in str(caught.value)
    assert_right(world.download(plan).path, FILES)


@pytest.mark.usefixtures("quick_retries")
def test_a_place_that_is_dead_is_given_up_for_the_one_that_the_hub_names_next(world: World) -> None:
    world.publish(FILES)
    dead = world.hub.inject(Redirect("http://127.0.0.1:1/gone", where="resolve", match=BIG))

    assert_right(world.download().path, FILES)

    assert dead.hits == 1
    assert world.hub.count(origin="hub", method="HEAD", path=f"*{BIG}") == 2


@pytest.mark.usefixtures("no_retries")
def test_an_address_that_refuses_gives_way_to_the_next(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    port = port_of(small.hub.endpoint)
    resolve_to(monkeypatch, "hub.test", ("::1", port), ("127.0.0.1", port))

    assert_right(small.download(endpoint=f"http://hub.test:{port}").path, {"config.json": CONFIG})


@pytest.mark.usefixtures("no_retries")
def test_a_dead_address_costs_less_than_the_stall_time(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    port = port_of(small.hub.endpoint)
    with nobody_answers() as dead:
        resolve_to(monkeypatch, "hub.test", ("127.0.0.3", dead), ("127.0.0.3", dead), ("127.0.0.1", port))

        assert_right(small.download(endpoint=f"http://hub.test:{port}", stall_timeout=5).path, {"config.json": CONFIG})


@pytest.mark.usefixtures("no_retries")
def test_a_host_all_of_whose_addresses_are_dead_is_a_stall(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with nobody_answers() as dead:
        resolve_to(monkeypatch, "hub.test", ("127.0.0.3", dead))

        with pytest.raises(mf.NetworkError, match="the connection stalled"):
            small.download(endpoint="http://hub.test", stall_timeout=0.3)


def test_a_cancel_ends_the_wait_for_a_dead_address(small: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with nobody_answers() as dead:
        resolve_to(monkeypatch, "hub.test", ("127.0.0.3", dead), ("127.0.0.3", dead))
        token = mf.CancelToken()
        threading.Timer(0.4, token.cancel).start()

        with pytest.raises(mf.DownloadCancelled):
            small.download(endpoint="http://hub.test", cancel=token)


# ---------------------------------------------------------------- connections kept alive


@pytest.mark.usefixtures("no_retries")
def test_a_kept_connection_that_was_closed_meanwhile_is_no_failure(world: World) -> None:
    world.publish(FILES)
    hang_up = world.hub.inject(HangUp(times=FOREVER))

    assert_right(world.download().path, FILES)

    assert hang_up.hits == len(world.hub.requests)


@pytest.mark.usefixtures("no_retries")
def test_the_same_over_tls(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalHub(tls=True) as hub:
        monkeypatch.setenv("SSL_CERT_FILE", str(hub.ca_file))
        secure = World(hub, world.cache)
        secure.publish(FILES)
        hub.inject(HangUp(times=FOREVER))

        assert_right(secure.download().path, FILES)


@pytest.mark.usefixtures("no_retries")
@pytest.mark.parametrize("connections", [1, None])
def test_a_word_too_many_on_a_kept_connection_is_not_taken_for_the_next_answer(
    world: World, connections: int | None
) -> None:
    files = {f"{number}.txt": b"text %d" % number for number in range(20)}
    world.publish(files)
    surplus = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nX-Linked-Etag: x\r\n\r\n"
    injected = world.hub.inject(Surplus(surplus, times=FOREVER))

    assert_right(world.download(max_connections=connections).path, files)

    assert injected.hits == len(files)


# ---------------------------------------------------------------- certificates


@pytest.fixture
def secure(world: World) -> Iterator[World]:
    """A hub whose certificate no system knows."""
    with LocalHub(tls=True) as hub:
        world.publish()
        secure = World(hub, world.cache)
        secure.publish()
        yield secure


def test_a_certificate_that_nobody_vouches_for_is_refused_at_once(secure: World) -> None:
    with pytest.raises(mf.NetworkError) as caught:
        secure.download()

    for word in ("certificate", "127.0.0.1", "trusted authority, was expected", "Nothing was sent", "SSL_CERT_FILE"):
        assert word in str(caught.value)
    assert secure.hub.requests == ()


def test_a_certificate_for_another_host_is_refused_at_once(secure: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(secure.hub.ca_file))
    port = port_of(secure.hub.endpoint)
    resolve_to(monkeypatch, "hub.test", ("127.0.0.1", port))

    with pytest.raises(
        mf.NetworkError, match=r"certificate of https://hub\.test.*does not check out.*Hostname mismatch"
    ):
        secure.download(endpoint=f"https://hub.test:{port}")


@pytest.mark.parametrize("how", ["shut", "reset"])
def test_a_connection_that_is_gone_before_tls_begins_is_left_closed(how: str) -> None:
    line = HttpWire(1).line()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sock = dial(line, "127.0.0.1", listener.getsockname()[1])
        peer, _ = listener.accept()
        if how == "shut":
            sock.shutdown(socket.SHUT_RDWR)
        else:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        peer.close()

        with pytest.raises(OSError, match=r"reset|pipe|not connected|EOF"):
            _wrapped(sock, "127.0.0.1", tls_context(), line)
        gc.collect()  # pytest fails a test that leaves a socket open


@pytest.mark.usefixtures("quick_retries")
def test_https_where_only_http_is_spoken_is_a_network_error(world: World) -> None:
    with pytest.raises(mf.NetworkError, match="6 times in a row"):
        world.download(endpoint=world.hub.endpoint.replace("http://", "https://"), stall_timeout=5)


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_a_ca_file_that_cannot_be_read_is_named(
    secure: World, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    path = secure.cache / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))

    with pytest.raises(mf.NetworkError, match=r"REQUESTS_CA_BUNDLE names cannot be read: .*ca\.pem.*unset it"):
        secure.download()


# ---------------------------------------------------------------- proxies


@pytest.fixture
def through(small: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A machine whose way out is a proxy, which the hub itself plays."""
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("HTTP_PROXY", small.hub.endpoint.replace("http://", "http://me:sesame@"))
    monkeypatch.setenv("HTTPS_PROXY", small.hub.endpoint)
    return small


def test_a_proxy_is_asked_for_whole_addresses_and_told_its_own_password_alone(through: World) -> None:
    result = through.download(endpoint="http://hub.test")

    assert_right(result.path, {"config.json": CONFIG})
    assert {each.headers["host"] for each in through.hub.requests} == {"hub.test"}
    assert {each.headers["proxy-authorization"] for each in through.hub.requests} == {"Basic bWU6c2VzYW1l"}


@pytest.mark.usefixtures("quick_retries")
def test_a_proxy_that_does_not_connect_is_named(through: World) -> None:
    with pytest.raises(mf.NetworkError, match=r"the proxy 127\.0\.0\.1:\d+ answered HTTP 404 .* hub\.test:443"):
        through.download(endpoint="https://hub.test")


@pytest.mark.parametrize("proxy", ["http://host:port", "socks5://127.0.0.1:1080", "http://[", "http://"])
def test_a_proxy_that_cannot_be_used_is_a_network_error(
    through: World, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)

    with pytest.raises(mf.NetworkError, match=r"The proxy that the environment names cannot be used.*NO_PROXY"):
        through.download(endpoint="http://hub.test")

    assert through.hub.requests == ()
