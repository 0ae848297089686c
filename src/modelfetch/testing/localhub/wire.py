"""One connection: request heads in, answers out, and the ways in which a connection can end.

Rule: whatever waits here ends within 20 ms when the peer is gone or the server is stopped.
"""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import ssl
import struct
import sys
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .message import Query

if TYPE_CHECKING:
    from .delivery import Delivery
    from .message import Headers, Origin

_LOOK = 0.02
_SETTLE = 0.1
_LINE = 65_536
_RESET = struct.pack("ii" if sys.platform != "win32" else "hh", 1, 0)


class HangUpError(Exception):
    """The connection is over: the peer left, the server stops, or a fault says so."""


class Connection:
    """An accepted socket. All but :meth:`shut` is for the one thread that serves it."""

    def __init__(self, sock: socket.socket, number: int) -> None:
        self.number = number
        self._socket = sock
        self._stopping = threading.Event()
        self.over = threading.Event()
        self._lines = sock.makefile("rb")

    def handshake(self) -> None:
        """Let TLS begin, where there is TLS. Raises ``OSError`` when the peer does not want it."""
        if isinstance(self._socket, ssl.SSLSocket):
            self._socket.do_handshake()

    def shut(self) -> None:
        """End it from any thread: whoever reads, writes or waits on it is released."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            # the plain socket's method: an SSLSocket's own would first try to say goodbye
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._lines.close()
        with contextlib.suppress(OSError):
            self._socket.close()

    def read(self, origin: Origin) -> Query | None:
        """The next request, or None when the peer has no more."""
        line = self._lines.readline(_LINE).decode("latin-1").split()
        if len(line) != len(("method", "target", "version")):
            return None
        headers = dict(self._headers())
        body = self._lines.read(int(headers.get("content-length", 0)))
        method, target, version = line
        if version == "HTTP/1.0":
            headers.setdefault("connection", "close")
        return Query(origin, method, _without_origin(target), headers, body)

    def _headers(self) -> list[tuple[str, str]]:
        found = []
        while (line := self._lines.readline(_LINE).decode("latin-1").strip()) != "":
            name, _, value = line.partition(":")
            found.append((name.strip().lower(), value.strip()))
        return found

    def send(self, data: bytes | memoryview) -> None:
        """Send all of it. Raises ``OSError`` when the peer is gone."""
        self._socket.sendall(data)

    def pause(self, seconds: float) -> None:
        """Wait. Raises ``HangUpError`` when the peer leaves or the server stops before the time is over."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._stopping.wait(min(left, _LOOK)) or (left > _LOOK and has_left(self._socket)):
                raise HangUpError

    def reset(self) -> None:
        """End it with an RST, after the peer's system has taken what was sent."""
        self._drain(2.0)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._lines.close()
        self._socket.close()
        raise HangUpError

    def finish(self) -> None:
        """End it with a FIN (and TLS's own goodbye), and wait a moment for the peer to do the same."""
        if isinstance(self._socket, ssl.SSLSocket):
            self._socket.settimeout(0)
            with contextlib.suppress(OSError, ValueError):
                self._socket.unwrap()
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_WR)
            self._socket.settimeout(1.0)
            while socket.socket.recv(self._socket, _LINE):  # unread bytes would turn the FIN into an RST
                pass
        raise HangUpError

    def _drain(self, timeout: float) -> None:
        if not sys.platform.startswith("linux"):  # elsewhere an RST throws away what the peer has not read yet
            self._stopping.wait(_SETTLE)
        end = time.monotonic() + timeout
        while unsent(self._socket) and time.monotonic() < end and not self._stopping.wait(0.001):
            pass


if sys.platform == "linux":
    import fcntl
    import termios

    def has_left(sock: socket.socket) -> bool:
        """Whether the peer closed its end, or reset the connection."""
        poll = select.poll()
        poll.register(sock, select.POLLRDHUP)
        return bool(poll.poll(0))

    def unsent(sock: socket.socket) -> int:
        """Bytes that the peer's system has not acknowledged yet."""
        return int(struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)))[0])

else:

    def has_left(sock: socket.socket) -> bool:
        """Whether the peer closed its end and everything it sent was read; a TLS goodbye hides that."""
        readable, _, _ = select.select([sock], [], [], 0)
        return bool(readable) and socket.socket.recv(sock, 1, socket.MSG_PEEK) == b""

    def unsent(sock: socket.socket) -> int:  # noqa: ARG001 - only Linux tells
        """Bytes that the peer's system has not acknowledged yet: unknown here, so none."""
        return 0


def _without_origin(target: str) -> str:
    if not target.startswith(("http://", "https://")):
        return target
    parts = urlsplit(target)  # as it is sent to a proxy
    return parts.path + (f"?{parts.query}" if parts.query else "")


def head(delivery: Delivery) -> bytes:
    """The status line and the headers of what is delivered."""
    answer = delivery.answer
    length = ("Transfer-Encoding", "chunked") if delivery.chunked else ("Content-Length", str(answer.body.size))
    told = {name.lower() for name, _ in answer.headers}
    framing = (length,) if delivery.framed and not told & {"content-length", "transfer-encoding"} else ()
    return head_bytes(answer.status, (*answer.headers, *framing))


def head_bytes(status: int, headers: Headers) -> bytes:
    """The head of an answer as it goes over the wire."""
    lines = [f"HTTP/1.1 {status} {http.client.responses.get(status, '')}", *(f"{key}: {text}" for key, text in headers)]
    return "\r\n".join((*lines, "", "")).encode("latin-1", "replace")
