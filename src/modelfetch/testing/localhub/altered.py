"""Faults that leave an answer's head as it is, or nearly, and change which bytes of a file follow it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, assert_never

from . import faults, ranged
from .content import Span, Synthetic

if TYPE_CHECKING:
    from .content import Content
    from .message import Answer

Altering = (
    faults.ShortBody | faults.IgnoreRange | faults.ShiftRange | faults.LieRange | faults.FlipBit | faults.OtherContent
)


def alter(fault: Altering, answer: Answer) -> Answer | None:
    """The answer with other bytes, or None where that cannot be: it holds no file, or not the ones meant."""
    if not answer.is_content:
        return None
    match fault:
        case faults.FlipBit() | faults.OtherContent():
            return _other_bytes(fault, answer)
        case _:
            return _other_range(fault, answer)


def _other_range(
    fault: faults.ShortBody | faults.IgnoreRange | faults.ShiftRange | faults.LieRange, answer: Answer
) -> Answer | None:
    span, size = answer.body, answer.body.content.size
    match fault:
        case faults.ShortBody():
            return _with_span(answer, replace(span, stop=span.start + fault.after)) if fault.after < span.size else None
        case _ if answer.status != HTTPStatus.PARTIAL_CONTENT:
            return None
        case faults.IgnoreRange():
            return replace(answer.without_header("Content-Range"), status=200, body=Span.whole(span.content))
        case faults.ShiftRange():
            return _with_span(answer, _shifted(span, fault.by)) if span.size < size else None
        case faults.LieRange():
            return replace(answer, body=_shifted(span, fault.by)) if span.size < size else None
        case _:
            assert_never(fault)


def _with_span(answer: Answer, span: Span) -> Answer:
    if answer.status != HTTPStatus.PARTIAL_CONTENT:
        return replace(answer, body=span)
    headers = ranged.content_range(span.start, span.stop, span.content.size)
    return replace(answer.with_headers(headers), body=span)


def _shifted(span: Span, by: int) -> Span:
    """As many bytes at another place; at the end of the file as far before as there is no room behind."""
    room = span.content.size - span.stop
    by = by if -span.start <= by <= room else -min(abs(by), span.start) or min(abs(by), room)
    return replace(span, start=span.start + by, stop=span.stop + by)


def _other_bytes(fault: faults.FlipBit | faults.OtherContent, answer: Answer) -> Answer | None:
    span = answer.body
    match fault:
        case faults.OtherContent():
            return replace(answer, body=replace(span, content=Synthetic(span.content.size, -1 - fault.seed)))
        case faults.FlipBit():
            offset = fault.offset if fault.offset >= 0 else fault.offset + span.content.size
            flipped = Flipped(span.content, offset, fault.mask)
            return replace(answer, body=replace(span, content=flipped)) if span.start <= offset < span.stop else None
        case _:
            assert_never(fault)


@dataclass(frozen=True, slots=True)
class Flipped:
    """Another content with the bits of ``mask`` flipped in the byte at ``offset``."""

    content: Content
    offset: int
    mask: int

    @property
    def size(self) -> int:
        """That of the other."""
        return self.content.size

    def read(self, start: int, stop: int) -> bytes | memoryview:
        """The bytes from ``start`` on, the flipped one among them if it is there."""
        piece = self.content.read(start, stop)
        if not start <= self.offset < start + len(piece):
            return piece
        changed = bytearray(piece)
        changed[self.offset - start] ^= self.mask
        return memoryview(changed)
