"""Which repo a name means, for the verbs over the cache.

Rule: what is in the cache can be named as it is listed. The Hub's first models have no owner (``gpt2``), and a mirror
may call its own as it likes; a download refuses such names, but who finds one on disk may look at it and remove it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..adapters.account import cache_dir
from ..adapters.cache import CachedRepo, is_folder_name
from ..core.models.catalog import DEFAULT_REVISION, parted
from ..core.models.spec import ModelSpec
from ..core.paths import unsafe
from .planning import chosen, specify

if TYPE_CHECKING:
    from .options import PlanOptions


def specify_cached(model: str | ModelSpec, options: PlanOptions) -> ModelSpec:
    """What ``model`` means, as :func:`specify` has it, or the folder of that name in the cache."""
    if isinstance(model, str):
        name, named = parted(model)
        revision = options.revision or named or DEFAULT_REVISION
        if name not in options.catalog and not unsafe(revision) and _has_folder(name, options):
            return chosen(ModelSpec(name, name, backend=options.backend, revision=revision), options)
    return specify(model, options)


def asked_revision(model: str | ModelSpec, options: PlanOptions) -> str | None:
    """The revision that somebody chose: the caller, or whoever wrote the spec; None when nobody did."""
    if options.revision:
        return options.revision
    if isinstance(model, ModelSpec):
        return model.revision
    name, revision = parted(model)
    spec = options.catalog.get(name)
    return revision or (None if spec is None else spec.revision)


def typed(spec: ModelSpec, options: PlanOptions) -> ModelSpec:
    """``spec`` under a name that can be typed: the one that the catalog has for its repo, else the repo id."""
    known = options.catalog.get(spec.name)
    return spec if known is not None and known.repo_id == spec.repo_id else replace(spec, name=spec.repo_id)


def _has_folder(repo_id: str, options: PlanOptions) -> bool:
    return is_folder_name(repo_id) and CachedRepo(cache_dir(options.cache_dir), repo_id).is_there
