"""How long a cancel takes, from asking for it to the exception, at every place where a download can be waiting.

Run it with ``python benchmarks/cancel.py [times]``. It prints the median and the worst of so many rounds (20) in
milliseconds. The contract: 100 ms with a CancelToken, 250 ms with a plain event and with Ctrl-C, at every place.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import modelfetch as mf
from modelfetch.adapters.cache.digest import RunningDigest
from modelfetch.adapters.cache.repo import RepoCache
from modelfetch.testing import LocalHub, NoAnswer, Stall, Status, Synthetic, Trickle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from modelfetch.testing import Fault

ROUNDS = 20
REPO = "org/model"
SIZE = 30_000_000
SETTLED = 0.3
"""Seconds after a place was reached: then the download does nothing but wait there."""

HOLDER = """
import sys
from filelock import FileLock
lock = FileLock(sys.argv[1])
lock.acquire(timeout=0)
print(flush=True)
sys.stdin.read()
"""


@dataclass
class Round:
    """One download that will be cancelled: its hub and cache, and the event that says that the place is reached."""

    hub: LocalHub
    cache: Path
    reached: threading.Event

    def when(self, happened: Callable[[], object]) -> None:
        """Reach the place once ``happened()``."""

        def watch() -> None:
            while not happened():
                time.sleep(0.002)
            self.reached.set()

        threading.Thread(target=watch, daemon=True).start()


def fault(spoiled: Fault, where: str, times: int = 1) -> Callable[[Round], AbstractContextManager[dict[str, Any]]]:
    """A place on the wire: reached when the hub was asked ``times`` times for ``where``."""

    @contextlib.contextmanager
    def place(this: Round) -> Iterator[dict[str, Any]]:
        this.hub.inject(spoiled)
        this.when(lambda: sum(each.where == where for each in this.hub.requests) >= times)
        yield {}

    return place


@contextlib.contextmanager
def full_flow(this: Round) -> Iterator[dict[str, Any]]:
    """Bytes arrive as fast as they can."""
    this.hub.bandwidth = SIZE / 3
    this.when(lambda: this.hub.body_bytes() > SIZE / 10)
    yield {}


@contextlib.contextmanager
def name_look_up(this: Round) -> Iterator[dict[str, Any]]:
    """The system's resolver hangs."""
    answered = threading.Event()
    look_up = socket.getaddrinfo

    def hang(*arguments: Any, **more: Any) -> Any:
        if threading.current_thread().name.startswith("modelfetch"):
            this.reached.set()
            answered.wait()
        return look_up(*arguments, **more)

    with mock.patch.object(socket, "getaddrinfo", hang):
        yield {}
        answered.set()


@contextlib.contextmanager
def connecting(this: Round) -> Iterator[dict[str, Any]]:
    """A listener whose queue is full: the handshake of TCP is never answered (on Linux)."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.settimeout(0)
            filler.connect_ex(listener.getsockname())
        this.reached.set()
        yield {"endpoint": f"http://127.0.0.1:{listener.getsockname()[1]}"}


@contextlib.contextmanager
def shaking_hands(this: Round) -> Iterator[dict[str, Any]]:
    """TLS's hello is never answered."""
    with contextlib.ExitStack() as stack:
        hub = stack.enter_context(LocalHub(tls=True))
        stack.enter_context(hub.unreachable(how="silent"))
        stack.enter_context(mock.patch.dict(os.environ, {"SSL_CERT_FILE": str(hub.ca_file)}))
        this.when(lambda: hub.open_connections)
        yield {"endpoint": hub.endpoint}


