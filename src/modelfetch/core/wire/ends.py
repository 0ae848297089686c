"""How an exchange with a source ended: a closed union.

Rule: it says what happened on the wire, never what that means; ``transfer.verdict`` says that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...errors import ModelFetchError


@dataclass(frozen=True, slots=True)
class Delivered:
    """Everything asked for arrived."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The connection failed, broke off, or its content contradicted its own head: worth another try."""

    message: str


@dataclass(frozen=True, slots=True)
class Unranged:
    """The source answered a ranged request with the whole file."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The source answered with a status that brings no bytes. ``code`` is the Hub's X-Error-Code.

    ``wait``: seconds the source asked to wait (Retry-After or RateLimit), where it did.
    """

    status: int
    code: str = ""
    message: str = ""
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing that another try could mend: an unsafe redirect, a certificate, a full disk."""

    error: ModelFetchError


End = Delivered | Broken | Unranged | Answered | Refused
