"""What is in the cache, without a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..adapters.account import cache_dir
from ..adapters.cache import RepoCache
from ..backends import BACKENDS, backend_files
from ..core.catalog import patterns
from ..core.status import ModelStatus, status_of

if TYPE_CHECKING:
    from ..core.catalog import ModelSpec
    from ..core.listing import FileEntry
    from .options import PlanOptions


def status(spec: ModelSpec, options: PlanOptions) -> ModelStatus:
    """How much of ``spec`` is in the cache; no request is made."""
    cache = RepoCache(cache_dir(options.cache_dir), spec.repo_id)
    commit = cache.commit_of(spec.revision or "")
    leftovers = cache.has_leftovers()
    if commit is None:
        return status_of((), (), {}, leftovers=leftovers)
    sizes = cache.sizes(commit)
    backends = BACKENDS if spec.backend is None else (spec.backend,)
    lacking = (backend_files(name).missing(sizes) for name in backends)
    return status_of(_recorded_choices(spec, cache, commit), lacking, sizes, leftovers=leftovers)


def _recorded_choices(spec: ModelSpec, cache: RepoCache, commit: str) -> list[tuple[FileEntry, ...]]:
    """What was recorded of ``spec``; without patterns of its own, whatever was asked for then."""
    record = cache.recorded(commit)
    if record is None:
        return []
    exact = record.files_for(patterns(spec.allow_patterns), patterns(spec.ignore_patterns))
    if exact:
        return [exact]
    anything = spec.allow_patterns is None and not spec.ignore_patterns
    return [selection.files for selection in record.selections] if anything else []
