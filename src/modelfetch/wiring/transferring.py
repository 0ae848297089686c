"""From a plan to files.

Rule: whatever can refuse a download is asked before anything of it is begun: memory, the plan, its names, being offline, room
on the disk. Where every byte is there already, only names are missing, and neither the network nor room is asked for. Who asks
and where is settled in the call, not when its turn comes: what the environment says later is for later calls.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, NoReturn, assert_never

from ..adapters.account import Account, account
from ..adapters.cache import RepoCache
from ..adapters.http import HttpWire
from ..adapters.hub import Hub, HubFiles
from ..adapters.threads import ThreadDriver
from ..core.kept.record import Selection
from ..core.planning.plan import DownloadPlan
from ..core.planning.plan_file import believed
from ..core.planning.unsafe import check_safe
from ..core.transfer import events as ev
from ..core.transfer.contents import contents
from ..core.transfer.machine import Machine
from ..core.transfer.policy import Policy
from ..core.transfer.progress import Meter
from ..core.wire.refusal import Question
from ..core.wire.tokens import allowed_token, asked_endpoint
from ..errors import ModelFetchError, NotCachedError
from ..job import DownloadResult
from .fitting import require_memory
from .options import PlanOptions, TransferOptions, Waiting
from .planning import BACKSTOP, WHY_OFFLINE, account_of, agent, plan, seen_from, specify
from .room import little_room, room_for
from .tidying import tidied

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..core.models.spec import ModelSpec
    from ..core.transfer.ports import Line
    from ..core.transfer.progress import DownloadProgress
    from ..job import Run


def transfer(
    model: str | ModelSpec | DownloadPlan, options: PlanOptions, how: TransferOptions
) -> Callable[[Run], DownloadResult]:
    """What a run is to do: the whole download, on its thread. A plan or an account that is none is that run's error."""
    try:
        where = _account_for(believed(model), options) if isinstance(model, DownloadPlan) else account_of(options)
    except (ModelFetchError, ValueError) as error:
        return partial(_refused, error)
    return partial(_transfer, model, options, how, where)


def _refused(error: Exception, _: Run) -> NoReturn:
    raise error


def _transfer(
    model: str | ModelSpec | DownloadPlan, options: PlanOptions, how: TransferOptions, where: Account, job: Run
) -> DownloadResult:
    began = time.monotonic()
    if isinstance(model, DownloadPlan):
        planned = believed(model)
        if how.check_memory:
            require_memory(planned)
        if not options.allow_unsafe:
            check_safe(planned)
    else:
        spec = specify(model, options)
        if how.check_memory:
            require_memory(spec)
        planned = plan(spec, options, where, Waiting(job.wanted, job.on_stop), how.stall_timeout)
    job.wanted()
    cache = RepoCache(where.cache_dir, planned.repo_id)
    planned = seen_from(cache, planned)
    cache.check_names(planned.commit, [file.entry for file in planned.files])
    if planned.is_complete:
        with little_room(planned, cache, how.storage_headroom):
            result = _Download(planned, where, cache, how, job).run(began)
        return tidied(result, cache)
    _check_online(planned, where)
    where.check_token()
    with room_for(planned, cache, how.storage_headroom, discards=lambda: job.discards):
        result = _Download(planned, where, cache, how, job).run(began)
    return tidied(result, cache)


def _account_for(plan: DownloadPlan, options: PlanOptions) -> Account:
    """The account that ``plan`` is carried out with."""
    usual = account(False, options.endpoint, options.cache_dir).endpoint  # noqa: FBT003 - no token yet
    endpoint = asked_endpoint(plan.endpoint, usual, options.endpoint)
    return account(allowed_token(endpoint, usual, requested=options.token), endpoint, options.cache_dir)


def _check_online(plan: DownloadPlan, where: Account) -> None:
    if where.offline:
        raise _incomplete(plan)


def _incomplete(plan: DownloadPlan) -> NotCachedError:
    missing = [file.path for file in plan.files if file.state != "cached"]
    more = f", and {len(missing) - 5} more" if len(missing) > 5 else ""  # noqa: PLR2004 - as many as a line holds
    message = (
        f"{plan.repo_id} is not complete in the cache, without {', '.join(missing[:5])}{more}. A complete "
        f"copy was expected, because {WHY_OFFLINE}. No request was made; go online and download it."
    )
    return NotCachedError(message, missing=missing)


class _NoLine:
    """What a download has that may not ask: all was there when it began, and what was taken away since is not asked for.

    ``why``: the error that says so.
    """

    is_shut = False
    brought = 0

    def __init__(self, why: Callable[[], ModelFetchError]) -> None:
        self._why = why

    def send(self, method: str, url: str, headers: Mapping[str, str]) -> NoReturn:  # noqa: ARG002 - as any line is asked
        """Raises the error."""
        raise self._why()

    def shut(self) -> None:
        """There is nothing to end."""


class _Download:
    """One plan being carried out; everything it touches is made here and closed here."""

    def __init__(self, plan: DownloadPlan, where: Account, cache: RepoCache, how: TransferOptions, job: Run) -> None:
        self._plan, self._cache, self._job = plan, cache, job
        asked = Question(plan.repo_id, plan.commit, where.endpoint, with_token=where.token is not None)
        policy = Policy(how.max_connections, how.stall_timeout, how.bandwidth_limit, how.stall_floor)
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
            line=self._line_for(where),
            policy=policy,
            look=self._look,
        )

    def _line_for(self, where: Account) -> Callable[[], Line]:
        if where.offline:
            return lambda: _NoLine(lambda: _incomplete(seen_from(self._cache, self._plan)))
        if (refusal := where.refusal) is not None:
            return lambda: _NoLine(lambda: refusal)
        return self._wire.line

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
                raise self._job.cancelled()
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
