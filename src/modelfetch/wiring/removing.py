"""Taking a model out of the cache, without a request.

Rule: what is being downloaded is not removed. A download that was just cancelled has a moment to let go.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..adapters.cache import Removal, RepoCache
from ..errors import DownloadInProgressError
from .folder import cache_folder
from .naming import asked_revision, specify_cached

if TYPE_CHECKING:
    from ..core.models.spec import ModelSpec
    from .options import PlanOptions


LETS_GO_WITHIN = 1.0
"""Seconds after which no thread of a cancelled download lives any more."""

_LOOK_EVERY = 0.05


def remove(model: str | ModelSpec, options: PlanOptions) -> int:
    """Remove the model, or the one revision that somebody chose; the bytes freed."""
    until = time.monotonic() + LETS_GO_WITHIN
    while True:
        try:
            return _remove(model, options)
        except DownloadInProgressError:
            if time.monotonic() >= until:
                raise
            time.sleep(_LOOK_EVERY)


def _remove(model: str | ModelSpec, options: PlanOptions) -> int:
    spec, root = specify_cached(model, options), cache_folder(options.cache_dir)
    removal = Removal(root, spec.repo_id)
    if asked_revision(model, options) is None:
        return removal.everything()
    commit = RepoCache(root, spec.repo_id).commit_of(spec.revision or "")
    return 0 if commit is None else removal.commit(commit)
