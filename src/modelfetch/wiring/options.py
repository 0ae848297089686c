"""What a verb was asked, as values that are handed on whole."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from os import PathLike

    from ..core.catalog import ModelSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """What ``plan_download`` takes, beside the model and the cancel."""

    catalog: Mapping[str, ModelSpec]
    backend: str | None = None
    revision: str | None = None
    allow_patterns: str | Iterable[str] | None = None
    ignore_patterns: str | Iterable[str] | None = None
    cache_dir: str | PathLike[str] | None = None
    token: str | bool | None = None
    endpoint: str | None = None
    update: bool = True


class PlanKeywords(TypedDict, total=False):
    """The same as keywords, for the verbs that pass them on."""

    catalog: Mapping[str, ModelSpec] | None
    backend: str | None
    revision: str | None
    allow_patterns: str | Iterable[str] | None
    ignore_patterns: str | Iterable[str] | None
    cache_dir: str | PathLike[str] | None
    token: str | bool | None
    endpoint: str | None
    update: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOptions:
    """What ``download`` takes beside that: shares, seconds, bytes a second."""

    storage_headroom: float = 0.2
    check_memory: bool = True
    max_connections: int | None = None
    bandwidth_limit: float | None = None
    stall_timeout: float = 30.0

    def __post_init__(self) -> None:
        for name, makes_sense, expected in (
            ("storage_headroom", 0 <= self.storage_headroom < inf, "a share of 0 or more"),
            ("max_connections", self.max_connections is None or self.max_connections >= 1, "1 or more, or None"),
            ("bandwidth_limit", self.bandwidth_limit is None or self.bandwidth_limit > 0, "bytes a second, or None"),
            ("stall_timeout", 0 < self.stall_timeout < inf, "a positive number of seconds"),
        ):
            if not makes_sense:
                message = f"{name}={getattr(self, name)!r} makes no sense: {expected} was expected. Nothing was done."
                raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How a caller waits: ``wanted`` raises when it does not want to any more, ``on_ring`` takes what wakes it."""

    wanted: Callable[[], None]
    on_ring: Callable[[Callable[[], None]], None]
