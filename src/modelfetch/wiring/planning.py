"""From a name to a plan."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from ..adapters.account import Account, account
from ..adapters.cache import RepoCache
from ..adapters.http import HttpWire
from ..adapters.hub import Hub
from ..adapters.threads import Crew, Scope, in_background
from ..backends import backend_files
from ..core.asking import list_repo
from ..core.catalog import ModelSpec, patterns, resolve
from ..core.listing import is_commit
from ..core.plan import DownloadPlan, make_plan, plan_of
from ..core.refusal import Question
from ..errors import NotCachedError

if TYPE_CHECKING:
    from .options import PlanOptions, Waiting


def specify(model: str | ModelSpec, options: PlanOptions) -> ModelSpec:
    """What ``model`` means, with the caller's choices and the backend's file patterns."""
    spec = resolve(model, options.catalog, backend=options.backend, revision=options.revision)
    allow = options.allow_patterns if options.allow_patterns is not None else spec.allow_patterns
    if allow is None and spec.backend is not None:
        allow = backend_files(spec.backend).patterns
    ignore = options.ignore_patterns if options.ignore_patterns is not None else spec.ignore_patterns
    return replace(spec, allow_patterns=patterns(allow), ignore_patterns=patterns(ignore))


def plan(spec: ModelSpec, options: PlanOptions, waiting: Waiting, stall_timeout: float) -> DownloadPlan:
    """The plan for ``spec``: from what was recorded where that is enough, else from the Hub."""
    where = account(options.token, options.endpoint, options.cache_dir)
    crew, wire = Crew("plan"), HttpWire(stall_timeout + BACKSTOP)
    scope = Scope(wire.line, stall_timeout)
    try:
        return in_background(crew, lambda: _plan(spec, where, options, scope), scope, waiting.wanted, waiting.on_ring)
    finally:
        crew.close()
        wire.close()


BACKSTOP = 5.0
"""Seconds beyond the stall time-out after which a socket gives up by itself, should nobody watch it."""


def _plan(spec: ModelSpec, where: Account, options: PlanOptions, scope: Scope) -> DownloadPlan:
    cache = RepoCache(where.cache_dir, spec.repo_id)
    recorded = _recorded_plan(spec, where, cache)
    revision = spec.revision or ""
    if recorded is not None and (is_commit(revision) or where.offline or (not options.update and recorded.is_complete)):
        return recorded
    if where.offline:
        raise _offline(spec)
    asked = Question(spec.repo_id, revision, where.endpoint, with_token=where.token is not None)
    listing = Hub(where.endpoint, where.token, agent()).talk(list_repo(asked), scope.line, scope.sleep)
    return seen_from(cache, make_plan(listing, spec, where.endpoint, {}))


def _recorded_plan(spec: ModelSpec, where: Account, cache: RepoCache) -> DownloadPlan | None:
    commit = cache.commit_of(spec.revision or "")
    record = cache.recorded(commit) if commit else None
    files = record.files_for(patterns(spec.allow_patterns), patterns(spec.ignore_patterns)) if record else None
    if commit is None or not files:
        return None
    return seen_from(cache, plan_of(files, commit, spec, where.endpoint))


def seen_from(cache: RepoCache, plan: DownloadPlan) -> DownloadPlan:
    """``plan`` with what ``cache`` has of it now."""
    return plan.with_inventory(cache.inventory(plan.commit, (file.entry for file in plan.files)))


def _offline(spec: ModelSpec) -> NotCachedError:
    return NotCachedError(
        f"{spec.repo_id} at {spec.revision!r} cannot be planned offline: no listing of it was recorded in the cache. A model "
        "that was downloaded before was expected. No request was made; download it once while online (HF_HUB_OFFLINE is set).",
    )


def agent() -> str:
    """The User-Agent: who we are, and which Python."""
    from .. import __version__  # noqa: PLC0415 - the package's own literal, read late so that importing stays free

    return f"modelfetch/{__version__}; python/{sys.version_info.major}.{sys.version_info.minor}"
