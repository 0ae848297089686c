"""Carries requests, and keeps the connections between them.

Rule: that an idle connection was closed meanwhile is no failure, because the far end may do that at any time: the
request goes out again at once, on a new connection. All requests are GET and HEAD, so nothing can be done twice.
"""

from __future__ import annotations

import ssl
import threading
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ...core.wire.head import GarbledAnswerError
from ...core.wire.url import DEFAULT_PORTS, origin
from .channel import Channel
from .dial import dial
from .line import HttpLine, LineShutError
from .proxy import proxy_for, tls_context
from .reply import HttpReply

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from .proxy import Proxy

_IDLE_PER_ORIGIN = 32

Key = tuple[str, str, int]
"""An origin: scheme, host and port."""


class Connection:
    """A channel to one origin, its exchange's line, and the pool that it goes back to."""

    def __init__(self, wire: HttpWire, key: Key, channel: Channel, line: HttpLine) -> None:
        self._wire = wire
        self._key = key
        self.channel = channel
        self.line = line

    def give_back(self, *, usable: bool) -> None:
        """The reply is done with it."""
        self.line.drop()
        if not (usable and not self.line.is_shut and self._wire.keep(self._key, self)):
            self.channel.close()


class HttpWire:
    """Any number of threads may send.

    ``read_timeout``: seconds without a byte after which a read fails; a backstop behind whoever watches the line.
    """

    def __init__(self, read_timeout: float) -> None:
        self._read_timeout = read_timeout
        self._lock, self._trusting = threading.Lock(), threading.Lock()  # who closes does not wait for certificates
        self._idle: dict[Key, list[Connection]] = {}
        self._context: ssl.SSLContext | None = None
        self._proxies = urllib.request.getproxies()
        self._closed = False

    def line(self) -> HttpLine:
        """A line for one exchange."""
        return HttpLine(self)

    def send(self, line: HttpLine, method: str, url: str, headers: Mapping[str, str]) -> HttpReply:
        """The answer's head; redirects are not followed. Raises OSError, and NetworkError for what cannot be asked."""
        key = origin(url)
        proxy = proxy_for(*key, self._proxies)
        request = _request(method, url, key, headers, proxy)
        connection = self._take_idle(key)
        if connection is not None:
            connection.line = line
            try:
                return self._exchange(connection, method, request)
            except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError, GarbledAnswerError):
                if line.is_shut:
                    raise
        return self._exchange(self._connect(line, key, proxy), method, request)

    def _exchange(self, connection: Connection, method: str, request: bytes) -> HttpReply:
        try:
            connection.line.hold(connection.channel.socket)
            connection.channel.send(request)
            return HttpReply(connection, connection.channel.head(), method)
        except BaseException as error:
            connection.give_back(usable=False)
            if connection.line.is_shut and isinstance(error, OSError):
                raise LineShutError from error
            raise

    def _connect(self, line: HttpLine, key: Key, proxy: Proxy | None) -> Connection:
        scheme, host, port = key
        sock = dial(line, proxy.host, proxy.port) if proxy else dial(line, host, port)
        try:
            if scheme == "https":
                if proxy:
                    _tunnel(sock, host, port, proxy)
                sock = _wrapped(sock, host, self._tls(), line)
            sock.settimeout(self._read_timeout)
        except BaseException:
            line.drop()
            sock.close()
            raise
        return Connection(self, key, Channel(sock), line)

    def _tls(self) -> ssl.SSLContext:
        with self._trusting:
            if self._context is None:
                self._context = tls_context()
            return self._context

    def _take_idle(self, key: Key) -> Connection | None:
        while True:
            with self._lock:
                idle = self._idle.get(key)
                connection = idle.pop() if idle else None
            if connection is None or connection.channel.is_fresh:
                return connection
            connection.channel.close()

    def keep(self, key: Key, connection: Connection) -> bool:
        """Keep a connection for the next request; False when there is no room, or nobody will ask."""
        with self._lock:
            idle = self._idle.setdefault(key, [])
            if self._closed or len(idle) >= _IDLE_PER_ORIGIN:
                return False
            idle.append(connection)
            return True

    def close(self) -> None:
        """Close what is idle; connections in use are closed when they are given back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, {}
        for connections in idle.values():
            for connection in connections:
                connection.channel.close()


def _wrapped(sock: socket.socket, host: str, context: ssl.SSLContext, line: HttpLine) -> ssl.SSLSocket:
    """The socket with TLS on it. Raises OSError."""
    try:
        wrapped = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    except ValueError as error:  # a name that no certificate can hold
        message = f"{host:.80} is no name of a host"
        raise OSError(message) from error
    try:
        line.hold(wrapped)
        wrapped.do_handshake()
    except BaseException:
        wrapped.close()
        raise
    return wrapped


def _tunnel(sock: socket.socket, host: str, port: int, proxy: Proxy) -> None:
    """Have the proxy connect to the origin (RFC 9110 section 9.3.6). Raises OSError."""
    channel = Channel(sock)
    authority = f"{_bracketed(host)}:{port}"
    channel.send(_head(f"CONNECT {authority} HTTP/1.1", {"Host": authority, **proxy.login}))
    status = channel.head().status
    if not 200 <= status < 300:  # noqa: PLR2004 - RFC 9110 section 15.3
        message = f"the proxy {proxy.host}:{proxy.port} answered HTTP {status} when asked to connect to {authority}"
        raise OSError(message)


def _request(method: str, url: str, key: Key, headers: Mapping[str, str], proxy: Proxy | None) -> bytes:
    scheme, host, port = key
    authority = _bracketed(host) if port == DEFAULT_PORTS[scheme] else f"{_bracketed(host)}:{port}"
    login = proxy.login if proxy is not None and scheme == "http" else {}
    parts = urlsplit(url)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    if proxy is not None and scheme == "http":
        target = f"http://{authority}{target}"
    return _head(f"{method} {target} HTTP/1.1", {"Host": authority, **headers, **login})


def _head(first: str, headers: Mapping[str, str]) -> bytes:
    """The head of a request. Raises ValueError for a value that would be more than one line."""
    lines = [first, *(f"{name}: {value}" for name, value in headers.items())]
    if any("\r" in line or "\n" in line for line in lines):
        message = "a header of a request is more than one line"
        raise ValueError(message)
    return "\r\n".join((*lines, "", "")).encode("latin-1")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
