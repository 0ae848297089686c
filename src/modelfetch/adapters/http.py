"""HTTP over ``http.client``: connections that are kept alive, and that another thread can end at any moment.

Rule: every socket is in somebody's :class:`HttpLine` before it connects, so that name look-up aside there is no
state in which a cancel has to wait. Ending is ``shutdown`` of the socket: ``close`` would leave a reader blocked.
"""

from __future__ import annotations

import errno
import http.client
import os
import selectors
import socket
import ssl
import threading
import time
import urllib.request
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from ..core.http import origin

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECT_TIMEOUT = 10.0
"""Seconds for one address of a host; huggingface_hub's default for a connection."""

_CONNECTING = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK})
_ENDED = "ended while connecting"
_LOOK_EVERY = 0.1
_IDLE_PER_ORIGIN = 32
_PORTS = {"http": 80, "https": 443}
_CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

Key = tuple[str, str, int]


class LineShutError(OSError):
    """The exchange was ended from outside while it was connecting."""


class HttpLine:
    """One exchange's hold on its socket. ``shut`` may be called from any thread, also before there is a socket."""

    def __init__(self, wire: HttpWire) -> None:
        self._wire = wire
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._shut = False
        self.brought = 0

    @property
    def is_shut(self) -> bool:
        """Whether it was ended from outside."""
        return self._shut

    def send(self, method: str, url: str, headers: Mapping[str, str]) -> HttpReply:
        """The answer's head; redirects are not followed. Raises OSError or http.client.HTTPException."""
        return self._wire.send(self, method, url, headers)

    def hold(self, sock: socket.socket) -> None:
        """From now on ``shut`` ends this socket."""
        with self._lock:
            self._socket = sock
            if self._shut:
                sock.close()
                raise LineShutError(_ENDED)

    def drop(self) -> None:
        """The socket goes back to the pool: ``shut`` must not touch it any more."""
        with self._lock:
            self._socket = None

    def shut(self) -> None:
        """End the exchange; idempotent, and never blocks."""
        with self._lock:
            self._shut = True
            if self._socket is not None:
                _shutdown(self._socket)


def _shutdown(sock: socket.socket) -> None:
    with suppress(OSError):  # not connected yet, or already gone: either way nobody is left waiting
        # the plain socket's method: an SSLSocket's own would first try to say goodbye
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


class HttpReply:
    """An answer's head and the body behind it. Not thread-safe; the line is."""

    def __init__(self, wire: HttpWire, key: Key, connection: _Connection, answer: http.client.HTTPResponse) -> None:
        self.status = answer.status
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in answer.headers.raw_items()}
        self._wire, self._key, self._connection, self._answer = wire, key, connection, answer
        self._left = answer.length
        self._ended = self._left == 0

    def read_some(self, into: memoryview) -> int:
        """What has arrived, at least one byte, into ``into``; 0 at the body's end, or when the line was shut."""
        if self._ended:
            return 0
        if self._left is not None and len(into) > self._left:
            into = into[: self._left]
        count = self._read(into)
        self._connection.line.brought += count
        if self._left is not None:
            self._left -= count
        self._ended = count == 0 or self._left == 0
        return count

    def _read(self, into: memoryview) -> int:
        if self._answer.chunked or self._answer.fp is None:
            return self._answer.readinto(into)
        # one receive at most, so that a slow body is seen as it comes and not when the buffer is full
        return self._answer.fp.readinto1(into)

    @property
    def is_read(self) -> bool:
        """Whether the body came to its proper end, so that the connection can be used again."""
        return self._ended and (self._left == 0 or self._answer.chunked) and not self._answer.will_close

    def close(self) -> None:
        """Give the connection back if the body was read to its end, else close it."""
        usable = self.is_read
        self._answer.close()
        self._wire.give_back(self._key, self._connection, usable=usable)


class _Connection(http.client.HTTPConnection):
    """A connection whose socket is in its line's hands from before it connects."""

    def __init__(self, host: str, port: int, line: HttpLine, tls: ssl.SSLContext | None, read_timeout: float) -> None:
        super().__init__(host, port)
        self._read_timeout = read_timeout
        self.line = line
        self._tls = tls
        self._target = host

    def tunnel_to(self, host: str, port: int, headers: dict[str, str]) -> None:
        """Reach ``host`` through this proxy (CONNECT)."""
        self.set_tunnel(host, port, headers)
        self._target = host

    def connect(self) -> None:
        """Dial every address of the host in turn, then through the tunnel and the TLS handshake."""
        self.sock = _dial(self.line, self.host, self.port)
        if getattr(self, "_tunnel_host", None):
            tunnel: Any = self._tunnel  # type: ignore[attr-defined] # - http.client's own step, which has no public name
            tunnel()
        if self._tls is not None:
            wrapped = self._tls.wrap_socket(self.sock, server_hostname=self._target, do_handshake_on_connect=False)
            self.sock = wrapped
            self.line.hold(wrapped)
            wrapped.do_handshake()
        self.sock.settimeout(self._read_timeout)


