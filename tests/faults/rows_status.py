"""Statuses: errors that pass, errors that stay, and what a server asks to wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

import modelfetch as mf
from modelfetch.testing import ExpireUrl, Forbidden, RangeNotSatisfiable, RateLimited, Status, Verbatim

from .rows_connection import FILE, LISTING
from .table import BIG, BRISK, FOREVER, WITHOUT_SIBLINGS, Fails, Right, Row, Rows, network, reaching

if TYPE_CHECKING:
    from modelfetch.testing.localhub.faults import FaultWhere

EVERYWHERE: tuple[FaultWhere, ...] = (*LISTING, *FILE)


def asks(retry_after: str) -> tuple[tuple[str, str], ...]:
    """The header of a server that asks to wait."""
    return (("Retry-After", retry_after),)


def is_about(seconds: float) -> object:
    """Whether a wait is what was asked for, less what has passed."""
    return lambda told: told is not None and seconds - 15 <= told <= seconds + 1


ERRORS: Rows = {
    **{
        f"{code} from each, once": Row((Status(code, where="*", times=5), WITHOUT_SIBLINGS), Right())
        for code in (408, 500, 502, 503, 504)
    },
    **{f"five times 503, {w}": Row((*reaching(w), Status(503, where=w, times=5)), Right()) for w in LISTING},
    **{f"five times 503, {w}": Row((Status(503, where=w, match=BIG, times=5),), Right()) for w in FILE},
    **{
        f"{code} for ever, {w}": Row(
            (*reaching(w), Status(code, where=w, times=FOREVER)), network(f"HTTP {code}", "try again later")
        )
        for code, w in ((503, "info"), (502, "tree"), (500, "resolve"), (503, "cdn"))
    },
    "204 for the listing": Row((Status(204, where="info"),), network("HTTP 204", "check the endpoint")),
    "204 for a body": Row((Status(204, match=BIG),), network("HTTP 204", served=1.0)),
    "206 for the listing": Row((Status(206, where="info"),), network("HTTP 206")),
    "400 for a body": Row((Status(400, match=BIG),), network("HTTP 400", "model.bin", served=1.0)),
    "416 inside the file": Row((RangeNotSatisfiable(match=BIG),), network("HTTP 416", served=1.0)),
    "999 for the listing": Row((Status(999, where="info"),), network("HTTP 999")),
    "404 for a body": Row(
        (Status(404, match=BIG),), Fails(mf.PlanDriftError, ("no longer offered", "plan again"), 1.0, {"path": BIG})
    ),
    "401 for the listing, without a reason": Row(
        (Status(401, where="info"),), Fails(mf.AuthenticationError, ("A token is needed", "log in"))
    ),
    "an error whose text breaks off keeps its meaning": Row(
        (Verbatim(b"HTTP/1.1 404 N\r\nX-Error-Code: RevisionNotFound\r\nContent-Length: 99\r\n\r\nno", where="info"),),
        Fails(mf.ModelNotFoundError, ("has no revision 'main'",), attributes={"revision": "main"}),
    ),
    "an error whose text stalls keeps its meaning": Row(
        (Verbatim(b"HTTP/1.1 403 F\r\nContent-Length: 99\r\n\r\nno", then="stall", times=FOREVER),),
        Fails(mf.AccessError, ("forbidden", "HTTP 403")),
        BRISK,
    ),
    "an error without end": Row(
        (Verbatim(b"HTTP/1.1 500 E\r\n\r\n", b"sorry " * 1000, where="info", times=FOREVER),), network("HTTP 500")
    ),
}

ADDRESSES: Rows = {
    "an address that expired": Row((ExpireUrl(match=BIG),), Right()),
    "403 once": Row((Forbidden(match=BIG),), Right()),
    "403 that is no expiry": Row(
        (Forbidden(match=BIG, times=FOREVER),), Fails(mf.AccessError, ("forbidden", "HTTP 403", BIG), 0.1)
    ),
}

WAITS: Rows = {
    "429 with seconds": Row((RateLimited(1, "seconds", where="info"),), Right()),
    "429 with a date": Row((RateLimited(1, "date", where="resolve"),), Right()),
    "429 with RateLimit": Row((RateLimited(1, "ratelimit"),), Right()),
    "429 with nothing": Row((RateLimited(1, "none", times=3),), Right()),
    "503 with seconds": Row((Status(503, asks("1"), where="tree"), WITHOUT_SIBLINGS), Right()),
    **{
        f"429 with a Retry-After that is none, {text[:20]!r}": Row(
            (Status(429, asks(text), where=w, times=2),), Right()
        )
        for text, w in (
            ("-5", "info"),
            ("soon", "resolve"),
            ("0", "cdn"),
            ("9" * 400, "info"),
            ("Fri, 31 Foo 99999 99:99:99 GMT", "cdn"),
            ("Sat, 01 Jan 2000 00:00:00 GMT", "info"),
        )
    },
    **{
        f"429 that asks for too long, {form} {w}": Row(
            (*reaching(w), RateLimited(100, form, where=w, match=BIG if w in FILE else "*")),
            network("HTTP 429", "asks to wait", served=1.0, retry_after=is_about(100)),
        )
        for form, w in (("seconds", "info"), ("date", "tree"), ("ratelimit", "resolve"), ("seconds", "cdn"))
    },
    "429 that asks for a thousand years": Row(
        (Status(429, asks("31557600000"), where="info"),), network("HTTP 429", retry_after=31_557_600_000.0)
    ),
    "429 for ever": Row(
        (Status(429, where="cdn", times=FOREVER),), network("HTTP 429", "try again later", retry_after=None)
    ),
}
