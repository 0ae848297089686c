"""A listening socket with one thread for every connection: the standard library's sockets, and no policy."""

from __future__ import annotations

import contextlib
import itertools
import socket
import sys
import threading
from typing import TYPE_CHECKING

from .wire import Connection, HangUpError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

_BACKLOG = 256


class Server:
    """Listens on one address from :meth:`open` to :meth:`close`, each time on the same port.

    ``serve`` runs on a daemon thread for each connection. While ``silent``, connections are accepted and then
    nothing is said: no TLS handshake, no answer.
    """

    def __init__(self, host: str, serve: Callable[[Connection], None], tls: ssl.SSLContext | None) -> None:
        self.host = host
        self.port = 0
        self.silent = False
        self._serve = serve
        self._tls = tls
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._connections: set[Connection] = set()
        self._listener: socket.socket | None = None
        self._acceptor: threading.Thread | None = None

    def open(self) -> None:
        """Listen. Raises ``OSError`` where the address cannot be had."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if sys.platform != "win32":  # there it would let a second program listen too
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self.host, self.port))
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._acceptor = threading.Thread(target=self._accept, args=(listener,), name="LocalHub", daemon=True)
        self._acceptor.start()

    def close(self) -> None:
        """Stop listening and end all connections. Idempotent; no thread of this server is left."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):  # where shutdown does not wake who accepts, a caller does
            socket.create_connection((self.host, self.port), timeout=0.05).close()
        listener.close()
        if self._acceptor is not None:
            self._acceptor.join()
        self.hang_up()

    def hang_up(self) -> None:
        """End all connections, and wait until their threads are gone."""
        with self._lock:
            connections = tuple(self._connections)
        for connection in connections:
            connection.shut()
        for connection in connections:
            connection.over.wait(5.0)

    @property
    def open_connections(self) -> int:
        """How many there are at this moment."""
        with self._lock:
            return len(self._connections)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            if self._listener is not listener:
                sock.close()
                return
            self._welcome(sock)

    def _welcome(self, sock: socket.socket) -> None:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        except OSError:  # gone before it was greeted
            sock.close()
            return
        connection = Connection(sock, next(self._numbers))
        with self._lock:
            self._connections.add(connection)
        threading.Thread(target=self._run, args=(connection,), name="LocalHub connection", daemon=True).start()

    def _run(self, connection: Connection) -> None:
        try:
            with contextlib.suppress(HangUpError, OSError):  # both mean that the connection is over
                if self.silent:
                    connection.pause(float("inf"))
                connection.handshake()
                self._serve(connection)
        finally:
            connection.close()
            with self._lock:
                self._connections.discard(connection)
            connection.over.set()
