"""Heads and frames: what a peer can say that is not HTTP, or is more of it than anybody needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelfetch.testing import Interim, OtherHeaders, Verbatim

from .rows_connection import FILE
from .table import BIG, BRISK, FOREVER, Right, Row, Rows, network, reaching

if TYPE_CHECKING:
    from modelfetch.testing.localhub.faults import FaultWhere

EACH: tuple[FaultWhere, ...] = ("info", *FILE)
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
AGAIN = "6 times in a row"

GARBLED: dict[str, tuple[bytes, bytes, str]] = {
    "a status line of garbage": (b"\x00\x01\x1b[31mgarbage\r\n\r\n", b"", "which is no HTTP/1 answer"),
    "a status that is no number": (b"HTTP/1.1 abc Odd\r\n\r\n", b"", "which is no HTTP/1 answer"),
    "an answer of HTTP/0.9": (b"<html>hello</html>", b"", "it began with '<html>hello</html>'"),
    "an answer of HTTP/2": (b"HTTP/2.0 200 OK\r\n\r\n", b"", "which is no HTTP/1 answer"),
    "an empty line": (b"\r\n\r\n", b"", "it began with ''"),
    "a line without end": (b"HTTP/1.1 ", b"x" * 60_000, "longer than 64 KiB"),
    "a header line of 70 kB": (OK + b"X: " + b"x" * 70_000 + b"\r\n\r\n", b"", "longer than 64 KiB"),
    "200 headers": (OK + b"X: y\r\n" * 200 + b"\r\n", b"", "more than 100 headers"),
    "headers without end": (OK, b"X: y\r\n" * 5_000, "longer than 64 KiB"),
    "interim answers without end": (b"", b"HTTP/1.1 103 Early\r\n\r\n" * 1_000, "more than 10 interim answers"),
}

FRAMES: dict[str, tuple[bytes, str]] = {
    "a negative length": (OK + b"Content-Length: -5\r\n\r\nxxxxx", "its Content-Length is '-5'"),
    "a length that is no number": (OK + b"Content-Length: ten\r\n\r\nxxxxx", "its Content-Length is 'ten'"),
    "two lengths": (OK + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\nxxxxxxx", "its Content-Length is '5, 7'"),
    "a length of 5,000 digits": (OK + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\nx", "its Content-Length is '999"),
    "a transfer coding that nobody knows": (
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
        "its Transfer-Encoding is",
    ),
    "a chunk of negative size": (CHUNKED + b"-5\r\nxxxxx\r\n0\r\n\r\n", "which is no size"),
    "a chunk of no size": (CHUNKED + b"zz\r\nxxxxx\r\n0\r\n\r\n", "which is no size"),
    "a chunk that is longer than it said": (CHUNKED + b"2\r\nxxyy\r\n0\r\n\r\n", "longer than it said"),
    "chunks that break off": (CHUNKED + b"ff\r\nxx", "closed within a chunked body"),
}

NOT_HTTP: Rows = {
    **{
        f"{name}, {w}": Row((Verbatim(data, endless, where=w),), Right(1.1))
        for name, (data, endless, _) in GARBLED.items()
        for w in EACH
    },
    **{
        f"{name}, always, {w}": Row((Verbatim(data, endless, where=w, times=FOREVER),), network(says, AGAIN))
        for (name, (data, endless, says)), w in zip(GARBLED.items(), EACH * 9, strict=False)
    },
}

FRAMING: Rows = {
    **{
        f"{name}, {w}": Row((Verbatim(data, where=w),), Right(1.1))
        for name, (data, _) in FRAMES.items()
        for w in ("info", "cdn")
    },
    **{
        f"{name}, always": Row((Verbatim(data, where="info", times=FOREVER),), network(says, AGAIN))
        for name, (data, says) in FRAMES.items()
    },
    "a body that says it is longer": Row((OtherHeaders((("Content-Length", "9999999"),), match=BIG),), Right(2.0)),
    "a body that says it is shorter": Row((OtherHeaders((("Content-Length", "5"),), match=BIG),), Right(2.0)),
    "a body that always says it is shorter": Row(
        (OtherHeaders((("Content-Length", "5"),), match=BIG, times=FOREVER),),
        network("bytes was expected, 5 bytes", AGAIN, served=8.0),
    ),
    "the same length twice": Row(
        (OtherHeaders((("Content-Length", "900"), ("Content-Length", "900")), match="*.md"),), Right()
    ),
    "a listing that says it is shorter": Row(
        (OtherHeaders((("Content-Length", "5"),), where="info"),), network("that is no JSON", "login page")
    ),
    "a listing that says it is longer": Row(
        (OtherHeaders((("Content-Length", "999999"),), where="info"),), Right(), BRISK
    ),
    "a listing that says it is huge": Row(
        (OtherHeaders((("Content-Length", "99999999999"),), where="info"),), network("more than 64 MiB")
    ),
    "bodies without a length, on connections that stay open": Row(
        (OtherHeaders(without=("Content-Length",), times=FOREVER),), Right()
    ),
    "a listing without a length, on a connection that stays open": Row(
        (OtherHeaders(without=("Content-Length",), where="info"),), Right(), BRISK
    ),
    "a length and chunks": Row(
        (Verbatim(OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n", where="info"),),
        network("a JSON value that is no object"),
    ),
    "a chunk line without end": Row(
        (Verbatim(CHUNKED + b"5;", b"x" * 10_000, where="info", times=FOREVER),),
        network("a line of more than 1024 bytes", AGAIN),
    ),
    "trailers without end": Row(
        (Verbatim(CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: y\r\n" * 1_000, where="info", times=FOREVER),),
        network("trailers", AGAIN),
    ),
    "chunks of one byte without end": Row(
        (Verbatim(CHUNKED, b"1\r\n \r\n" * 5_000, where="info", times=FOREVER),),
        network("nearly all frame", AGAIN),
        {"stall_timeout": 20.0},
    ),
    "a chunked body without its last chunk": Row(
        (Verbatim(CHUNKED + b"2\r\n{}\r\n", then="stall", where="info"),), Right(), BRISK
    ),
}

ODD_BUT_RIGHT: Rows = {
    **{
        f"{code} before the answer, {w}": Row(
            (*reaching(w), Interim(code, headers=(("Link", "</x>; rel=preload"),), where=w, times=FOREVER)), Right()
        )
        for code, w in ((100, "info"), (102, "resolve"), (103, "cdn"), (103, "tree"))
    },
    "a header line without a colon": Row(
        (OtherHeaders((("X", "y\r\nno colon here"),), where="resolve", times=FOREVER),), Right()
    ),
    "a header twice, a list": Row(
        (OtherHeaders((("Link", "</a>"), ("Link", "</b>")), where="info", times=FOREVER),), Right()
    ),
}
