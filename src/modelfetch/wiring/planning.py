"""From a name to a plan.

Rule: what is recorded on disk answers for a commit, which never changes, where the network is off, and, complete, for who
passes ``update=False``. All else the Hub answers; one that cannot be reached is an error and never an old answer.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from ..adapters.account import Account, account
from ..adapters.cache import CachedRepo, RepoCache
from ..adapters.http import HttpWire
from ..adapters.hub import Hub
from ..adapters.threads import Crew, Scope, in_background
from ..backends import find_backend, infer_backend, list_backends
from ..core.kept.record import Selection
from ..core.kept.status import ModelStatus
from ..core.models.catalog import resolve
from ..core.models.spec import ModelSpec, patterns
from ..core.planning.asking import list_repo
from ..core.planning.listing import is_commit, literal
from ..core.planning.plan import DownloadPlan, make_plan, nothing_fits, plan_of
from ..core.planning.unsafe import check_safe
from ..core.wire.refusal import Question
from ..errors import ModelFetchError, NotCachedError
from .commits import candidates
from .looking import snapshot

if TYPE_CHECKING:
    from ..core.kept.record import SnapshotRecord
    from ..core.planning.listing import FileEntry
    from .options import PlanOptions, Waiting


def specify(model: str | ModelSpec, options: PlanOptions) -> ModelSpec:
    """What ``model`` means, with the caller's choices and the backend's file patterns."""
    return chosen(resolve(model, options.catalog, backend=options.backend, revision=options.revision), options)


def chosen(spec: ModelSpec, options: PlanOptions) -> ModelSpec:
    """``spec`` with the caller's file patterns, else its own, else its backend's."""
    allow = options.allow_patterns if options.allow_patterns is not None else spec.allow_patterns
    if allow is None and spec.backend is not None:
        allow = find_backend(spec.backend).patterns
    ignore = options.ignore_patterns if options.ignore_patterns is not None else spec.ignore_patterns
    return replace(spec, allow_patterns=patterns(allow), ignore_patterns=patterns(ignore))


def account_of(options: PlanOptions) -> Account:
    """Who asks and where, as the environment says now. Raises AuthenticationError, and NetworkError for no endpoint."""
    return account(options.token, options.endpoint, options.cache_dir)


def plan(spec: ModelSpec, options: PlanOptions, where: Account, waiting: Waiting, stall_timeout: float) -> DownloadPlan:
    """The plan for ``spec``: from what was recorded where that is enough, else from the Hub."""
    crew, wire = Crew("plan"), HttpWire(stall_timeout + BACKSTOP)
    scope = Scope(wire.line, stall_timeout)
    try:
        made = in_background(crew, lambda: _plan(spec, where, options, scope), scope, waiting.wanted, waiting.on_ring)
    finally:
        crew.close()
        wire.close()
    if not options.allow_unsafe:
        check_safe(made)  # before a backend is inferred: a listing shall not talk itself past the policy
    return _inferred(made)


def _inferred(plan: DownloadPlan) -> DownloadPlan:
    """``plan`` with the backend that its files are for, where nobody asked for one; the files stay as they are."""
    inference = infer_backend([file.path for file in plan.files])
    return plan.with_inference(inference.backend, inference.reason)


WHY_OFFLINE = "HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE or huggingface_hub forbids the network"
"""Where to look when it is not known who switched it off."""

BACKSTOP = 5.0
"""Seconds beyond the stall time-out after which a socket gives up by itself, should nobody watch it."""


def _plan(spec: ModelSpec, where: Account, options: PlanOptions, scope: Scope) -> DownloadPlan:
    cache = RepoCache(where.cache_dir, spec.repo_id)
    revision = spec.revision or ""
    commit = cache.commit_of(revision)
    recorded = _recorded_plan(spec, where, cache, commit)
    if not options.update and (complete := _newest_complete(spec, where, cache)) is not None:
        return complete
    if recorded is not None and (is_commit(revision) or where.offline):
        return recorded
    if where.offline:
        raise _offline(spec, cache.recorded(commit) if commit else None)
    where.check_token()
    by_branch = options.update and not is_commit(revision)
    asked = Question(spec.repo_id, revision, where.endpoint, with_token=where.token is not None, by_branch=by_branch)
    talk = list_repo(asked, lambda commit: _recorded_files(spec, cache, commit))
    listing = Hub(where.endpoint, where.token, agent()).talk(talk, scope.line, scope.sleep)
    return seen_from(cache, make_plan(listing, spec, where.endpoint, {}))


def _newest_complete(spec: ModelSpec, where: Account, cache: RepoCache) -> DownloadPlan | None:
    """The plan of the newest copy on disk of which nothing is missing."""
    repo = CachedRepo(where.cache_dir, spec.repo_id)
    for commit in candidates(spec.revision or "", cache, repo):
        found = _recorded_plan(spec, where, cache, commit) or _plan_as_it_lies(spec, where, cache, repo, commit)
        if found is not None and found.is_complete:
            return found
    return None


def _recorded_files(spec: ModelSpec, cache: RepoCache, commit: str | None) -> tuple[FileEntry, ...] | None:
    record = cache.recorded(commit) if commit else None
    return record.files_for(patterns(spec.allow_patterns), patterns(spec.ignore_patterns)) if record else None


def _recorded_plan(spec: ModelSpec, where: Account, cache: RepoCache, commit: str | None) -> DownloadPlan | None:
    files = _recorded_files(spec, cache, commit)
    if commit is None or not files:
        return None
    return seen_from(cache, plan_of(files, commit, spec, where.endpoint))


def _plan_as_it_lies(
    spec: ModelSpec, where: Account, cache: RepoCache, repo: CachedRepo, commit: str
) -> DownloadPlan | None:
    """The plan of a copy that its backend finds complete although nobody noted what ``spec`` asks for: its files, by their names.

    By their names, because the patterns of ``spec`` may choose others in the repo, of which nothing is known here. Where more
    is asked for than the backend does, nobody knows whether that is there.
    """
    if not _is_backends_own(spec):
        return None
    found = snapshot(spec, cache, repo, commit)
    if found.status(spec.backend, leftovers=False) is not ModelStatus.DOWNLOADED or not (files := found.entries()):
        return None
    named = replace(spec, allow_patterns=[literal(file.path) for file in files], ignore_patterns=None)
    return seen_from(cache, plan_of(files, commit, named, where.endpoint))


def seen_from(cache: RepoCache, plan: DownloadPlan) -> DownloadPlan:
    """``plan`` with what ``cache`` has of it now."""
    return plan.with_inventory(cache.inventory(plan.commit, (file.entry for file in plan.files)))


def _is_backends_own(spec: ModelSpec) -> bool:
    """Whether what is asked for is what its backend asks for, so that the backend can say whether it is there."""
    backend = next((known for known in list_backends() if known.name == spec.backend), None)
    asked = set(patterns(spec.allow_patterns) or ())
    return backend is not None and asked == set(backend.patterns) and not spec.ignore_patterns


def _offline(spec: ModelSpec, record: SnapshotRecord | None) -> ModelFetchError:
    if record is not None and (all_files := record.files_for(None, None)):
        return nothing_fits(all_files, spec)
    known, todo = "no listing of it was recorded in the cache", f"download it once while online ({WHY_OFFLINE})"
    if record is not None:
        asked = Selection(patterns(spec.allow_patterns), patterns(spec.ignore_patterns), ())
        others = ", or ".join(selection.choice for selection in record.selections)
        known = f"{asked.choice} are asked for, and what was recorded in the cache is {others}"
        todo = f"ask for that, or {todo}"
    return NotCachedError(
        f"{spec.repo_id} at {spec.revision!r} cannot be planned offline: {known}. A model that was downloaded before was "
        f"expected. No request was made; {todo}.",
    )


def agent() -> str:
    """The User-Agent: who we are, and which Python."""
    from .. import __version__  # noqa: PLC0415 - the package's own literal, read late so that importing stays free

    return f"modelfetch/{__version__}; python/{sys.version_info.major}.{sys.version_info.minor}"
