"""What a row of the table of faults is: what goes wrong, and what has to come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import modelfetch as mf
from modelfetch.testing import BadListing, Synthetic

from ..download.kit import CONFIG, Files

if TYPE_CHECKING:
    from modelfetch.testing import Fault
    from modelfetch.testing.localhub.faults import FaultWhere

    from ..download.kit import World

SIZE = 9_000_000
BIG = "model.bin"
FILES: Files = {"config.json": CONFIG, BIG: Synthetic(SIZE, 7), "notes/readme.md": b"# read me\n" * 100}
MIDDLE = 2_000_000

ALLOWANCE = 200_000
"""Bytes that may be served beyond a row's bound: what is small beside the weights."""

FOREVER = None
"""``times`` of a fault that spoils every request."""

WITHOUT_SIBLINGS = BadListing(lambda info: info | {"siblings": []}, where="info", times=FOREVER)
"""Makes us read the tree."""


ASTRAY = (
    "file:///etc/passwd",
    "ftp://127.0.0.1/model.bin",
    "gopher://127.0.0.1/x",
    "https://127.0.0.1:9/model.bin",
    "data:application/json,{}",
    "javascript:0",
    "http://[",
    "http://127.0.0.1:port/",
    "",
)
"""Where no redirect may lead: other schemes, and what is no address."""


def reaching(where: FaultWhere) -> tuple[Fault, ...]:
    """What has to be injected first for a request of that kind to be made."""
    return (WITHOUT_SIBLINGS,) if where == "tree" else ()


BRISK: Mapping[str, Any] = {"stall_timeout": 0.5}
"""For rows that wait for a stall."""


@dataclass(frozen=True, slots=True)
class Right:
    """The right bytes, after the hub served at most ``served`` times their number."""

    served: float = 1.0


@dataclass(frozen=True, slots=True)
class Fails:
    """One error of this very type, with these words in its message and these attributes, after so much was served.

    An attribute that is given as a function has to pass it. ``heals``: the next call, without faults, finishes the job.
    """

    error: type[mf.ModelFetchError]
    says: tuple[str, ...]
    served: float = 0.0
    attributes: Mapping[str, object] = field(default_factory=dict)
    heals: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """``faults`` are injected, ``between`` happens after the plan was made, ``options`` go to ``download``."""

    faults: tuple[Fault, ...]
    ends: Right | Fails
    options: Mapping[str, Any] = field(default_factory=lambda: {"stall_timeout": 10.0})
    between: Callable[[World], None] | None = None


Rows = Mapping[str, Row]


def network(*says: str, served: float = 0.0, **attributes: object) -> Fails:
    """A NetworkError."""
    return Fails(mf.NetworkError, says, served, attributes)


def untrusted(*says: str) -> Fails:
    """A listing that is refused whole."""
    return Fails(mf.IntegrityError, ("The file listing of org/model cannot be trusted", *says))
