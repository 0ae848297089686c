"""Where a file is, as the Hub's answer to a request for its head tells.

Rule: the answer that names the content is the one that counts, and where it redirects to is where the bytes are. A
redirect that names none and stays with the endpoint (a renamed repo) is asked on; a page for people names nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .answer import entity, is_login_page
from .ends import Refused
from .refusal import KEPT, not_the_hub
from .url import REDIRECTS, may_carry_token, redirected, shown

if TYPE_CHECKING:
    from .answer import Headers

_OK = 200
_LONGEST_NUMBER = 20


@dataclass(frozen=True, slots=True)
class Location:
    """Where a file's bytes are, for now: a signed URL, so it is shown to nobody."""

    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Located:
    """The file is there; ``entity`` and ``size`` (bytes) are what the Hub calls its content and says of it, if it does."""

    location: Location
    entity: str | None
    size: int | None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Ask ``url`` instead."""

    url: str


def judge_head(status: int, headers: Headers, url: str, endpoint: str) -> Located | Elsewhere | Refused | None:
    """What the answer says of the file at ``url``; None when its status says it.

    Raises NetworkError for a redirect that must not be followed.
    """
    named = headers.get("x-linked-etag") or headers.get("etag")
    target = url
    if status in REDIRECTS:
        target = redirected(url, headers.get("location"))
        if named is None and may_carry_token(target, endpoint):
            return Elsewhere(target)
    elif status != _OK:
        return None
    elif is_login_page(headers):
        return Refused(not_the_hub(f"{shown(url)} was answered with a web page", "A Hub's answer", KEPT))
    return Located(Location(target), entity(named), header_size(headers.get("x-linked-size")))


def header_size(text: str | None) -> int | None:
    """A size in a header; what no file can have is no size."""
    return int(text) if text and text.isascii() and text.strip().isdecimal() and len(text) < _LONGEST_NUMBER else None