@contextlib.contextmanager
def another_process(this: Round) -> Iterator[dict[str, Any]]:
    """Another process holds the lock."""
    plan = mf.plan_download(REPO, endpoint=this.hub.endpoint, cache_dir=this.cache, token=False)
    name = plan.files[0].blob_id
    lock = this.cache / ".locks" / "models--org--model" / f"{name}.lock"
    lock.parent.mkdir(parents=True)
    command = [sys.executable, "-c", HOLDER, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        this.when(lambda: any(each.where == "resolve" for each in this.hub.requests))
        yield {}
        holder.kill()


@contextlib.contextmanager
def hashing(this: Round) -> Iterator[dict[str, Any]]:
    """A disk that gives the bytes to hash as slowly as it can without being dead."""
    run = RunningDigest.run

    def slow(digest: RunningDigest, source: Any, upto: int, stopped: Callable[[], bool]) -> str | None:
        this.reached.set()
        while not stopped():
            time.sleep(0.005)
        return run(digest, source, upto, stopped)

    with mock.patch.object(RunningDigest, "run", slow):
        yield {}


@contextlib.contextmanager
def dead_disk(this: Round) -> Iterator[dict[str, Any]]:
    """A disk that does not answer at all while the digest is run."""
    answered = threading.Event()
    run = RunningDigest.run

    def hang(*arguments: Any) -> str | None:
        this.reached.set()
        answered.wait()
        return run(*arguments)

    with mock.patch.object(RunningDigest, "run", hang):
        yield {}
        answered.set()


@contextlib.contextmanager
def last_byte(this: Round) -> Iterator[dict[str, Any]]:
    """Everything is published; only the notes about it are missing."""
    answered = threading.Event()
    seal = RepoCache.seal

    def hang(*arguments: Any) -> None:
        this.reached.set()
        answered.wait()
        seal(*arguments)

    with mock.patch.object(RepoCache, "seal", hang):
        yield {}
        answered.set()


PLACES = {
    "looking a name up": name_look_up,
    "connecting": connecting,
    "shaking hands": shaking_hands,
    "waiting for the listing": fault(NoAnswer(where="info"), "info"),
    "waiting for where a file is": fault(NoAnswer(where="resolve"), "resolve"),
    "waiting for the CDN": fault(NoAnswer(where="cdn"), "cdn"),
    "in a stalled body": fault(Stall(after=1_000_000), "cdn"),
    "in a body that trickles": fault(Trickle(100), "cdn"),
    "in full flow": full_flow,
    "backing off from the listing": fault(Status(503, where="info", times=None), "info", times=2),
    "backing off from the CDN": fault(Status(503, where="cdn", times=None), "cdn", times=2),
    "waiting for another process": another_process,
    "hashing": hashing,
    "hashing on a dead disk": dead_disk,
    "after the last byte": last_byte,
}


def by_token(stack: contextlib.ExitStack) -> tuple[object, Callable[[], object]]:
    """What is given to the call, and what cancels it."""
    del stack
    token = mf.CancelToken()
    return token, token.cancel


def by_event(stack: contextlib.ExitStack) -> tuple[object, Callable[[], object]]:
    """A plain event."""
    del stack
    event = threading.Event()
    return event, event.set


def by_ctrl_c(stack: contextlib.ExitStack) -> tuple[object, Callable[[], object]]:
    """SIGINT to the main thread, which makes the call."""
    del stack
    return None, lambda: os.kill(os.getpid(), signal.SIGINT)


WAYS = {"CancelToken": by_token, "Event": by_event, "Ctrl-C": by_ctrl_c}


def measure(place: Any, way: Any) -> float:
    """Milliseconds of one cancel."""
    asked = 0.0
    with (
        LocalHub() as hub,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        contextlib.ExitStack() as stack,
    ):
        hub.add_repo(REPO, {"model.bin": Synthetic(SIZE)})
        cancel, cancels = way(stack)
        this = Round(hub, Path(folder), threading.Event())
        options = {"endpoint": hub.endpoint, "cache_dir": this.cache, "token": False, "cancel": cancel}
        options |= stack.enter_context(place(this))

        def ask() -> None:
            nonlocal asked
            this.reached.wait()
            time.sleep(SETTLED)
            asked = time.perf_counter()
            cancels()

        threading.Thread(target=ask, daemon=True).start()
        try:
            mf.download(REPO, **options)
        except (mf.DownloadCancelled, KeyboardInterrupt):
            return 1000 * (time.perf_counter() - asked)
    message = "the download was not cancelled"
    raise RuntimeError(message)


def main() -> None:
    """Print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    gc.freeze()
    print(f"{'milliseconds, median / worst of ' + str(rounds):34}", *(f"{way:>15}" for way in WAYS))
    worst = dict.fromkeys(WAYS, 0.0)
    for name, place in PLACES.items():
        cells = []
        for label, way in WAYS.items():
            taken = [measure(place, way) for _ in range(rounds)]
            worst[label] = max(worst[label], *taken)
            cells.append(f"{statistics.median(taken):6.1f} / {max(taken):6.1f}")
        print(f"{name:34}", *cells, flush=True)
    print(f"{'worst':34}", *(f"{worst[way]:15.1f}" for way in WAYS))


if __name__ == "__main__":
    main()
