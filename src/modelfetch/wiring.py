"""Which adapter serves which port: from what a verb was asked to a plan, and from a plan to a running download.

Rule: this is the one place where the core meets the world. It makes no decision that the core could make.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypedDict, assert_never

from .adapters.account import Account, account
from .adapters.cache import RepoCache
from .adapters.http import HttpWire
from .adapters.hub import Hub, HubFiles
from .adapters.machine import total_memory
from .adapters.threads import Crew, Scope, ThreadDriver, in_background
from .backends import backend_files
from .core import events as ev
from .core.asking import list_repo
from .core.catalog import ModelSpec, resolve
from .core.fit import check_memory, check_storage
from .core.http import origin
from .core.listing import is_commit
from .core.machine import Machine, Policy
from .core.plan import DownloadPlan, make_plan, plan_of
from .core.progress import Meter
from .core.record import Selection
from .core.refusal import Question
from .core.transfer import FileTransfer
from .errors import DownloadCancelled, NotCachedError
from .job import CANCELLED, DownloadResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from os import PathLike

    from .core.progress import DownloadProgress
    from .job import DownloadJob


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """What ``plan_download`` takes, beside the model and the cancel."""

    catalog: Mapping[str, ModelSpec]
    backend: str | None = None
    revision: str | None = None
    allow_patterns: str | Iterable[str] | None = None
    ignore_patterns: str | Iterable[str] | None = None
    cache_dir: str | PathLike[str] | None = None
    token: str | bool | None = None
    endpoint: str | None = None
    update: bool = True


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


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOptions:
    """What ``download`` takes beside that: shares, seconds, bytes a second."""

    storage_headroom: float = 0.2
    check_memory: bool = True
    max_connections: int | None = None
    bandwidth_limit: float | None = None
    stall_timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """How a caller waits: ``wanted`` raises when it does not want to any more, ``on_ring`` takes what wakes it."""

    wanted: Callable[[], None]
    on_ring: Callable[[Callable[[], None]], None]


# ------------------------------------------------------------------ from a name to a plan


def specify(model: str | ModelSpec, options: PlanOptions) -> ModelSpec:
    """What ``model`` means, with the caller's choices and the backend's file patterns."""
    spec = resolve(model, options.catalog, backend=options.backend, revision=options.revision)
    allow = options.allow_patterns if options.allow_patterns is not None else spec.allow_patterns
    if allow is None and spec.backend is not None:
        allow = backend_files(spec.backend).patterns
    ignore = options.ignore_patterns if options.ignore_patterns is not None else spec.ignore_patterns
    return replace(spec, allow_patterns=allow, ignore_patterns=ignore)  # type: ignore[arg-type]  # made a tuple there


def plan(spec: ModelSpec, options: PlanOptions, waiting: Waiting, stall_timeout: float) -> DownloadPlan:
    """The plan for ``spec``: from what was recorded where that is enough, else from the Hub."""
    where = account(options.token, options.endpoint, options.cache_dir)
    crew, wire = Crew("plan"), HttpWire(stall_timeout + _BACKSTOP)
    scope = Scope(wire.line, stall_timeout)
    try:
        return in_background(crew, lambda: _plan(spec, where, options, scope), scope, waiting.wanted, waiting.on_ring)
    finally:
        crew.close()
        wire.close()


_BACKSTOP = 5.0
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
    return _seen_from(cache, make_plan(listing, spec, where.endpoint, {}))


def _recorded_plan(spec: ModelSpec, where: Account, cache: RepoCache) -> DownloadPlan | None:
    commit = cache.commit_of(spec.revision or "")
    record = cache.recorded(commit) if commit else None
    files = record.files_for(spec.allow_patterns, spec.ignore_patterns) if record else None
    if commit is None or not files:
        return None
    return _seen_from(cache, plan_of(files, commit, spec, where.endpoint))


def _seen_from(cache: RepoCache, plan: DownloadPlan) -> DownloadPlan:
    return plan.with_inventory(cache.inventory(plan.commit, (file.entry for file in plan.files)))


def _offline(spec: ModelSpec) -> NotCachedError:
    return NotCachedError(
        f"{spec.repo_id} at {spec.revision!r} cannot be planned offline: no listing of it was recorded in the cache. A model "
        "that was downloaded before was expected. No request was made; download it once while online (HF_HUB_OFFLINE is set).",
    )


def agent() -> str:
    """The User-Agent: who we are, and which Python."""
    from . import __version__  # noqa: PLC0415 - the package's own literal, read late so that importing stays free

    return f"modelfetch/{__version__}; python/{sys.version_info.major}.{sys.version_info.minor}"


# ------------------------------------------------------------------ from a plan to files


def transfer(
    model: str | ModelSpec | DownloadPlan, options: PlanOptions, how: TransferOptions, job: DownloadJob
) -> DownloadResult:
    """The whole download, on the job's thread."""
    began = time.monotonic()
    if isinstance(model, DownloadPlan):
        planned = model
        where = _account_for(planned, options)
    else:
        spec = specify(model, options)
        if how.check_memory:
            check_memory(spec, total_memory())
        planned = plan(spec, options, Waiting(job.wanted, job.on_stop), how.stall_timeout)
        where = account(options.token, options.endpoint, options.cache_dir)
    job.wanted()
    cache = RepoCache(where.cache_dir, planned.repo_id)
    planned = _seen_from(cache, planned)
    _check(planned, where, cache, how)
    return _Download(planned, where, cache, how, job).run(began)


