"""Room on the disk for one download, seen together with all others that run.

Rule: a download first lets others see what it wants, and only then adds up what everybody wants. Of two that begin
at the same instant at least one sees the other, so never do both pass when there is room for one alone.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..core.kept.wants import Want
from ..core.planning.storage import check_storage, demand, filled_up
from ..errors import InsufficientStorageError
from .planning import seen_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..adapters.cache import RepoCache
    from ..core.planning.plan import DownloadPlan
    from ..core.planning.storage import Missing


@contextmanager
def room_for(plan: DownloadPlan, cache: RepoCache, headroom: float, *, discards: Callable[[], bool]) -> Iterator[None]:
    """Hold a note of what ``plan`` wants for the block; afterwards it stays only if the block failed and bytes are kept.

    ``discards``: whether they are not to be kept. Raises InsufficientStorageError, also when the disk fills up in the block.
    """
    try:
        ours = cache.declare(_want(plan))
    except InsufficientStorageError as full:
        raise _filled_up(full, plan, cache, headroom, ()) from full
    is_done = False
    try:
        need = demand(plan.remaining_bytes, _places(plan, cache), cache.others(ours))
        free = cache.free_bytes()  # after the sum: what comes meanwhile counts twice, and never not at all
        check_storage(plan.repo_id, need, headroom, free)
        yield
        is_done = True
    except InsufficientStorageError as full:
        if full.required is not None:
            raise
        raise _filled_up(full, seen_from(cache, plan), cache, headroom, cache.others(ours)) from full
    finally:
        ours.end(keep=not is_done and not discards())


@contextmanager
def little_room(plan: DownloadPlan, cache: RepoCache, headroom: float) -> Iterator[None]:
    """As :func:`room_for` where every byte is there: only names are missing, so no gate is asked, and the disk may be full."""
    try:
        yield
    except InsufficientStorageError as full:
        raise _filled_up(full, plan, cache, headroom, ()) from full


def _filled_up(
    full: InsufficientStorageError, plan: DownloadPlan, cache: RepoCache, headroom: float, others: Iterable[Missing]
) -> InsufficientStorageError:
    need = demand(plan.remaining_bytes, _places(plan, cache), others)
    return filled_up(full, need, headroom, cache.free_bytes())


def _want(plan: DownloadPlan) -> Want:
    return Want(plan.repo_id, plan.revision, plan.commit, tuple(file.entry for file in plan.files))


def _places(plan: DownloadPlan, cache: RepoCache) -> set[str]:
    return cache.places(file.blob_id for file in plan.files)
