"""How an answer reaches a socket, as a value: an answer, and what goes wrong on its way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .message import Answer


@dataclass(frozen=True, slots=True)
class Cut:
    """What happens once ``after`` bytes of the body went out; ``None`` is before the head.

    ``close`` is a FIN, ``reset`` an RST, ``stall`` a silence of ``seconds`` after which the body goes on.
    """

    how: Literal["close", "reset", "stall"]
    after: int | None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """An answer on its way. ``delay`` is in seconds before the head, the rates are in bytes per second.

    Without ``framed`` the head does not say how long the body is. ``before`` goes out ahead of the head, ``surplus``
    behind one without a body; ``verbatim`` in place of head and body, and after it ``endless`` for ever. ``hang_up``:
    the connection is closed after the body although the head promised to keep it.
    """

    answer: Answer
    delay: float = 0.0
    cut: Cut | None = None
    head_rate: float | None = None
    body_rate: float | None = None
    chunked: bool = False
    framed: bool = True
    before: bytes = b""
    verbatim: bytes | None = None
    endless: bytes = b""
    surplus: bytes = b""
    hang_up: bool = False
