"""What HTTP answers are believed, followed and sent a token: rules of the wire, without the wire.

Rule: nothing about a body is taken on trust. A ranged answer has to name the very range that was asked
(RFC 9110 section 14.4), a length has to fit, an encoding has to be identity, a redirect has to keep its
scheme, and a token goes to the endpoint's own origin alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from ..errors import NetworkError
from .events import Answered, Broken, Unranged
from .ranges import ByteRange

Headers = Mapping[str, str]
"""Header names in lower case to values."""

MOST_REDIRECTS = 10
"""In a row; RFC 9110 section 15.4 leaves the number to the client, browsers take 20."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})

_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_RATE_LIMIT_RESET = re.compile(r"\bt=(\d+(?:\.\d+)?)")
_RATE_LIMIT_LEFT = re.compile(r"\br=(\d+)")
_PORTS = {"http": 80, "https": 443}


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: what has to be equal for two URLs to be of one origin (RFC 6454)."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(scheme, 0)


def may_carry_token(url: str, endpoint: str) -> bool:
    """Whether a request to ``url`` may show the token that belongs to ``endpoint``."""
    return origin(url) == origin(endpoint)


def redirected(url: str, location: str | None) -> str:
    """Where ``url`` redirects to. Raises NetworkError where following would be unsafe."""
    target = urljoin(url, location or "")
    if not location or urlsplit(target).hostname is None:
        raise _unsafe_redirect(url, "it names no host")
    old, new = urlsplit(url).scheme.lower(), urlsplit(target).scheme.lower()
    if old != new:
        raise _unsafe_redirect(url, f"it leads from {old} to {new}")
    return target


def shown(url: str) -> str:
    """``url`` as it may appear in a message: without credentials and without its signed query."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def judge_body(status: int, headers: Headers, asked: ByteRange, size: int) -> ByteRange | Unranged | Broken | Answered:
    """Which bytes of a file of ``size`` bytes the answer's body brings; else what is wrong with the answer."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if status in {200, 206} and encoding not in {"", "identity"}:
        return Broken(f"the body came {encoding}-encoded although identity was asked for")
    if status == 206:  # noqa: PLR2004 - a status reads best as its number
        return _judge_range(headers, asked, size)
    if status == 200:  # noqa: PLR2004 - a status reads best as its number
        return _judge_whole(headers, asked, size)
    return Answered(status, headers.get("x-error-code", ""), headers.get("x-error-message", ""))


def _judge_range(headers: Headers, asked: ByteRange, size: int) -> ByteRange | Broken:
    told = headers.get("content-range", "")
    match = _CONTENT_RANGE.fullmatch(told.strip())
    if match is None:
        return Broken(f"a 206 answer came with Content-Range {told!r}")
    start, last, total = int(match[1]), int(match[2]), match[3]
    if start != asked.start or not start <= last < asked.stop or total not in {"*", str(size)}:
        return Broken(f"{asked.http()} of {size} was asked for, Content-Range {told!r} came")
    brought = ByteRange(start, last + 1)
    return _with_length(headers, brought, brought.size)


def _judge_whole(headers: Headers, asked: ByteRange, size: int) -> ByteRange | Broken | Unranged:
    if asked != ByteRange(0, size):
        return Unranged()
    return _with_length(headers, asked, size)


def _with_length(headers: Headers, brought: ByteRange, size: int) -> ByteRange | Broken:
    length = headers.get("content-length")
    if length is not None and length.strip() != str(size):
        kind = headers.get("content-type", "no content type")
        return Broken(f"a body of {size} bytes was expected, {length} bytes of {kind} came")
    return brought


def is_login_page(headers: Headers) -> bool:
    """Whether an answer that should name a file is a page for people: what a captive portal sends for anything."""
    named = headers.keys() & {"x-repo-commit", "x-linked-etag", "etag"}
    return not named and headers.get("content-type", "").lower().startswith("text/html")


def asked_wait(headers: Headers, wall_clock: float) -> float | None:
    """Seconds the server asks to wait, or None. ``wall_clock``: seconds since 1970, for the date form.

    ``Retry-After`` (RFC 9110 section 10.2.3: seconds or a date) wins; else the reset time ``t`` of an
    exhausted ``RateLimit`` (draft-ietf-httpapi-ratelimit-headers, as the Hub sends it).
    """
    told = headers.get("retry-after", "").strip()
    if told.isdecimal():
        return float(told)
    if told:
        from email.utils import parsedate_to_datetime  # noqa: PLC0415 - it loads socket, which only mail needs

        try:
            return max(0.0, parsedate_to_datetime(told).timestamp() - wall_clock)
        except ValueError:
            return None
    limit = headers.get("ratelimit", "")
    left, reset = _RATE_LIMIT_LEFT.search(limit), _RATE_LIMIT_RESET.search(limit)
    return float(reset[1]) if reset and left and left[1] == "0" else None


def entity(etag: str | None) -> str | None:
    """The identity in an ETag: without the weak mark and quotes (RFC 9110 section 8.8.3)."""
    return etag.strip().removeprefix("W/").strip('"') if etag else None


def next_page(link: str | None) -> str | None:
    """The URL of the next page in a ``Link`` header (RFC 8288), or None on the last page."""
    for part in (link or "").split(","):
        target, _, parameters = part.strip().partition(";")
        if re.search(r"""\brel="?next\b""", parameters) and target.startswith("<"):
            return target[1:].rstrip(">")
    return None


def _unsafe_redirect(url: str, why: str) -> NetworkError:
    return NetworkError(
        f"A redirect from {shown(url)} was refused: {why}. A redirect to the same scheme was expected. It was not "
        "followed; check the endpoint and any proxy between."
    )