def _dial(line: HttpLine, host: str, port: int) -> socket.socket:
    failure: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            line.hold(sock)
            _reach(line, sock, address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            failure = error
            if line.is_shut:
                break
            continue
        return sock
    raise failure


def _reach(line: HttpLine, sock: socket.socket, address: Any) -> None:
    """Connect, looking at the line meanwhile: a socket that is shut just before it begins to connect is not woken."""
    sock.settimeout(0)
    code = sock.connect_ex(address)
    if code not in _CONNECTING:
        raise OSError(code, os.strerror(code))
    until = time.monotonic() + CONNECT_TIMEOUT
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_WRITE)
        while not selector.select(_LOOK_EVERY) and not line.is_shut:
            if time.monotonic() > until:
                message = f"no connection within {CONNECT_TIMEOUT:.0f} seconds"
                raise TimeoutError(message)
    if line.is_shut:
        raise LineShutError(_ENDED)
    if code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError(code, os.strerror(code))
    sock.settimeout(CONNECT_TIMEOUT)


class HttpWire:
    """Carries requests, keeping connections alive between them; any number of threads may send.

    ``read_timeout``: seconds without a byte after which a read fails; a backstop behind whoever watches the line.
    """

    def __init__(self, read_timeout: float) -> None:
        self._read_timeout = read_timeout
        self._lock = threading.Lock()
        self._idle: dict[Key, list[_Connection]] = {}
        self._context: ssl.SSLContext | None = None
        self._proxies = urllib.request.getproxies()
        self._closed = False

    def line(self) -> HttpLine:
        """A line for one exchange."""
        return HttpLine(self)

    def send(self, line: HttpLine, method: str, url: str, headers: Mapping[str, str]) -> HttpReply:
        """The answer's head; redirects are not followed. Raises OSError or http.client.HTTPException."""
        key = origin(url)
        proxy = self._proxy(key)
        connection = self._take_idle(key)
        if connection is not None:
            try:
                return self._exchange(line, connection, key, method, url, headers, proxy)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                # the far end closed an idle connection, as it may at any time: that is no failure of this request
                connection.close()
                if line.is_shut:
                    raise
        return self._exchange(line, self._connect(line, key, proxy), key, method, url, headers, proxy)

    def _exchange(  # noqa: PLR0913, PLR0917 - one request is that many facts
        self,
        line: HttpLine,
        connection: _Connection,
        key: Key,
        method: str,
        url: str,
        headers: Mapping[str, str],
        proxy: str | None,
    ) -> HttpReply:
        try:
            connection.line = line
            if connection.sock is None:
                connection.connect()
            else:
                line.hold(connection.sock)
            connection.request(method, _target(url, key, proxy), headers={**headers, **_proxy_headers(key, proxy)})
            return HttpReply(self, key, connection, connection.getresponse())
        except BaseException:
            line.drop()
            connection.close()
            raise

    def _connect(self, line: HttpLine, key: Key, proxy: str | None) -> _Connection:
        scheme, host, port = key
        tls = self._tls() if scheme == "https" else None
        if proxy is None:
            return _Connection(host, port, line, tls, self._read_timeout)
        parts = urlsplit(proxy)
        port_of_proxy = parts.port or _PORTS.get(parts.scheme, 8080)
        connection = _Connection(parts.hostname or "", port_of_proxy, line, tls, self._read_timeout)
        if tls is not None:
            connection.tunnel_to(host, port, _credentials(proxy))
        return connection

    def _proxy(self, key: Key) -> str | None:
        """The proxy that the environment names for this origin (``HTTPS_PROXY``, ``NO_PROXY`` and their kin)."""
        scheme, host, port = key
        proxy = self._proxies.get(scheme) or self._proxies.get("all")
        if not proxy or urllib.request.proxy_bypass(f"{host}:{port}") or urllib.request.proxy_bypass(host):
            return None
        return proxy if "//" in proxy else f"http://{proxy}"

    def _tls(self) -> ssl.SSLContext:
        with self._lock:
            if self._context is None:
                self._context = ssl.create_default_context()
                for bundle in filter(None, map(os.environ.get, _CA_VARIABLES)):
                    self._context.load_verify_locations(**_ca_location(bundle))
            return self._context

    def _take_idle(self, key: Key) -> _Connection | None:
        with self._lock:
            idle = self._idle.get(key)
            return idle.pop() if idle else None

    def give_back(self, key: Key, connection: _Connection, *, usable: bool) -> None:
        """A reply is done with its connection."""
        connection.line.drop()
        with self._lock:
            idle = self._idle.setdefault(key, [])
            if usable and not self._closed and len(idle) < _IDLE_PER_ORIGIN and not connection.line.is_shut:
                idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close what is idle; connections in use are closed when they are given back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, {}
        for connections in idle.values():
            for connection in connections:
                connection.close()


def _target(url: str, key: Key, proxy: str | None) -> str:
    """What stands in the request line: the whole URL for a plain proxy, else path and query."""
    parts = urlsplit(url)
    if proxy is not None and key[0] == "http":
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
    return parts._replace(scheme="", netloc="", fragment="", path=parts.path or "/").geturl()


def _proxy_headers(key: Key, proxy: str | None) -> dict[str, str]:
    return _credentials(proxy) if proxy is not None and key[0] == "http" else {}


def _credentials(proxy: str) -> dict[str, str]:
    parts = urlsplit(proxy)
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return {"Proxy-Authorization": f"Basic {b64encode(pair).decode()}"}


def _ca_location(bundle: str) -> dict[str, str]:
    return {"capath": bundle} if Path(bundle).is_dir() else {"cafile": bundle}
