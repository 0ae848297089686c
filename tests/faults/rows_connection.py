"""The connection: refused, reset, closed, silent, slow, or closed while nobody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelfetch.testing import Close, Delay, HangUp, HeaderTrickle, NoAnswer, Reset, ShortBody, Stall, Trickle, Verbatim

from ..download.kit import MIB
from .table import BIG, BRISK, FOREVER, MIDDLE, WITHOUT_SIBLINGS, Right, Row, Rows, network, reaching

if TYPE_CHECKING:
    from modelfetch.testing.localhub.faults import FaultWhere

FILE: tuple[FaultWhere, ...] = ("resolve", "cdn")
LISTING: tuple[FaultWhere, ...] = ("info", "tree")
STALLED = "the connection stalled, 6 times in a row"

ENDS: Rows = {
    "nothing goes wrong": Row((), Right()),
    **{f"reset before the head, {w}": Row((*reaching(w), Reset(where=w, times=3)), Right()) for w in (*LISTING, *FILE)},
    **{
        f"reset before every head, {w}": Row(
            (*reaching(w), Reset(where=w, times=FOREVER)),
            network("6 times in a row", "try again", retry_after=None),
        )
        for w in (*LISTING, *FILE)
    },
    **{
        f"closed before the head, {w}": Row((*reaching(w), Close(after=None, where=w, times=4)), Right())
        for w in (*LISTING, *FILE)
    },
    **{
        f"closed before every head, {w}": Row(
            (*reaching(w), Close(after=None, where=w, times=FOREVER)),
            network("the connection was closed before the answer, 6 times in a row"),
        )
        for w in (*LISTING, *FILE)
    },
    **{
        f"closed within the head, {w}": Row(
            (*reaching(w), Verbatim(b"HTTP/1.1 302 Found\r\nX-Linked-Etag: ab", where=w)), Right()
        )
        for w in (*LISTING, *FILE)
    },
    "closed within every head": Row(
        (Verbatim(b"HTTP/1.1 200 OK\r\nX-Linked-Etag: ab", where="resolve", times=FOREVER),),
        network("closed within the head", "6 times in a row"),
    ),
    "closed in the listing": Row((Close(after=50, where="info"),), Right()),
    "reset in every listing": Row((Reset(after=50, where="info", times=FOREVER),), network("6 times in a row")),
    "closed in every listing": Row(
        (Close(after=50, where="info", times=FOREVER),), network("bytes early, 6 times in a row", "update=False")
    ),
    "reset in the body": Row((Reset(after=MIDDLE, match=BIG),), Right(1.2)),
    "reset in every body": Row((Reset(after=300_000, match=BIG, times=FOREVER),), Right(1.3)),
    "closed in the body": Row((Close(after=MIDDLE, match=BIG),), Right(1.1)),
    "closed every megabyte": Row((Close(after=MIB, match=BIG, times=FOREVER),), Right(1.1)),
    "closed every 30 kB": Row(
        (Close(after=30_000, match=BIG, times=FOREVER),),
        network(
            "ended", "early", "What was already fetched is kept", served=0.2, bytes_kept=lambda kept: kept >= 30_000
        ),
    ),
    "closed after nothing, always": Row(
        (Close(after=0, match=BIG, times=FOREVER),), network("early, 6 times in a row", served=0.1)
    ),
    "a body that is short": Row((ShortBody(500_000, match=BIG),), Right()),
    "bodies that are short, always": Row((ShortBody(500_000, match=BIG, times=FOREVER),), Right(1.1)),
    "a small body that is short": Row((ShortBody(3, match="config.json"),), Right()),
    "kept-alive connections are closed after each answer": Row((WITHOUT_SIBLINGS, HangUp(times=FOREVER)), Right()),
}

SLOW: Rows = {
    "slow answers": Row((Delay(0.1, times=FOREVER),), Right()),
    **{
        f"no answer, {w}": Row((*reaching(w), NoAnswer(where=w, match=BIG if w in FILE else "*")), Right(), BRISK)
        for w in (*LISTING, *FILE)
    },
    **{
        f"no answer ever, {w}": Row((*reaching(w), NoAnswer(where=w, times=FOREVER)), network(STALLED), BRISK)
        for w in (*LISTING, *FILE)
    },
    **{
        f"a head that trickles, {w}": Row((*reaching(w), HeaderTrickle(1, where=w)), Right(), BRISK)
        for w in (*LISTING, *FILE)
    },
    "a listing that stalls": Row((Stall(after=50, where="info"),), Right(), BRISK),
    "a body that stalls": Row((Stall(after=MIDDLE, match=BIG),), Right(1.3), BRISK),
    "a body that stalls and goes on": Row((Stall(after=MIDDLE, seconds=0.3, match=BIG),), Right()),
    "bodies that stall after 10 kB, always": Row(
        (Stall(after=10_000, match=BIG, times=FOREVER),),
        network(STALLED, served=1.0, bytes_kept=lambda kept: kept >= 10_000),
        BRISK,
    ),
    "bodies that stall after a megabyte, always": Row((Stall(after=MIB, match=BIG, times=FOREVER),), Right(1.1), BRISK),
    "a body that trickles": Row((Trickle(1, match=BIG),), Right(1.1), BRISK),
    "bodies that trickle, always": Row((Trickle(1, match=BIG, times=FOREVER),), network(STALLED), BRISK),
    "a listing that trickles": Row((Trickle(1, where="info"),), Right(), BRISK),
    "a redirect whose body stalls": Row(
        (
            Verbatim(
                b"HTTP/1.1 307 T\r\nLocation: /api/models/org/model/revision/main?blobs=true\r\nContent-Length: 9\r\n\r\n",
                then="stall",
                where="info",
            ),
        ),
        Right(),
        BRISK,
    ),
}
