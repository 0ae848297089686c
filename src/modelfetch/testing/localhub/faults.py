"""What can go wrong, as values: give one to ``LocalHub.inject``.

Every fault has four options beside its own:

* ``times``: how many requests it spoils; ``None`` is all of them. By default one.
* ``skip``: how many it lets pass before.
* ``match``: a glob on the repo path that a request is about (``*`` crosses ``/``).
* ``where``: ``info``, ``tree``, ``resolve`` (headers and redirect of a file), ``cdn`` (any file body, also of a small
  file, which the Hub itself serves), ``other`` (any other address), or ``*``.

Rule: a request that a fault cannot spoil (fewer bytes than ``after``, no JSON to break) is no hit. Of several faults
that want the same request the oldest wins and the others wait, so a list of faults is a script; only those about
time (``Delay``, ``Trickle``, ``HeaderTrickle``) join in with any other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

FaultWhere = Literal["info", "tree", "resolve", "cdn", "other", "*"]
"""What a request has to be for, to be spoiled."""

ListingFlaw = Literal[
    "duplicate",
    "negative-size",
    "string-size",
    "absurd-size",
    "climbing-name",
    "absolute-name",
    "backslash-name",
    "drive-name",
    "nul-name",
    "reserved-name",
    "missing-hash",
    "missing-name",
    "missing-commit",
]
"""The ways in which ``BadListing`` spoils the first file of a listing (``missing-commit``: the whole of it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    times: int | None = 1
    skip: int = 0
    match: str = "*"
    where: FaultWhere = "cdn"


@dataclass(frozen=True, slots=True)
class Reset(_Options):
    """A TCP RST: before the head (``after=None``), or once ``after`` bytes of the body have arrived.

    Over TLS, Python's ``ssl`` shows it as an early end of the stream.
    """

    after: int | None = None


@dataclass(frozen=True, slots=True)
class Close(_Options):
    """A clean end of the connection: before the head (``after=None``), or after so many bytes of the body."""

    after: int | None = 0


@dataclass(frozen=True, slots=True)
class ShortBody(_Options):
    """A well-formed answer with only the first ``after`` bytes of what was asked for."""

    after: int


@dataclass(frozen=True, slots=True)
class Stall(_Options):
    """Silence after ``after`` bytes of the body, for ``seconds`` or for ever (None), then the rest."""

    after: int = 0
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class NoAnswer(_Options):
    """The request is taken and never answered."""


@dataclass(frozen=True, slots=True)
class Delay(_Options):
    """The head comes ``seconds`` later."""

    seconds: float
    where: FaultWhere = field(default="*", kw_only=True)


@dataclass(frozen=True, slots=True)
class Trickle(_Options):
    """The body comes at ``bytes_per_second``."""

    bytes_per_second: float


@dataclass(frozen=True, slots=True)
class HeaderTrickle(_Options):
    """The head comes at ``bytes_per_second``."""

    bytes_per_second: float


@dataclass(frozen=True, slots=True)
class Status(_Options):
    """Another status, such as 503, with these headers and this text."""

    code: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class RateLimited(_Options):
    """429 that says when to come back: ``Retry-After`` in seconds or as a date, the ``RateLimit`` header, or nothing."""

    seconds: int = 1
    form: Literal["seconds", "date", "ratelimit", "none"] = "seconds"


@dataclass(frozen=True, slots=True)
class IgnoreRange(_Options):
    """A ranged request is answered 200 with the whole file."""


@dataclass(frozen=True, slots=True)
class ShiftRange(_Options):
    """206 with the bytes ``by`` further on, and a ``Content-Range`` that says so."""

    by: int = 1


@dataclass(frozen=True, slots=True)
class LieRange(_Options):
    """206 with the ``Content-Range`` that was asked for and the bytes ``by`` further on."""

    by: int = 1


@dataclass(frozen=True, slots=True)
class RangeNotSatisfiable(_Options):
    """416, although the range lies inside the file."""


@dataclass(frozen=True, slots=True)
class ExpireUrl(_Options):
    """The signed addresses of the file expire now: 403 in XML until it is resolved again."""


@dataclass(frozen=True, slots=True)
class Forbidden(_Options):
    """403 in XML, also after the file was resolved again: give it ``times=None``."""


@dataclass(frozen=True, slots=True)
class FlipBit(_Options):
    """The bits of ``mask`` are flipped in the byte at ``offset`` of the file, from its end if that is negative.

    Answers without that byte are no hit.
    """

    offset: int = 0
    mask: int = 1


@dataclass(frozen=True, slots=True)
class OtherContent(_Options):
    """Other bytes of the same number: the file changed between two attempts (``skip=1, times=None``)."""

    seed: int = 1


@dataclass(frozen=True, slots=True)
class OtherHeaders(_Options):
    """The right answer under a head in which these headers stand in place of those of the same names.

    A name may come twice, ``without`` names what is left out, and ``Content-Length`` and ``Transfer-Encoding`` may lie:
    the body stays what it is.
    """

    headers: tuple[tuple[str, str], ...] = ()
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Interim(_Options):
    """``count`` interim answers (1xx, RFC 9110 section 15.2) before the right one."""

    code: int = 103
    count: int = 1
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class HangUp(_Options):
    """The right answer, and then a FIN although the connection was to be kept: the next request finds it closed."""

    where: FaultWhere = field(default="*", kw_only=True)


@dataclass(frozen=True, slots=True)
class Surplus(_Options):
    """The right answer to a HEAD, and with it ``data``, which belongs to no answer, on a connection that stays open."""

    data: bytes
    where: FaultWhere = field(default="resolve", kw_only=True)


@dataclass(frozen=True, slots=True)
class Verbatim(_Options):
    """``data`` on the wire in place of a whole answer, its head included, then ``endless`` again and again.

    ``then``: whether the connection is closed, or kept open in silence.
    """

    data: bytes
    endless: bytes = b""
    then: Literal["close", "stall"] = "close"


@dataclass(frozen=True, slots=True)
class CaptivePortal(_Options):
    """200 with a page of HTML that asks to log in."""

    where: FaultWhere = field(default="*", kw_only=True)


@dataclass(frozen=True, slots=True)
class Garbage(_Options):
    """``data`` instead of the body, under the same status and type."""

    data: bytes = b'{"sha": \xff\x00'
    where: FaultWhere = field(default="*", kw_only=True)


@dataclass(frozen=True, slots=True)
class HugeJson(_Options):
    """Valid JSON of ``size`` bytes, nearly all of it one string."""

    size: int = 65 * 1024 * 1024
    where: FaultWhere = field(default="info", kw_only=True)


@dataclass(frozen=True, slots=True)
class BadListing(_Options):
    """A listing that cannot be trusted: a named flaw, or ``flaw`` gets the parsed JSON and returns another."""

    flaw: ListingFlaw | Callable[[Any], Any]
    where: FaultWhere = field(default="*", kw_only=True)


@dataclass(frozen=True, slots=True)
class Gzip(_Options):
    """The body is compressed although nobody asked, and comes without a length."""


@dataclass(frozen=True, slots=True)
class GzipBomb(_Options):
    """A few hundred kilobytes of gzip that unpack to ``size`` bytes of white space."""

    size: int = 1 << 30
    where: FaultWhere = field(default="info", kw_only=True)


@dataclass(frozen=True, slots=True)
class Chunked(_Options):
    """The body comes in chunks, without a length."""


@dataclass(frozen=True, slots=True)
class Redirect(_Options):
    """A redirect to ``to``, in which ``{self}``, ``{hub}`` and ``{cdn}`` stand for this address and the two origins.

    ``Redirect("{self}", times=None)`` is a loop, with ``times=15`` it is a long way.
    """

    to: str
    code: int = 302
    where: FaultWhere = field(default="resolve", kw_only=True)


Fault = (
    Reset
    | Close
    | ShortBody
    | Stall
    | NoAnswer
    | Delay
    | Trickle
    | HeaderTrickle
    | Status
    | RateLimited
    | IgnoreRange
    | ShiftRange
    | LieRange
    | RangeNotSatisfiable
    | ExpireUrl
    | Forbidden
    | FlipBit
    | OtherContent
    | OtherHeaders
    | Interim
    | HangUp
    | Surplus
    | Verbatim
    | CaptivePortal
    | Garbage
    | HugeJson
    | BadListing
    | Gzip
    | GzipBomb
    | Chunked
    | Redirect
)
"""Every fault there is."""
