"""An answer: its head, and the body as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from ...core.wire.head import (
    LARGEST_HEAD,
    LONGEST_CHUNK_LINE,
    Chunked,
    GarbledAnswerError,
    Sized,
    UntilClose,
    chunk_size,
    framing,
)
from .line import LineShutError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...core.wire.head import Head
    from .channel import Channel
    from .wire import Connection

_FRAMING_ALLOWED = 64 * 1024
"""Bytes that chunks may be framed with beyond what they bring: chunks of one byte would be all frame."""


class HttpReply:
    """An answer's head and the body behind it. Not thread-safe; the line is."""

    def __init__(self, connection: Connection, head: Head, method: str) -> None:
        self.status = head.status
        self.headers: Mapping[str, str] = head.headers
        self._connection = connection
        self._keeps_alive = head.keeps_alive
        self._body = _body(connection.channel, head, method)

    def read_some(self, into: memoryview, within: float | None = None) -> int:
        """What has arrived, at least one byte, into ``into``; 0 at the body's end.

        Raises OSError: TimeoutError when nothing came ``within`` so many seconds, after which it may be read on, and
        LineShutError when the line was shut.
        """
        line = self._connection.line
        if self._body.ended:
            return 0
        try:
            with self._connection.channel.patience(within):
                count = self._body.read_some(into)
        except OSError as error:
            if line.is_shut:
                raise LineShutError from error
            raise
        if line.is_shut and count == 0:
            raise LineShutError
        line.brought += count
        return count

    def close(self) -> None:
        """Give the connection back if the body was read to its end, else close it."""
        self._connection.give_back(usable=self._keeps_alive and self._body.ended and self._body.shows_its_end)


def _body(channel: Channel, head: Head, method: str) -> _SizedBody | _ChunkedBody | _OpenBody:
    match framing(head, method):
        case Sized(size):
            return _SizedBody(channel, size)
        case Chunked():
            return _ChunkedBody(channel)
        case UntilClose():
            return _OpenBody(channel)
        case other:
            assert_never(other)


class _SizedBody:
    """A body whose length is known: 0 before that is a short body, which the reader compares lengths for."""

    shows_its_end = True

    def __init__(self, channel: Channel, size: int) -> None:
        self._channel = channel
        self._left = size
        self.ended = size == 0

    def read_some(self, into: memoryview) -> int:
        count = self._channel.read_some(into[: self._left])
        self._left -= count
        self.shows_its_end = count > 0
        self.ended = count == 0 or self._left == 0
        return count


class _OpenBody:
    """A body that ends when the connection does."""

    shows_its_end = False

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.ended = False

    def read_some(self, into: memoryview) -> int:
        count = self._channel.read_some(into)
        self.ended = count == 0
        return count


class _ChunkedBody:
    """A body in chunks (RFC 9112 section 7.1); extensions and trailers are read over."""

    shows_its_end = True

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._left = 0
        self._balance = _FRAMING_ALLOWED
        self._trailing = LARGEST_HEAD
        self._next = self._size_line
        self.ended = False

    def read_some(self, into: memoryview) -> int:
        while self._left == 0:
            if self.ended:
                return 0
            self._next()  # one line at a time, because a read that timed out is taken up again
        count = self._channel.read_some(into[: self._left])
        if count == 0:
            self._broke_off()
        self._left -= count
        self._balance += count
        return count

    def _size_line(self) -> None:
        self._left = chunk_size(self._frame())
        self._next = self._end_line if self._left else self._trailer_line

    def _end_line(self) -> None:
        if self._frame().strip():
            message = "a chunk is longer than it said"
            raise GarbledAnswerError(message)
        self._next = self._size_line

    def _trailer_line(self) -> None:
        line = self._line(LARGEST_HEAD)
        self._trailing -= len(line)
        if self._trailing < 0:
            message = f"more than {LARGEST_HEAD >> 10} KiB of trailers came"
            raise GarbledAnswerError(message)
        self.ended = not line.strip()

    def _frame(self) -> bytes:
        line = self._line(LONGEST_CHUNK_LINE)
        self._balance -= len(line)
        if self._balance < 0:
            message = "its chunks are nearly all frame"
            raise GarbledAnswerError(message)
        return line

    def _line(self, longest: int) -> bytes:
        line = self._channel.line(longest)
        if not line.endswith(b"\n"):
            self._broke_off()
        return line

    def _broke_off(self) -> None:
        message = "the connection was closed within a chunked body"
        raise ConnectionResetError(message)
