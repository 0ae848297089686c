"""A cancel ends the call wherever it is: no path, no further byte, no thread of ours, and what was fetched is kept.

How quickly is measured by ``benchmarks/cancel.py``; here it is that it happens at all, in places where nothing else would.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch.adapters.cache.digest import RunningDigest
from modelfetch.adapters.cache.part import Part
from modelfetch.adapters.cache.repo import RepoCache
from modelfetch.adapters.http import wire as wire_module
from modelfetch.testing import HeaderTrickle, LocalHub, NoAnswer, Stall, Status, Trickle

from .kit import (
    MIB,
    SIZE,
    TOTAL,
    WEIGHTS,
    World,
    assert_right,
    threads_that_stay,
    wait_until,
)
from .places import brought, refused_twice, resumes, was_asked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from modelfetch.testing import Fault

WEIGHTS_ALONE = {"model.bin": WEIGHTS}

IN_FLIGHT = 1_000_000
"""Bytes that a hub may have counted and not given to anybody when its connections end."""


class Call:
    """A download on a thread of its own, to be cancelled from this one."""

    def __init__(self, world: World, **options: Any) -> None:
        self.world = world
        self.token = mf.CancelToken()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="host")
        self.outcome = self._pool.submit(world.download, cancel=self.token, **options)

    def cancelled(self) -> mf.DownloadCancelled:
        """Cancel it; what it then raised, once it is sure that nothing flows any more."""
        self.token.cancel()
        error = self.outcome.exception(timeout=20)
        served = self.world.hub.body_bytes()
        self._pool.shutdown()
        assert isinstance(error, mf.DownloadCancelled), error
        assert threads_that_stay() == []
        self.world.hub.wait_until_quiet()
        assert self.world.hub.body_bytes() <= served + IN_FLIGHT
        return error


PLACES: dict[str, tuple[Fault, Callable[[World], None]]] = {
    "no answer to the listing": (NoAnswer(where="info"), was_asked("info")),
    "no answer to where a file is": (NoAnswer(where="resolve"), was_asked("resolve")),
    "no answer from the CDN": (NoAnswer(where="cdn", match="model.bin"), was_asked("cdn")),
    "head trickles": (HeaderTrickle(1, where="cdn", match="model.bin"), was_asked("cdn")),
    "body stalls at once": (Stall(match="model.bin"), was_asked("cdn")),
    "body stalls midway": (Stall(after=MIB, match="model.bin"), brought(MIB)),
    "body trickles": (Trickle(1, match="model.bin"), was_asked("cdn")),
    "backing off from the listing": (Status(503, where="info", times=None), refused_twice("info")),
    "backing off from where a file is": (Status(503, where="resolve", times=None), refused_twice("resolve")),
    "backing off from the CDN": (Status(503, where="cdn", times=None), refused_twice("cdn")),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_cancel_ends_a_download_that_waits_for_the_wire(world: World, place: str) -> None:
    fault, reached = PLACES[place]
    world.publish()
    world.hub.inject(fault)
    call = Call(world, max_connections=2)
    reached(world)

    error = call.cancelled()

    resumes(world, error)


def test_a_cancel_ends_a_download_in_full_flow(world: World) -> None:
    world.publish()
    world.hub.bandwidth = 6_000_000
    call = Call(world)
    brought(MIB)(world)

    error = call.cancelled()

    assert world.hub.body_bytes() < TOTAL
    resumes(world, error)


@pytest.mark.parametrize("origin", ["hub", "cdn"])
def test_a_cancel_ends_a_download_whose_name_look_up_hangs(
    world: World, monkeypatch: pytest.MonkeyPatch, origin: str
) -> None:
    world.publish()
    where = world.hub.endpoint if origin == "hub" else world.hub.cdn_endpoint
    hanging, answered = threading.Event(), threading.Event()
    look_up = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *rest: Any, **more: Any) -> Any:
        if threading.current_thread().name.startswith("modelfetch") and where.endswith(f"{host}:{port}"):
            hanging.set()
            answered.wait(60)
        return look_up(host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    call = Call(world)
    assert hanging.wait(20)
    call.token.cancel()
    error = call.outcome.exception(timeout=20)
    assert isinstance(error, mf.DownloadCancelled)
    served = world.hub.body_bytes()

    answered.set()  # the system gives the thread back

    call.cancelled()
    assert world.hub.body_bytes() == served
    resumes(world, error)


@contextmanager
def deaf_port() -> Iterator[int]:
    """A port on loopback whose queue is full, so that a connection to it is never made and never refused."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.settimeout(0)
            filler.connect_ex(("127.0.0.1", port))
        yield port


