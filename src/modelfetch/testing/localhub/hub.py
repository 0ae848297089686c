"""A Hugging Face Hub on loopback: two origins, any repos, a record of every request, and faults on demand."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections import deque
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from .delivery import Delivery
from .faults import ExpireUrl
from .log import Log, Request
from .pace import Pace
from .repo import LFS_PATTERNS, Repo
from .routes import Site
from .scene import Scene
from .script import Script
from .sender import Sender
from .server import Server
from .store import Account
from .target import file_path, read_target, where

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    from .faults import Fault
    from .message import Origin, Query
    from .repo import Given
    from .script import Injected
    from .target import Target
    from .wire import Connection


class LocalHub:
    """A Hub that runs between ``start`` and ``stop``, or inside ``with``. Every method may be called on any thread.

    The Hub listens on 127.0.0.1 and its CDN on 127.0.0.2 (as ``localhost`` where that address cannot be had), so
    that clients see two hosts, as with the real one.

    Args:
        tls: Serve https, with a certificate that ``ca_file`` vouches for.
        bandwidth: Bytes per second of all bodies together; None is no limit.
        bandwidth_per_connection: Bytes per second of the bodies of one connection.
        latency: Seconds before each answer.
        page_size: Entries of one page of a listing; 1000 on the real Hub.
        url_lifetime: Seconds for which a signed address is good.
        unranged_limit: The CDN answers 400 when a file of more bytes is asked for without ``Range``.
        cdn_etag: Whether the CDN sends an ``ETag`` (opaque; the real one sometimes sends none).

    All but ``tls`` are attributes that may be changed while it runs.
    """

    def __init__(  # noqa: PLR0913 - every one is an option by name
        self,
        *,
        tls: bool = False,
        bandwidth: float | None = None,
        bandwidth_per_connection: float | None = None,
        latency: float = 0.0,
        page_size: int = 1000,
        url_lifetime: float = 3600.0,
        unranged_limit: int | None = None,
        cdn_etag: bool = True,
    ) -> None:
        self.bandwidth = bandwidth
        self.bandwidth_per_connection = bandwidth_per_connection
        self.latency = latency
        self._site = Site(page_size=page_size, unranged_limit=unranged_limit, cdn_etag=cdn_etag)
        self._site.signer.lifetime = url_lifetime
        self._tls = tls
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._script = Script()
        self._log = Log()
        self._leaked: deque[str] = deque()
        self._pace = Pace(lambda: self.bandwidth)
        self._servers: dict[Origin, Server] = {}

    def start(self) -> Self:
        """Listen. Raises ``OSError`` where no port can be had. Returns itself."""
        if self._servers:
            return self
        context = self._certified() if self._tls else None
        hub = self._opened("hub", "127.0.0.1", context)
        try:
            cdn, host = self._opened("cdn", "127.0.0.2", context), "127.0.0.2"
        except OSError:
            cdn, host = self._opened("cdn", "127.0.0.1", context), "localhost"
        self._servers = {"hub": hub, "cdn": cdn}
        scheme = "https" if self._tls else "http"
        self._site.hub = f"{scheme}://127.0.0.1:{hub.port}"
        self._site.cdn = f"{scheme}://{host}:{cdn.port}"
        return self

    def _opened(self, origin: Origin, host: str, context: ssl.SSLContext | None) -> Server:
        server = Server(host, lambda connection: self._serve(origin, connection), context)
        server.open()
        return server

    def _certified(self) -> ssl.SSLContext:
        from .tls import server_context  # noqa: PLC0415 - elliptic curves are for who asks for https

        self._folder = tempfile.TemporaryDirectory(prefix="local-hub-")
        return server_context(Path(self._folder.name))

    def stop(self) -> None:
        """End all connections, stalled ones too, and listen no more. Idempotent; what was recorded stays."""
        servers, self._servers = self._servers, {}
        for server in servers.values():
            server.close()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def page_size(self) -> int:
        """Entries of one page of a listing."""
        return self._site.page_size

    @page_size.setter
    def page_size(self, entries: int) -> None:
        self._site.page_size = entries

    @property
    def url_lifetime(self) -> float:
        """Seconds for which an address is good that is signed from now on."""
        return self._site.signer.lifetime

    @url_lifetime.setter
    def url_lifetime(self, seconds: float) -> None:
        self._site.signer.lifetime = seconds

    @property
    def unranged_limit(self) -> int | None:
        """Bytes of the largest file that the CDN sends without ``Range``; None is no limit."""
        return self._site.unranged_limit

    @unranged_limit.setter
    def unranged_limit(self, size: int | None) -> None:
        self._site.unranged_limit = size

    @property
    def cdn_etag(self) -> bool:
        """Whether the CDN sends an ``ETag``."""
        return self._site.cdn_etag

    @cdn_etag.setter
    def cdn_etag(self, sent: bool) -> None:
        self._site.cdn_etag = sent

    @property
    def endpoint(self) -> str:
        """The origin of the Hub: what ``HF_ENDPOINT`` and ``endpoint=`` take."""
        return self._site.hub

    @property
    def cdn_endpoint(self) -> str:
        """The origin of the CDN."""
        return self._site.cdn

    @property
    def ca_file(self) -> Path:
        """The certificate to trust: what ``SSL_CERT_FILE`` takes. Raises ``ValueError`` without TLS."""
        if self._folder is None:
            message = "there is a CA file only while LocalHub(tls=True) is running"
            raise ValueError(message)
        return Path(self._folder.name) / "ca.pem"

    # what it holds

    def add_repo(  # noqa: PLR0913 - every one is an option by name
        self,
        repo_id: str,
        files: Mapping[str, Given],
        *,
        lfs: tuple[str, ...] = LFS_PATTERNS,
        gated: Literal[False, "auto", "manual"] = False,
        private: bool = False,
        disabled: bool = False,
    ) -> Repo:
        """Make a model repo with ``files`` on ``main``; it can be changed later. ``lfs``: globs of what LFS keeps."""
        repo = Repo(repo_id, lfs=lfs, gated=gated, private=private, disabled=disabled)
        repo.commit(files)
        self._site.store.repos[repo_id] = repo
        return repo

    def add_token(self, token: str, *, user: str = "someone", allowed: frozenset[str] | set[str] = frozenset()) -> None:
        """Know a token. Its user reads their own repos, and the private and gated ones in ``allowed``."""
        self._site.store.accounts[token] = Account(user, frozenset(allowed))

    def rename(self, old: str, new: str) -> None:
        """Give a repo another id: requests for the old one get a 307. Raises ``KeyError`` for an unknown repo."""
        self._site.store.rename(old, new)

    # what goes wrong

    def inject(self, fault: Fault) -> Injected:
        """Put a fault in force; ``hits`` and ``remove()`` of what is returned tell and end it."""
        return self._script.add(fault)

    def heal(self) -> None:
        """Take all faults out of force."""
        self._script.clear()

    @contextlib.contextmanager
    def unreachable(
        self, origin: Origin | None = None, *, how: Literal["refused", "silent"] = "refused"
    ) -> Iterator[None]:
        """Inside ``with``, an origin (both, by default) ends its connections and takes no new ones.

        ``refused`` is what a stopped server does; ``silent`` takes connections and says nothing, not even TLS's hello.
        """
        servers = [server for name, server in self._servers.items() if origin in {None, name}]
        for server in servers:
            server.silent = how == "silent"
            (server.hang_up if how == "silent" else server.close)()
        try:
            yield
        finally:
            for server in servers:
                server.close()
                server.silent = False
                server.open()

    # what happened

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every request since the start or the last ``clear``, in the order of arrival."""
        return self._log.requests()

    @property
    def leaked_tokens(self) -> tuple[str, ...]:
        """Every token that was sent to the CDN, where none belongs."""
        return tuple(self._leaked)

    @property
    def open_connections(self) -> int:
        """Connections at this moment, of both origins."""
        return sum(server.open_connections for server in self._servers.values())

    def body_bytes(self, pattern: str = "*") -> int:
        """Bytes of files whose repo path matches the glob that were given to sockets, from either origin."""
        return self._log.body_bytes(pattern)

    def count(self, *, origin: Origin | None = None, method: str | None = None, path: str = "*") -> int:
        """How many requests there were; ``path`` is a glob on the address as it was sent, without its query."""
        return sum(
            origin in {None, each.origin} and method in {None, each.method} and fnmatchcase(each.path, path)
            for each in self.requests
        )

    def clear(self) -> None:
        """Forget all requests and leaked tokens; faults stay in force."""
        self._log.clear()
        self._leaked.clear()

    def wait_for_bytes(self, size: int, timeout: float = 10.0, pattern: str = "*") -> None:
        """Block until ``body_bytes(pattern)`` is at least ``size``. Raises ``TimeoutError``."""
        self._log.wait(lambda: self.body_bytes(pattern) >= size, timeout, f"{size} bytes of {pattern!r}")

    def wait_for_request(self, predicate: Callable[[Request], bool], timeout: float = 10.0) -> Request:
        """Block until a request fits, and return the first that does. Raises ``TimeoutError``."""
        self._log.wait(lambda: any(map(predicate, self.requests)), timeout, "a request that fits")
        return next(filter(predicate, self.requests))

    def wait_until_quiet(self, timeout: float = 10.0, settle: float = 0.05) -> None:
        """Block until no request runs and none came for ``settle`` seconds. Raises ``TimeoutError``."""
        self._log.wait_until_quiet(timeout, settle)

    # how it is served

    def _serve(self, origin: Origin, connection: Connection) -> None:
        pace = Pace(lambda: self.bandwidth_per_connection)
        while (query := connection.read(origin)) is not None:
            target = read_target(query)
            number = self._log.begin(query, where(target), file_path(target), connection.number)
            try:
                delivery = self._delivery(query, target)
                sender = Sender(connection, (self._pace, pace), self._log, number)
                sender.send(delivery, with_body=query.method != "HEAD")
            finally:
                self._log.end(number)
            if query.headers.get("connection", "").lower() == "close":
                return

    def _delivery(self, query: Query, target: Target) -> Delivery:
        if query.origin == "cdn" and query.token is not None:
            self._leaked.append(query.token)
        healthy = Delivery(self._site.answer(query, target), delay=self.latency)
        scene = Scene(query, where(target), file_path(target), self.endpoint, self.cdn_endpoint, time.time())
        delivery, played = self._script.play(healthy, scene)
        if any(isinstance(fault, ExpireUrl) for fault in played):
            self._site.signer.expire(query.path)
        return delivery
