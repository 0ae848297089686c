"""The head of an HTTP/1 answer, and how long the body behind it is: bytes in, a value or a refusal out.

Rule: what a peer can make us read, keep or wait for is bounded, and what is not plainly HTTP is refused, not guessed at.
A head is believed when its last, empty line has come: one that breaks off would lack the very header that matters.
Format: RFC 9112. Where it leaves a choice (a line end without CR, a stray line without a colon), the lenient one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_HEAD = 64 * 1024
"""Bytes of a head, and of the trailers behind a chunked body; a signed address takes about 2 kB."""

MOST_HEADERS = 100
"""Header lines of one answer; as many as ``http.client`` takes."""

MOST_INTERIM = 10
"""Interim answers (1xx) before the one that counts."""

LONGEST_CHUNK_LINE = 1024
"""Bytes of the line that begins a chunk: sixteen digits, and extensions that nobody sends."""

_LONGEST_QUOTE = 60
_BEGINNING = b"HTTP/"
_END = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(r"HTTP/1\.(\d) (\d{3})(?: .*)?", re.ASCII | re.DOTALL)
_LENGTH = re.compile(r"\d{1,18}", re.ASCII)
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?\r?\n", re.DOTALL)
_LISTS = frozenset({"connection", "content-length", "link", "ratelimit", "transfer-encoding"})
_BODILESS = frozenset({101, 204, 304})


class GarbledAnswerError(OSError):
    """What came is not an HTTP answer, or contradicts itself: worth another try, like a broken connection."""


@dataclass(frozen=True, slots=True)
class Head:
    """``headers``: names in lower case. Of a header that came twice the first counts, but lists are joined."""

    status: int
    headers: Mapping[str, str]
    version: int = 1

    @property
    def is_interim(self) -> bool:
        """Whether the answer that counts is still to come; 101 would be the last one."""
        return self.status < 200 and self.status not in _BODILESS  # noqa: PLR2004 - RFC 9110 section 15.2

    @property
    def keeps_alive(self) -> bool:
        """Whether the peer means to keep the connection, and it is plain where the next answer will begin."""
        said = {word.strip().lower() for word in self.headers.get("connection", "").split(",")}
        plain = not {"content-length", "transfer-encoding"} <= self.headers.keys()
        return plain and "close" not in said and (self.version > 0 or "keep-alive" in said)


@dataclass(frozen=True, slots=True)
class Sized:
    """The body is so many bytes."""

    size: int


@dataclass(frozen=True, slots=True)
class Chunked:
    """The body says itself where it ends."""


@dataclass(frozen=True, slots=True)
class UntilClose:
    """The body ends with the connection, if that is the end of it."""


Framing = Sized | Chunked | UntilClose


def head_end(data: bytes | bytearray, since: int) -> int:
    """Where the body begins, or 0 while the head is not complete; the first ``since`` bytes were looked at before.

    Raises GarbledAnswerError when it does not begin like one, or is longer than any Hub's.
    """
    if not data.startswith(_BEGINNING[: len(data)]):
        raise _not_http(data)
    found = _END.search(data, max(0, since - 3))
    if (found.end() if found else len(data)) > LARGEST_HEAD:
        message = f"the head of the answer is longer than {LARGEST_HEAD >> 10} KiB"
        raise GarbledAnswerError(message)
    return found.end() if found else 0


def parse_head(data: bytes | bytearray) -> Head:
    """The head that ``data`` is. Raises GarbledAnswerError."""
    first, *lines = bytes(data).decode("latin-1").replace("\r\n", "\n").rstrip("\n").split("\n")
    match = _STATUS.fullmatch(first)
    if match is None:
        raise _not_http(data)
    if len(lines) > MOST_HEADERS:
        message = f"the answer has more than {MOST_HEADERS} headers"
        raise GarbledAnswerError(message)
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name, value = name.lower(), value.strip(" \t")
        if not colon or name in headers:
            value = f"{headers[name]}, {value}" if colon and name in _LISTS else headers.get(name, "")
        if colon:
            headers[name] = value
    return Head(int(match[2]), headers, int(match[1]))


def _not_http(data: bytes | bytearray) -> GarbledAnswerError:
    line = bytes(data[:_LONGEST_QUOTE]).decode("latin-1").partition("\n")[0].rstrip("\r")
    return GarbledAnswerError(f"it began with {line!r}, which is no HTTP/1 answer")


def framing(head: Head, method: str) -> Framing:
    """How long the body is. Raises GarbledAnswerError where the head says it in no way that can be relied on."""
    if method == "HEAD" or head.status in _BODILESS:
        return Sized(0)
    coding = head.headers.get("transfer-encoding")
    if coding is not None:
        if coding.lower() != "chunked":
            message = f"its Transfer-Encoding is {coding[:60]!r}, where chunked or none was expected"
            raise GarbledAnswerError(message)
        return Chunked()
    told = head.headers.get("content-length")
    if told is None:
        return UntilClose()
    lengths = {part.strip() for part in told.split(",")}
    if len(lengths) > 1 or not _LENGTH.fullmatch(length := lengths.pop()):
        message = f"its Content-Length is {told[:60]!r}, which is no one length"
        raise GarbledAnswerError(message)
    return Sized(int(length))


def chunk_size(line: bytes) -> int:
    """The bytes of the chunk that ``line`` begins; 0 for the last. Raises GarbledAnswerError."""
    match = _CHUNK.fullmatch(line)
    if match is None:
        message = f"a chunk began with {line[:60]!r}, which is no size"
        raise GarbledAnswerError(message)
    return int(match[1], 16)
