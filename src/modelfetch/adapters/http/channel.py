"""A connected socket, read with a small buffer in front of it: heads and lines out of the buffer, bodies past it."""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ...core.wire.head import MOST_INTERIM, GarbledAnswerError, Head, head_end, parse_head

if TYPE_CHECKING:
    from collections.abc import Iterator

_RECEIVE = 16 * 1024


class NoAnswerError(ConnectionResetError):
    """The peer closed the connection before a byte of the answer."""

    def __init__(self) -> None:
        super().__init__("the connection was closed before the answer")


class Channel:
    """What is sent and received over one connection. For one thread at a time; its line ends it from others."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self._buffer = bytearray()

    def send(self, data: bytes) -> None:
        """Send all of it. Raises OSError."""
        self.socket.sendall(data)

    def head(self) -> Head:
        """The head of the next answer that counts: interim ones are passed over. Raises OSError."""
        for _ in range(MOST_INTERIM + 1):
            head = parse_head(self._head_bytes())
            if not head.is_interim:
                return head
        message = f"more than {MOST_INTERIM} interim answers came, and none that counts"
        raise GarbledAnswerError(message)

    def _head_bytes(self) -> bytes:
        seen = 0
        while not (end := head_end(self._buffer, seen)):
            seen = len(self._buffer)
            if not self._receive():
                if seen:
                    message = "the connection was closed within the head of the answer"
                    raise ConnectionResetError(message)
                raise NoAnswerError
        return self._cut(end)

    def line(self, longest: int) -> bytes:
        """The next line with its end, or what there is of it at the end of the stream. Raises OSError."""
        while (end := self._buffer.find(b"\n") + 1) == 0:
            if len(self._buffer) > longest:
                break
            if not self._receive():
                return self._cut(len(self._buffer))
        if end == 0 or end > longest:
            message = f"a line of more than {longest} bytes came where a short one was expected"
            raise GarbledAnswerError(message)
        return self._cut(end)

    def read_some(self, into: memoryview) -> int:
        """What is there, at least one byte; 0 at the end of the stream. Raises OSError."""
        if not self._buffer:
            return self.socket.recv_into(into)
        count = min(len(into), len(self._buffer))
        into[:count] = self._buffer[:count]
        del self._buffer[:count]
        return count

    @property
    def is_fresh(self) -> bool:
        """Whether an idle connection is fit for a request: the peer has neither closed it nor said a word too much."""
        if self._buffer or (isinstance(self.socket, ssl.SSLSocket) and self.socket.pending()):
            return False
        timeout = self.socket.gettimeout()
        try:
            self.socket.settimeout(0)
            # the plain socket's method: an SSLSocket cannot peek
            socket.socket.recv(self.socket, 1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        finally:
            self.socket.settimeout(timeout)
        return False

    @contextmanager
    def patience(self, seconds: float | None) -> Iterator[None]:
        """Within, a read fails after so many seconds; with None as ever."""
        if seconds is None:
            yield
            return
        timeout = self.socket.gettimeout()
        self.socket.settimeout(seconds)
        try:
            yield
        finally:
            self.socket.settimeout(timeout)

    def _receive(self) -> bool:
        data = self.socket.recv(_RECEIVE)
        self._buffer += data
        return bool(data)

    def _cut(self, end: int) -> bytes:
        data = bytes(self._buffer[:end])
        del self._buffer[:end]
        return data

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()
