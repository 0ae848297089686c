"""From a name to a loaded model, without a request.

Rule: the commit that the revision names is loaded; where that one is not all here, the newest of the branch that is. Where none
is, what is told is what the first of them lacks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from ..adapters.cache import CachedRepo, RepoCache
from ..backends import find_backend
from ..backends.opening import open_model, refuse_platform, refuse_pointer
from ..loaded import LoadedModel, frozen, loaded_models
from . import load_messages
from .commits import candidates
from .folder import cache_folder
from .inspecting import inspect, reading
from .judging import Absent, Damaged, Incomplete, Loadable, Unclaimed, judged
from .naming import typed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..core.models.spec import ModelSpec
    from ..errors import ModelFetchError
    from .judging import Unloadable
    from .options import PlanOptions


def load(spec: ModelSpec, options: PlanOptions, *, reuse: bool, backend_options: Mapping[str, object]) -> object:
    """What the backend makes of the cached files of ``spec``."""
    if spec.backend is not None:
        refuse_platform(find_backend(spec.backend))
    root, spec = cache_folder(options.cache_dir), typed(spec, options)
    found = _loadable(spec, RepoCache(root, spec.repo_id), CachedRepo(root, spec.repo_id))
    refuse_platform(found.backend)

    def loaded() -> object:
        inspect(found.backend, found.folder, found.sizes)
        return open_model(found.backend, load_messages.shown(spec), found.folder, backend_options)

    if not reuse:
        return loaded()
    key = (found.folder, found.backend, frozen(dict(backend_options)))
    return loaded_models.get(key, LoadedModel(spec.repo_id, found.commit, found.backend.name), loaded)


def _loadable(spec: ModelSpec, cache: RepoCache, repo: CachedRepo) -> Loadable:
    """The likeliest commit of the revision that can be loaded."""
    first: Unloadable | None = None
    for commit in candidates(spec.revision or "", cache, repo):
        found = judged(spec, cache, commit)
        if isinstance(found, Loadable):
            return found
        first = first or found
        if first.is_final:
            break
    raise _refusal(spec, cache, first or Absent())


def _refusal(spec: ModelSpec, cache: RepoCache, found: Unloadable) -> ModelFetchError:
    match found:
        case Absent():
            return load_messages.absent(spec, cache)
        case Unclaimed():
            return load_messages.unclaimed(spec, found)
        case Incomplete():
            return load_messages.incomplete(spec, found)
        case Damaged():
            with reading(found.folder):
                refuse_pointer(found.folder, found.file.path, found.size)
            return load_messages.damaged(spec, found)
        case _ as unreachable:
            assert_never(unreachable)
