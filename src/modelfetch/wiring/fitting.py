"""From a model and this machine to a verdict, without a request.

Rule: the more is known of the files, the better the estimate: a plan knows their sizes, a copy in the cache knows what
is inside them, and a spec alone knows what its catalog says. What was declared counts in all three: a plan keeps it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..adapters.account import cache_dir
from ..adapters.cache import RepoCache, free_bytes
from ..adapters.machine import available_memory, total_memory
from ..backends import find_backend
from ..backends.guarded import guarded
from ..core.kept.status import ModelStatus
from ..core.models.fit import MachineFacts, check_memory, judge_fit
from ..core.models.spec import ModelSpec
from ..core.planning.plan import DownloadPlan
from .looking import status
from .planning import seen_from

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike
    from pathlib import Path

    from ..core.models.fit import Fit, MemoryEstimate
    from .options import PlanOptions


def machine(requested: str | PathLike[str] | None) -> MachineFacts:
    """What this machine has now, and how much may be written where the cache is."""
    return MachineFacts(total_memory(), available_memory(), free_bytes(str(cache_dir(requested))))


def require_memory(model: ModelSpec | DownloadPlan) -> None:
    """Raise InsufficientMemoryError when ``model`` declares more memory than this machine has."""
    if isinstance(model, DownloadPlan):
        check_memory(model.repo_id, model.min_ram_bytes, total_memory())
    else:
        check_memory(model.title, model.declared_ram_bytes, total_memory())


def fit_plan(
    plan: DownloadPlan,
    options: PlanOptions,
    here: MachineFacts,
    *,
    storage_headroom: float,
    backend_options: Mapping[str, object],
) -> Fit:
    """Whether the files of ``plan`` fit the machine ``here``; what is on disk by now needs no room."""
    seen = seen_from(RepoCache(cache_dir(options.cache_dir), plan.repo_id), plan)
    backend = options.backend or seen.backend
    spec = ModelSpec(seen.repo_id, seen.repo_id, backend=backend, min_ram_bytes=seen.min_ram_bytes)
    estimate = _estimate(spec, {file.path: file.size for file in seen.files}, backend_options)
    return judge_fit(spec, here, estimate=estimate, remaining=seen.remaining_bytes, storage_headroom=storage_headroom)


def fit_model(
    spec: ModelSpec,
    options: PlanOptions,
    here: MachineFacts,
    *,
    storage_headroom: float,
    backend_options: Mapping[str, object],
) -> Fit:
    """Whether ``spec`` fits the machine ``here``: by its complete copy, of which nothing remains to be fetched, or as declared."""
    cache = RepoCache(cache_dir(options.cache_dir), spec.repo_id)
    is_here = status(spec, options) is ModelStatus.DOWNLOADED
    commit = cache.commit_of(spec.revision or "") if is_here else None
    if commit is None:  # not downloaded, or removed meanwhile
        return judge_fit(spec, here, storage_headroom=storage_headroom)
    estimate = _estimate(spec, cache.sizes(commit), backend_options, cache.snapshot_path(commit))
    return judge_fit(spec, here, estimate=estimate, remaining=0, storage_headroom=storage_headroom)


def _estimate(
    spec: ModelSpec, sizes: Mapping[str, int], options: Mapping[str, object], folder: Path | None = None
) -> MemoryEstimate | None:
    if spec.backend is None:
        return None
    backend = find_backend(spec.backend)
    with guarded(backend, "facts"):
        facts = {} if folder is None else backend.facts(folder)
    with guarded(backend, "memory"):
        return backend.estimate(sizes, options, facts)
