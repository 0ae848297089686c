"""What the manager asks of the cache: which models are there, and where.

Rule: a model that is known goes by the name it is known by, any other of the cache by its repo id. A folder is named only
when nothing is missing in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..adapters.account import cache_dir
from ..adapters.cache import RepoCache, repo_ids
from ..core.kept.status import ModelStatus
from .looking import status
from .naming import specify_cached

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ..core.models.spec import ModelSpec
    from .options import PlanOptions


def others(options: PlanOptions, known: Iterable[ModelSpec]) -> tuple[ModelSpec, ...]:
    """The models of the cache that are none of ``known``, as their repo ids name them."""
    repos = {spec.repo_id for spec in known}
    found = (repo_id for repo_id in repo_ids(cache_dir(options.cache_dir)) if repo_id not in repos)
    return tuple(specify_cached(repo_id, options) for repo_id in found)


def downloaded_path(spec: ModelSpec, options: PlanOptions) -> Path | None:
    """The snapshot folder of ``spec`` when every file of it is there; no request is made."""
    if status(spec, options) is not ModelStatus.DOWNLOADED:
        return None
    cache = RepoCache(cache_dir(options.cache_dir), spec.repo_id)
    commit = cache.commit_of(spec.revision or "")
    return cache.snapshot_path(commit) if commit else None
