"""One exchange's hold on its socket."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .reply import HttpReply
    from .wire import HttpWire


class LineShutError(OSError):
    """The exchange was ended from outside."""

    def __init__(self) -> None:
        super().__init__("the connection stalled")


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
        """The answer's head; redirects are not followed. Raises OSError, and NetworkError for what cannot be asked."""
        return self._wire.send(self, method, url, headers)

    def hold(self, sock: socket.socket) -> None:
        """From now on ``shut`` ends this socket. Raises LineShutError when that has happened."""
        with self._lock:
            self._socket = sock
            if self._shut:
                raise LineShutError

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
