"""What HTTP answers are believed, followed and sent a token: rules of the wire, without the wire.

Rule: nothing about a body is taken on trust. A ranged answer has to name the very range that was asked
(RFC 9110 section 14.4), a length has to fit, an encoding has to be identity, a redirect has to keep its
scheme, and a token goes to the endpoint's own origin alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urljoin, urlsplit

from ..errors import NetworkError
from .events import Answered, Broken, Unranged
from .ranges import ByteRange

Headers = Mapping[str, str]
"""Header names in lower case to values."""

MOST_REDIRECTS = 10
"""In a row; RFC 9110 section 15.4 leaves the number to the client, browsers take 20."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})

_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)", re.ASCII | re.IGNORECASE)
_RATE_LIMIT_RESET = re.compile(r"\bt=(\d+(?:\.\d+)?)")
_RATE_LIMIT_LEFT = re.compile(r"\br=(\d+)")
_LINK = re.compile(r"""<([^<>]*)>((?:[^,"]|"[^"]*")*)""")
_RELATION = re.compile(r""";\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))""", re.IGNORECASE)
_URL_TEXT = re.compile("[!-~]*")
_PORTS = {"http": 80, "https": 443}


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: what has to be equal for two URLs to be of one origin (RFC 6454).

    Raises NetworkError for what is no http or https URL, so that no request is made to it.
    """
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        raise _no_address(url) from None
    if scheme not in _PORTS or not host or not _URL_TEXT.fullmatch(url):
        raise _no_address(url)
    return scheme, host, port or _PORTS[scheme]


def may_carry_token(url: str, endpoint: str) -> bool:
    """Whether a request to ``url`` may show the token that belongs to ``endpoint``."""
    return origin(url) == origin(endpoint)


def joined(url: str, reference: str) -> str:
    """What ``reference`` means in an answer from ``url``. Raises NetworkError when that is no http or https URL.

    A header's characters are the bytes that were sent (Latin-1); those that no URL may hold are percent-encoded.
    """
    reference = re.sub("[^!-~]", lambda found: quote(found[0].encode("latin-1", "replace")), reference.strip(" \t"))
    try:
        target = urljoin(url, reference)
    except ValueError:
        raise _no_address(reference) from None
    origin(target)
    return target


def redirected(url: str, location: str | None) -> str:
    """Where ``url`` redirects to. Raises NetworkError where following would be unsafe."""
    if not location:
        raise _unsafe_redirect(url, "it says not where to")
    try:
        target = joined(url, location)
    except NetworkError:
        raise _unsafe_redirect(url, f"{shown(location)!r:.200} is no http or https address") from None
    old, new = origin(url)[0], origin(target)[0]
    if old != new:
        raise _unsafe_redirect(url, f"it leads from {old} to {new}")
    return target


def shown(url: str) -> str:
    """``url`` as it may appear in a message: without credentials and without its signed query."""
    front = re.split("[?#]", url, maxsplit=1)[0]
    return re.sub("^([^/]*//)[^/]*@", r"\1", front)


def public_endpoint(endpoint: str) -> str:
    """``endpoint`` as a plan or a message may show it to anybody, without a slash at its end."""
    return shown(endpoint).rstrip("/")


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
    if told:
        return float(told) if told.isdecimal() else _seconds_until(told, wall_clock)
    limit = headers.get("ratelimit", "")
    left, reset = _RATE_LIMIT_LEFT.search(limit), _RATE_LIMIT_RESET.search(limit)
    return float(reset[1]) if reset and left and left[1] == "0" else None


def _seconds_until(date: str, wall_clock: float) -> float | None:
    """Seconds from now to an HTTP date; one without a zone is in UTC (RFC 9110 section 5.6.7)."""
    from datetime import UTC  # noqa: PLC0415 - goes with the next
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - it loads socket, which only mail needs

    try:
        then = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    return max(0.0, then.replace(tzinfo=then.tzinfo or UTC).timestamp() - wall_clock)


def entity(etag: str | None) -> str | None:
    """The identity in an ETag: without the weak mark and quotes (RFC 9110 section 8.8.3); None where it names none."""
    return (etag or "").strip().removeprefix("W/").strip('"') or None


def next_page(link: str | None) -> str | None:
    """The URL of the next page in a ``Link`` header (RFC 8288), or None on the last page."""
    for target, parameters in _LINK.findall(link or ""):
        relation = _RELATION.search(parameters)
        if relation and "next" in (relation[1] or relation[2] or "").lower().split():
            return str(target)
    return None


def _no_address(url: str) -> NetworkError:
    return NetworkError(
        f"{shown(url)!r:.200} is no address to ask. An http:// or https:// URL in plain ASCII was expected. Nothing was "
        "requested of it; check the endpoint (endpoint=..., HF_ENDPOINT)."
    )


def _unsafe_redirect(url: str, why: str) -> NetworkError:
    return NetworkError(
        f"A redirect from {shown(url)} was refused: {why}. A redirect to the same scheme was expected. It was not "
        "followed; check the endpoint and any proxy between."
    )
