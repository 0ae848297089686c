"""What an HTTP answer brings, asks for and says: rules of the wire, without the wire.

Rule: nothing about a body is taken on trust. A ranged answer has to name the very range that was asked
(RFC 9110 section 14.4), a length has to fit, and an encoding has to be identity.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ..ranges import ByteRange
from .ends import Answered, Broken, Unranged
from .inflate import PACKINGS

LOGIN_PAGE = " (a login page of the network?)"

Headers = Mapping[str, str]
"""Header names in lower case to values."""

_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)", re.ASCII | re.IGNORECASE)
_SECONDS = re.compile(r"\d{1,12}", re.ASCII)  # more digits are 30,000 years: no wait, but garbage
_RATE_LIMIT_RESET = re.compile(r"\bt=(\d{1,12}(?:\.\d{1,12})?)\b", re.ASCII)
_RATE_LIMIT_LEFT = re.compile(r"\br=(\d{1,12})\b", re.ASCII)
_LINK = re.compile(r"""<([^<>]*)>((?:[^,"]|"[^"]*")*)""")
_RELATION = re.compile(r""";\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))""", re.IGNORECASE)


def judge_body(status: int, headers: Headers, asked: ByteRange, size: int) -> ByteRange | Unranged | Broken | None:
    """Which bytes of a file of ``size`` bytes its body brings, else what is wrong with it; None when its status says that."""
    if status in {200, 206} and packing(headers) not in {"", *PACKINGS}:
        return Broken(f"the body came {packing(headers)[:40]}-encoded although identity was asked for")
    if status == 206:  # noqa: PLR2004 - a status reads best as its number
        return _judge_range(headers, asked, size)
    if status == 200:  # noqa: PLR2004 - a status reads best as its number
        return _judge_whole(headers, asked, size)
    return None


def answered(status: int, headers: Headers, body: Callable[[], str], wait: float | None) -> Answered:
    """What a source said whose answer brings no bytes. ``body``: what the body says, read only where the head does not say it.

    ``wait``: seconds it asks to wait, as :func:`asked_wait` reads them.
    """
    said = headers.get("x-error-message", "") or body()
    return Answered(status, headers.get("x-error-code", ""), said, wait)


def _judge_range(headers: Headers, asked: ByteRange, size: int) -> ByteRange | Broken:
    told = headers.get("content-range", "")
    match = _CONTENT_RANGE.fullmatch(told.strip())
    if match is None:
        return Broken(f"a 206 answer came with Content-Range {told[:80]!r}")
    start, last, total = int(match[1]), int(match[2]), match[3]
    if start != asked.start or not start <= last < asked.stop or total not in {"*", str(size)}:
        return Broken(f"{asked.http()} of {size} was asked for, Content-Range {told[:80]!r} came")
    brought = ByteRange(start, last + 1)
    return _with_length(headers, brought, brought.size)


def _judge_whole(headers: Headers, asked: ByteRange, size: int) -> ByteRange | Broken | Unranged:
    whole = _with_length(headers, ByteRange(0, size), size)
    if isinstance(whole, ByteRange) and not _says_length(headers) and is_login_page(headers):
        return Broken(f"a body of {size} bytes was expected, a web page came{LOGIN_PAGE}")
    return whole if isinstance(whole, Broken) or asked == whole else Unranged()


def _with_length(headers: Headers, brought: ByteRange, size: int) -> ByteRange | Broken:
    """``brought``, unless the head says that something else is coming."""
    length = headers.get("content-length", "")
    if not _says_length(headers) or {part.strip() for part in length.split(",")} == {str(size)}:
        return brought
    kind = headers.get("content-type", "no content type").partition(";")[0]
    hint = LOGIN_PAGE if is_login_page(headers) else ""
    return Broken(f"a body of {size} bytes was expected, {length[:20]} bytes of {kind[:40]} came{hint}")


def _says_length(headers: Headers) -> bool:
    """Whether Content-Length counts the bytes of the file: not in a packed body, and nothing at all in a chunked one."""
    return "content-length" in headers and "transfer-encoding" not in headers and not packing(headers)


def packing(headers: Headers) -> str:
    """The coding that a body came in although identity was asked for (RFC 9110 section 8.4); empty for identity."""
    coding = headers.get("content-encoding", "").strip().lower()
    return "" if coding == "identity" else coding


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
        wait = _SECONDS.fullmatch(told)
        return float(told) if wait else _seconds_until(told, wall_clock)
    limit = headers.get("ratelimit", "")
    left, reset = _RATE_LIMIT_LEFT.search(limit), _RATE_LIMIT_RESET.search(limit)
    return float(reset[1]) if reset and left and not int(left[1]) else None


def _seconds_until(date: str, wall_clock: float) -> float | None:
    """Seconds from now to an HTTP date; one without a zone is in UTC (RFC 9110 section 5.6.7)."""
    from datetime import UTC  # noqa: PLC0415 - goes with the next
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - it loads socket, which only mail needs

    try:
        then = parsedate_to_datetime(date)
        return max(0.0, then.replace(tzinfo=then.tzinfo or UTC).timestamp() - wall_clock)
    except (ValueError, OverflowError, TypeError, IndexError):  # what it raises for the many things that are no date
        return None


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
