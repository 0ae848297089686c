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
    """An answer on its way. ``delay`` is in seconds before the head, the rates are in bytes per second."""

    answer: Answer
    delay: float = 0.0
    cut: Cut | None = None
    head_rate: float | None = None
    body_rate: float | None = None
    chunked: bool = False
