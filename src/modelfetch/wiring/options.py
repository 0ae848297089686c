"""What a verb was asked, as values that are handed on whole.

Rule: each option is checked where the value is made, which is in the call itself (see :mod:`..arguments`); whoever is handed
such a value need not look again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypedDict

from ..arguments import checked
from ..core.models.builtin import DEFAULT_CATALOG
from ..core.models.headroom import HEADROOM
from ..core.transfer.stall import FLOOR, WINDOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from os import PathLike

    from ..core.models.spec import ModelSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """What ``plan_download`` takes, beside the model and the cancel."""

    catalog: Mapping[str, ModelSpec]
    backend: str | None = None
    revision: str | None = None
    allow_patterns: str | Iterable[str] | None = None
    ignore_patterns: str | Iterable[str] | None = None
    cache_dir: str | PathLike[str] | None = None
    token: str | bool | None = field(default=None, repr=False)
    endpoint: str | None = None
    update: bool = True
    allow_unsafe: bool = True

    def __post_init__(self) -> None:
        _check(self)


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
    allow_unsafe: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOptions:
    """What ``download`` takes beside that: shares, seconds, bytes a second."""

    storage_headroom: float = HEADROOM
    check_memory: bool = True
    max_connections: int | None = None
    bandwidth_limit: float | None = None
    stall_timeout: float = WINDOW
    stall_floor: int = FLOOR

    def __post_init__(self) -> None:
        _check(self)


class DownloadKeywords(PlanKeywords, total=False):
    """Both as keywords."""

    storage_headroom: float
    check_memory: bool
    max_connections: int | None
    bandwidth_limit: float | None
    stall_timeout: float
    stall_floor: int


def plan_options(given: Mapping[str, Any]) -> PlanOptions:
    """The options, of keywords. A ``catalog`` of None means the built-in one. Raises TypeError for an unknown keyword."""
    known = PlanKeywords.__annotations__
    if unknown := sorted(given.keys() - known.keys()):
        message = (
            f"unexpected keyword argument {unknown[0]!r}. An option of this call was expected; those of plan_download are "
            f"{', '.join(known)}. Nothing was done; mend the name, or leave it out."
        )
        raise TypeError(message)
    catalog = given.get("catalog")
    return PlanOptions(**{**given, "catalog": DEFAULT_CATALOG if catalog is None else catalog})


def download_options(given: Mapping[str, Any]) -> tuple[PlanOptions, TransferOptions]:
    """Keywords sorted into both kinds. Raises TypeError for an unknown one."""
    of_transfer = {field.name for field in fields(TransferOptions)}
    how = TransferOptions(**{name: value for name, value in given.items() if name in of_transfer})
    return plan_options({name: value for name, value in given.items() if name not in of_transfer}), how


def _check(options: PlanOptions | TransferOptions) -> None:
    """Put each option in its plain form. Raises TypeError and ValueError."""
    for each in fields(options):
        object.__setattr__(options, each.name, checked(each.name, getattr(options, each.name)))


@dataclass(frozen=True, slots=True)
class Waiting:
    """How a caller waits: ``wanted`` raises when it does not want to any more, ``on_ring`` takes what wakes it."""

    wanted: Callable[[], None]
    on_ring: Callable[[Callable[[], None]], None]
