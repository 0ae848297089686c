"""A request and its answer as values: everything the Hub decides is a function from one to the other."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl

from .content import Literal as Held
from .content import Span

if TYPE_CHECKING:
    from collections.abc import Mapping

Origin = Literal["hub", "cdn"]
"""Which of the two servers: the Hub itself, or the one its signed addresses point at."""

Where = Literal["info", "tree", "resolve", "cdn", "other"]
"""What a request is for: ``cdn`` is any file body, also that of a small file, which the Hub itself serves."""

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A request as it arrived: ``target`` is what stood in the request line, header names are in small letters."""

    origin: Origin
    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target before the ``?``, still quoted."""
        return self.target.partition("?")[0]

    @property
    def parameters(self) -> dict[str, str]:
        """The target after the ``?``, unquoted; the last value of each name."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @property
    def token(self) -> str | None:
        """What ``Authorization`` carries, if it was sent."""
        sent = self.headers.get("authorization")
        return None if sent is None else sent.removeprefix("Bearer ")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back. ``is_content`` marks a body that holds bytes of a file of the repo."""

    status: int
    headers: Headers = ()
    body: Span = field(default_factory=lambda: Span.whole(Held(b"")))
    is_content: bool = False

    def header(self, name: str) -> str | None:
        """The value of a header, if it is there."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def with_headers(self, *headers: tuple[str, str]) -> Answer:
        """The same answer with these headers instead of those of the same names."""
        names = {name.lower() for name, _ in headers}
        kept = tuple(pair for pair in self.headers if pair[0].lower() not in names)
        return replace(self, headers=(*kept, *headers))

    def without_header(self, name: str) -> Answer:
        """The same answer without that header."""
        return replace(self, headers=tuple(pair for pair in self.headers if pair[0].lower() != name.lower()))


def bytes_answer(status: int, data: bytes, content_type: str, *headers: tuple[str, str]) -> Answer:
    """An answer that is held in memory."""
    return Answer(status, (("Content-Type", content_type), *headers), Span.whole(Held(data)))


def json_answer(value: Any, *headers: tuple[str, str], status: int = 200) -> Answer:
    """A JSON answer."""
    return bytes_answer(status, json.dumps(value).encode(), "application/json; charset=utf-8", *headers)


def redirect(status: int, location: str, *headers: tuple[str, str]) -> Answer:
    """A redirect, with the line of text that the Hub gives with it."""
    return bytes_answer(status, f"Redirecting to {location}".encode(), "text/plain", ("Location", location), *headers)
