"""What a fault makes of a delivery: one pure function, with ``None`` for a delivery that it cannot spoil."""

from __future__ import annotations

import gzip
import math
from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from . import faults
from .altered import Altering, alter
from .content import Literal, Span
from .delivery import Cut
from .forged import forge
from .wire import head_bytes

if TYPE_CHECKING:
    from .delivery import Delivery
    from .faults import Fault
    from .forged import Forging
    from .scene import Scene


_MEMBER = 1 << 20
"""Bytes of white space in one member of a gzip bomb; a gzip file is any number of members (RFC 1952)."""


def bend(fault: Fault, delivery: Delivery, scene: Scene) -> Delivery | None:  # noqa: PLR0911 - one case for each kind
    """The delivery as ``fault`` leaves it, or None where there is nothing to spoil."""
    match fault:
        case faults.Delay():
            return replace(delivery, delay=delivery.delay + fault.seconds)
        case faults.Trickle():
            return replace(delivery, body_rate=fault.bytes_per_second)
        case faults.HeaderTrickle():
            return replace(delivery, head_rate=fault.bytes_per_second)
        case faults.NoAnswer():
            return replace(delivery, delay=math.inf)
        case faults.Reset() | faults.Close() | faults.Stall():
            return _cut(fault, delivery, scene)
        case faults.Chunked():
            return replace(delivery, chunked=True)
        case faults.Gzip():
            return _packed(delivery, gzip.compress(delivery.answer.body.to_bytes(), 1))
        case faults.GzipBomb():
            return _packed(delivery, gzip.compress(b" " * _MEMBER, 9) * -(-fault.size // _MEMBER))
        case faults.OtherHeaders() | faults.Interim() | faults.HangUp() | faults.Surplus() | faults.Verbatim():
            return _on_the_wire(fault, delivery, scene)
        case _:
            return _answered(fault, delivery, scene)


def _cut(fault: faults.Reset | faults.Close | faults.Stall, delivery: Delivery, scene: Scene) -> Delivery | None:
    if fault.after is not None and (scene.query.method == "HEAD" or fault.after >= delivery.answer.body.size):
        return None
    match fault:
        case faults.Reset():
            cut = Cut("reset", fault.after)
        case faults.Close():
            cut = Cut("close", fault.after)
        case faults.Stall():
            cut = Cut("stall", fault.after, math.inf if fault.seconds is None else fault.seconds)
    return replace(delivery, cut=cut)


def _packed(delivery: Delivery, packed: bytes) -> Delivery:
    body = Span.whole(Literal(packed))
    answer = replace(delivery.answer.with_headers(("Content-Encoding", "gzip")), body=body)
    return replace(delivery, answer=answer, chunked=True)


def _on_the_wire(
    fault: faults.OtherHeaders | faults.Interim | faults.HangUp | faults.Surplus | faults.Verbatim,
    delivery: Delivery,
    scene: Scene,
) -> Delivery | None:
    match fault:
        case faults.OtherHeaders():
            answer = delivery.answer.with_headers(*fault.headers)
            for name in fault.without:
                answer = answer.without_header(name)
            return replace(delivery, answer=answer, framed="content-length" not in map(str.lower, fault.without))
        case faults.Interim():
            return replace(delivery, before=head_bytes(fault.code, fault.headers) * fault.count)
        case faults.HangUp():
            return replace(delivery, hang_up=True)
        case faults.Surplus():
            return replace(delivery, surplus=fault.data) if scene.query.method == "HEAD" else None
        case faults.Verbatim():
            cut = Cut("close" if fault.then == "close" else "stall", 0, math.inf)
            return replace(delivery, verbatim=fault.data, endless=fault.endless, cut=cut)
        case _:
            assert_never(fault)


def _answered(fault: Altering | Forging, delivery: Delivery, scene: Scene) -> Delivery | None:
    if isinstance(fault, Altering):
        answer = None if scene.query.method == "HEAD" else alter(fault, delivery.answer)
    else:
        answer = forge(fault, delivery.answer, scene)
    return None if answer is None else replace(delivery, answer=answer)