def test_a_cancel_ends_a_connection_that_is_never_made(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    dialling = threading.Event()
    connect = socket.socket.connect_ex

    def announced(sock: socket.socket, address: Any) -> int:
        if threading.current_thread().name.startswith("modelfetch"):
            dialling.set()
        return connect(sock, address)

    monkeypatch.setattr(socket.socket, "connect_ex", announced)
    with deaf_port() as port:
        call = Call(world, endpoint=f"http://127.0.0.1:{port}")
        assert dialling.wait(20)

        call.cancelled()

    assert list(world.cache.iterdir()) == []


@pytest.mark.parametrize("origin", ["hub", "cdn"])
def test_a_cancel_ends_a_handshake_that_is_not_answered(
    world: World, monkeypatch: pytest.MonkeyPatch, origin: str
) -> None:
    with LocalHub(tls=True) as hub, ExitStack() as stack:
        monkeypatch.setenv("SSL_CERT_FILE", str(hub.ca_file))
        secure = World(hub, world.cache)
        secure.publish()
        plan = secure.plan()
        stack.enter_context(hub.unreachable("cdn" if origin == "cdn" else "hub", how="silent"))
        wait_until(lambda: hub.open_connections == 0, "the end of the plan's connection")
        call = Call(secure, model=plan)
        wait_until(lambda: hub.open_connections > (origin == "cdn"), "a silent connection")

        call.cancelled()

        stack.close()
        assert_right(secure.download(plan).path)


HOLDER = """
import sys, time
from filelock import FileLock

locks = [FileLock(path) for path in sys.argv[1:]]
for lock in locks:
    lock.acquire(timeout=0)
print("held", flush=True)
time.sleep(600)
"""


def test_a_cancel_ends_a_download_that_waits_for_another_process(world: World) -> None:
    repo = world.publish()
    lock = world.cache / ".locks" / world.folder.name / f"{repo.files['model.bin'].etag}.lock"
    lock.parent.mkdir(parents=True)
    holder = world.run(HOLDER, lock)
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    waiting = threading.Event()
    call = Call(world, progress=lambda progress: waiting.set() if progress.message else None)
    assert waiting.wait(20)

    error = call.cancelled()

    assert holder.poll() is None
    assert world.hub.body_bytes("model.bin") == 0
    holder.kill()
    holder.wait()
    resumes(world, error)


def test_a_cancel_ends_a_download_that_is_hashing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that never gives the next byte of what has to be hashed, until it is told to stop."""
    world.publish()
    hashing = threading.Event()
    run = RunningDigest.run

    def endless(digest: RunningDigest, source: Any, upto: int, stopped: Callable[[], bool]) -> str | None:
        if upto == SIZE:
            hashing.set()
            wait_until(stopped, "the request to stop hashing")
        return run(digest, source, upto, stopped)

    monkeypatch.setattr(RunningDigest, "run", endless)
    call = Call(world)
    assert hashing.wait(20)

    error = call.cancelled()

    monkeypatch.undo()
    resumes(world, error)
    assert world.hub.body_bytes("model.bin") == 0


@pytest.mark.parametrize(("owner", "step"), [(Part, "publish"), (RepoCache, "link"), (RepoCache, "seal")])
def test_a_cancel_after_the_last_byte_still_gives_no_path(
    world: World, monkeypatch: pytest.MonkeyPatch, owner: type, step: str
) -> None:
    world.publish(WEIGHTS_ALONE)
    reached = threading.Event()
    tokens: list[mf.CancelToken] = []
    original = getattr(owner, step)

    def slow(*arguments: Any) -> Any:
        reached.set()
        wait_until(lambda: tokens and tokens[0].is_set(), "the cancel")
        return original(*arguments)

    monkeypatch.setattr(owner, step, slow)
    call = Call(world)
    tokens.append(call.token)
    assert reached.wait(20)

    call.cancelled()

    monkeypatch.undo()
    assert_right(world.download().path, WEIGHTS_ALONE)
    assert world.hub.body_bytes() == SIZE


@pytest.mark.parametrize("verb", ["plan", "download"])
def test_who_waits_for_certificates_can_leave(world: World, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    """They may be on a disk that does not answer."""
    loaded, asked = threading.Event(), threading.Event()

    def slow() -> ssl.SSLContext:
        asked.set()
        loaded.wait(30)
        return ssl.create_default_context()

    monkeypatch.setattr(wire_module, "tls_context", slow)
    token, ended = mf.CancelToken(), queue.SimpleQueue[BaseException]()

    def call() -> None:
        try:
            getattr(world, verb)(cancel=token, endpoint=f"https://127.0.0.1:{world.hub.endpoint.rpartition(':')[2]}")
        except BaseException as error:  # noqa: BLE001 - it is looked at below
            ended.put(error)

    caller = threading.Thread(target=call)
    caller.start()
    assert asked.wait(20)
    token.cancel()
    assert isinstance(ended.get(timeout=20), mf.DownloadCancelled)
    loaded.set()
    caller.join()
