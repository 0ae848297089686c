"""How content is served: whole, or the one range that was asked for (RFC 9110, section 14).

Rule: a ``Range`` that cannot be read is ignored, one that begins after the end is a 416.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .content import Span
from .message import Answer, bytes_answer

if TYPE_CHECKING:
    from .content import Content
    from .message import Headers

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def requested(header: str | None, size: int) -> tuple[int, int] | None:
    """The half-open range that ``header`` asks of ``size`` bytes, or None for all; empty if it lies outside."""
    match = _RANGE.fullmatch(header.replace(" ", "")) if header else None
    if match is None or match.group(0) == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        return max(0, size - int(last)), size
    start = int(first)
    stop = min(size, int(last) + 1) if last else size
    return (start, stop) if start < stop else (start, start)


def serve(content: Content, range_header: str | None, *headers: tuple[str, str]) -> Answer:
    """``content``, or the range of it that was asked for, with ``headers`` beside what the range needs."""
    size = content.size
    asked = requested(range_header, size)
    shared: Headers = (("Content-Type", "application/octet-stream"), ("Accept-Ranges", "bytes"), *headers)
    if asked is None:
        return Answer(200, shared, Span.whole(content), is_content=True)
    start, stop = asked
    if start == stop:
        return not_satisfiable(size)
    return Answer(206, (*shared, content_range(start, stop, size)), Span(content, start, stop), is_content=True)


def content_range(start: int, stop: int, size: int) -> tuple[str, str]:
    """The header that says which bytes follow."""
    return "Content-Range", f"bytes {start}-{stop - 1}/{size}"


def not_satisfiable(size: int) -> Answer:
    """416: no byte of what was asked for is there."""
    text = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>InvalidRange</Code></Error>'
    return bytes_answer(416, text, "application/xml", ("Content-Range", f"bytes */{size}"))