def _account_for(plan: DownloadPlan, options: PlanOptions) -> Account:
    """A plan's own endpoint; the user's usual token goes there only when it is the usual endpoint as well."""
    usual = account(False, options.endpoint, options.cache_dir)  # noqa: FBT003 - no token yet
    endpoint = usual.endpoint if options.endpoint else plan.endpoint
    is_own = options.endpoint is not None or origin(endpoint) == origin(usual.endpoint)
    token = options.token if is_own or isinstance(options.token, str) else False
    return account(token, endpoint, options.cache_dir)


def _check(plan: DownloadPlan, where: Account, cache: RepoCache, how: TransferOptions) -> None:
    if plan.is_complete:
        return
    if where.offline:
        missing = [file.path for file in plan.files if file.state != "cached"]
        message = (
            f"{plan.repo_id} is not complete in the cache: {len(missing)} files are missing ({', '.join(missing[:5])}). A complete "
            "copy was expected, because HF_HUB_OFFLINE is set. No request was made; go online and download it."
        )
        raise NotCachedError(message, missing=missing)
    check_storage(plan.repo_id, plan.remaining_bytes, how.storage_headroom, cache.free_bytes())


class _Download:
    """One plan being carried out; everything it touches is made here and closed here."""

    def __init__(
        self, plan: DownloadPlan, where: Account, cache: RepoCache, how: TransferOptions, job: DownloadJob
    ) -> None:
        self._plan, self._cache, self._job = plan, cache, job
        asked = Question(plan.repo_id, plan.commit, where.endpoint, with_token=where.token is not None)
        policy = Policy(how.max_connections, how.stall_timeout, how.bandwidth_limit)
        self._machine = Machine(contents(plan), policy, asked)
        self._meter = Meter(plan.total_bytes, len(plan.files))
        self._wire = HttpWire(how.stall_timeout + _BACKSTOP)
        hub = Hub(where.endpoint, where.token, agent())
        self._driver = ThreadDriver(
            self._machine,
            HubFiles(hub, plan.repo_id, plan.commit),
            cache,
            commit=plan.commit,
            revision=plan.revision,
            selection=Selection(plan.allow_patterns, plan.ignore_patterns, tuple(file.entry for file in plan.files)),
            line=self._wire.line,
            bandwidth_limit=how.bandwidth_limit,
            look=self._look,
        )

    def run(self, began: float) -> DownloadResult:
        """Carry it out on this thread."""
        self._job.begin(self._fold())
        self._job.on_stop(lambda: self._driver.cancel(discard=self._job.discards))
        try:
            outcome = self._driver.run()
        finally:
            self._wire.close()
        match outcome:
            case ev.Failure(error):
                raise error
            case ev.Cancelled():
                raise DownloadCancelled(CANCELLED)
            case ev.Complete():
                return self._result(began)
            case _:
                assert_never(outcome)

    def _look(self) -> None:
        self._job.look()
        self._job.show(self._fold())

    def _fold(self) -> DownloadProgress:
        self._meter, progress = self._meter.fold(self._machine.observe(), time.monotonic())
        return progress

    def _result(self, began: float) -> DownloadResult:
        progress = self._fold()
        return DownloadResult(
            path=self._cache.snapshot_path(self._plan.commit),
            commit=self._plan.commit,
            files=_seen_from(self._cache, self._plan).files,
            bytes_transferred=self._machine.transferred,
            bytes_reused=progress.bytes_reused,
            elapsed=time.monotonic() - began,
            progress=progress,
        )


def contents(plan: DownloadPlan) -> tuple[FileTransfer, ...]:
    """The plan's distinct contents: one that several paths want is fetched once."""
    found: dict[str, FileTransfer] = {}
    for file in plan.files:
        old = found.get(file.blob_id)
        paths = (*old.paths, file.path) if old else (file.path,)
        cached = file.state == "cached" and (old is None or old.cached)
        found[file.blob_id] = FileTransfer(file.blob_id, file.size, paths, cached=cached)
    return tuple(found.values())
