"""What a fault may know beside the answer it spoils."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .message import Query, Where


@dataclass(frozen=True, slots=True)
class Scene:
    """A request and what it is for, the two origins, and the time (seconds since 1970)."""

    query: Query
    where: Where
    file: str
    hub: str
    cdn: str
    now: float
