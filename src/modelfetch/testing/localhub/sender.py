"""Sends one delivery over one connection: the head with the first bytes of the body, then piece after piece."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .content import Span
from .pace import Pace
from .wire import head

if TYPE_CHECKING:
    from .delivery import Cut, Delivery
    from .log import Log
    from .wire import Connection

_WITH_HEAD = 64 * 1024


@dataclass(slots=True)
class Sender:
    """The way of one delivery; the log knows its request by ``number``.

    Bytes are counted before they are given to the socket and taken back if that fails: a client that has a byte
    never sees a count without it.
    """

    connection: Connection
    paces: tuple[Pace, ...]
    log: Log
    number: int

    def send(self, delivery: Delivery, *, with_body: bool) -> None:
        """Deliver. Raises ``HangUpError`` or ``OSError`` when the connection is over."""
        self.connection.pause(delivery.delay)
        if delivery.cut and delivery.cut.after is None:
            self._make(delivery.cut)
        if delivery.verbatim is not None:
            self._verbatim(delivery, delivery.verbatim)
            return
        self.log.answer(self.number, delivery.answer.status, is_content=delivery.answer.is_content)
        prefix = delivery.before + head(delivery)
        if delivery.head_rate is not None:
            self._trickle(prefix, _fixed(delivery.head_rate))
            prefix = b""
        if with_body:
            self._body(delivery, prefix)
        else:
            self.connection.send(prefix + delivery.surplus)
        if delivery.hang_up:
            self.connection.finish()

    def _verbatim(self, delivery: Delivery, data: bytes) -> None:
        self.connection.send(data)
        while delivery.endless:
            self.connection.send(delivery.endless)
        if delivery.cut is not None:
            self._make(delivery.cut)

    def _body(self, delivery: Delivery, prefix: bytes) -> None:
        span, cut = delivery.answer.body, delivery.cut
        paces = (*self.paces, _fixed(delivery.body_rate))
        middle = span.stop if cut is None or cut.after is None else min(span.stop, span.start + cut.after)
        self._span(Span(span.content, span.start, middle), paces, prefix, chunked=delivery.chunked)
        if cut is not None and cut.after is not None:
            self._make(cut)
        self._span(Span(span.content, middle, span.stop), paces, b"", chunked=delivery.chunked)
        if delivery.chunked:
            self.connection.send(b"0\r\n\r\n")

    def _span(self, span: Span, paces: tuple[Pace, ...], prefix: bytes, *, chunked: bool) -> None:
        at = span.start
        while at < span.stop:
            size = min(_WITH_HEAD if prefix else span.size, *(pace.piece for pace in paces))
            piece = span.content.read(at, min(at + size, span.stop))
            for pace in paces:
                self.connection.pause(pace.reserve(len(piece)))
            self._piece(piece, prefix, chunked=chunked)
            at, prefix = at + len(piece), b""
        if prefix:
            self.connection.send(prefix)

    def _piece(self, piece: bytes | memoryview, prefix: bytes, *, chunked: bool) -> None:
        framed = b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece
        self.log.sent(self.number, len(piece))
        try:
            self.connection.send(prefix + framed if prefix else framed)
        except OSError:
            self.log.sent(self.number, -len(piece))
            raise

    def _trickle(self, data: bytes, pace: Pace) -> None:
        for at in range(0, len(data), pace.piece):
            part = data[at : at + pace.piece]
            self.connection.pause(pace.reserve(len(part)))
            self.connection.send(part)

    def _make(self, cut: Cut) -> None:
        match cut.how:
            case "reset":
                self.connection.reset()
            case "close":
                self.connection.finish()
            case "stall":
                self.connection.pause(cut.seconds)


def _fixed(rate: float | None) -> Pace:
    return Pace(lambda: rate)
