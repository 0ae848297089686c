"""From a plan to files."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, assert_never

from ..adapters.account import Account, account
from ..adapters.cache import RepoCache
from ..adapters.http import HttpWire
from ..adapters.hub import Hub, HubFiles
from ..adapters.machine import total_memory
from ..adapters.threads import ThreadDriver
from ..core import events as ev
from ..core.fit import check_memory, check_storage
from ..core.http import origin
from ..core.machine import Machine, Policy
from ..core.plan import DownloadPlan
from ..core.progress import Meter
from ..core.record import Selection
from ..core.refusal import Question
from ..core.transfer import FileTransfer
from ..errors import DownloadCancelled, NotCachedError
from ..job import CANCELLED, DownloadResult
from .options import PlanOptions, TransferOptions, Waiting
from .planning import BACKSTOP, agent, plan, seen_from, specify

if TYPE_CHECKING:
    from ..core.catalog import ModelSpec
    from ..core.progress import DownloadProgress
    from ..job import DownloadJob


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
    planned = seen_from(cache, planned)
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
        self._wire = HttpWire(how.stall_timeout + BACKSTOP)
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
            files=seen_from(self._cache, self._plan).files,
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
        found[file.blob_id] = FileTransfer(file.blob_id, file.size, paths, cached=cached, seen=file.bytes_present)
    return tuple(found.values())
