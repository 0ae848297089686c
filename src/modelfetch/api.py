"""The verbs: what a host calls.

Rule: a verb says what it takes, gives and raises, checks that before it does anything, and hands the rest to the wiring.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Unpack

from .arguments import checked
from .cancel import CancelToken
from .core.models.builtin import DEFAULT_CATALOG
from .core.models.headroom import HEADROOM
from .core.planning.plan import DownloadPlan
from .core.transfer.stall import FLOOR, WINDOW
from .errors import DownloadCancelled
from .job import DownloadJob, Run, follow
from .wiring import PlanKeywords, PlanOptions, TransferOptions, Waiting, account_of, plan, specify, transfer
from .wiring import plan_options as read_plan_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from os import PathLike

    from .cancel import SupportsIsSet
    from .core.models.spec import ModelSpec
    from .core.transfer.progress import DownloadProgress
    from .job import DownloadResult


def plan_download(  # noqa: PLR0913 - each is a choice a caller may want to make
    model: str | ModelSpec,
    *,
    backend: str | None = None,
    revision: str | None = None,
    allow_patterns: str | Iterable[str] | None = None,
    ignore_patterns: str | Iterable[str] | None = None,
    cache_dir: str | PathLike[str] | None = None,
    token: str | bool | None = None,
    endpoint: str | None = None,
    catalog: Mapping[str, ModelSpec] | None = None,
    update: bool = True,
    allow_unsafe: bool = True,
    cancel: SupportsIsSet | None = None,
) -> DownloadPlan:
    """What downloading ``model`` would bring, to the byte. Writes nothing, and makes at most two requests.

    Blocks; call it on any thread.
    ``model``: an alias (``"large-v3"``), a repo id (``"org/name"``, ``"org/name@revision"``) or a ModelSpec.
    ``backend``: who will load it; its file patterns apply where none are given.
    ``revision``: branch, tag or commit; None takes the one after ``@``, the spec's, or ``main``.
    ``allow_patterns``, ``ignore_patterns``: shell-style patterns, as huggingface_hub understands them.
    ``cache_dir``, ``token``, ``endpoint``: None means huggingface_hub's; ``token=False`` sends none, and ``token=True``
    demands the usual one.
    ``catalog``: names to specs, None for the built-in one.
    ``update``: False takes what is recorded on disk when it is complete, without a request.
    ``allow_unsafe``: False refuses files that, by their names, can run code when they are loaded (pickles, programs).
    ``cancel``: a CancelToken, or anything with ``is_set()``.

    Raises ModelNotFoundError, AccessError, NetworkError, IntegrityError (a listing that cannot be trusted),
    UnsafeFilesError, NotCachedError (offline), CacheError, BackendError, DownloadCancelled; TypeError and ValueError for
    an option of the wrong type or value, before anything is asked.
    """
    options = PlanOptions(
        catalog=DEFAULT_CATALOG if catalog is None else catalog,
        backend=backend,
        revision=revision,
        allow_patterns=allow_patterns,
        ignore_patterns=ignore_patterns,
        cache_dir=cache_dir,
        token=token,
        endpoint=endpoint,
        update=update,
        allow_unsafe=allow_unsafe,
    )
    asked = checked("model", model)
    with _waiting(checked("cancel", cancel)) as waiting:
        return plan(specify(asked, options), options, account_of(options), waiting, WINDOW)


def download(  # noqa: PLR0913 - each is a choice a caller may want to make
    model_or_plan: str | ModelSpec | DownloadPlan,
    *,
    progress: Callable[[DownloadProgress], object] | None = None,
    cancel: SupportsIsSet | None = None,
    interval: float = 0.1,
    storage_headroom: float = HEADROOM,
    check_memory: bool = True,
    max_connections: int | None = None,
    bandwidth_limit: float | None = None,
    stall_timeout: float = WINDOW,
    stall_floor: int = FLOOR,
    **plan_options: Unpack[PlanKeywords],
) -> DownloadResult:
    """Download a model, or carry out a plan, and return when every planned file is verified and in its place.

    ``model_or_plan``: a name or a ModelSpec, as for :func:`plan_download`, or a DownloadPlan. Blocks; call it on any thread.
    ``progress`` is called on this thread with a DownloadProgress: first before any byte, then at most
    every ``interval`` seconds, and with the terminal one exactly once. What it raises ends the download
    and propagates. ``cancel``: a CancelToken (acts within 100 ms), or anything with ``is_set()``.
    ``storage_headroom``: share of the remaining bytes that has to be free beyond them.
    ``check_memory``: refuse a model that declares more memory than this machine has.
    ``max_connections``: None lets the number adapt. ``bandwidth_limit``: bytes a second, None for no limit.
    ``stall_timeout``, ``stall_floor``: a connection that brings fewer than ``stall_floor`` bytes (16 KiB) in
    ``stall_timeout`` seconds is cut, and its range is asked for again. ``plan_options``: as for :func:`plan_download`;
    where a plan is given, only ``cache_dir``, ``token``, ``endpoint`` and ``allow_unsafe`` of them count.

    Raises what plan_download raises, and InsufficientMemoryError, InsufficientStorageError, IntegrityError,
    PlanDriftError, DownloadCancelled. After an error or a cancel, what is on disk is kept: the next call
    goes on from there. Ctrl-C ends the download alike and raises KeyboardInterrupt. An option of the wrong type or value
    is a TypeError or ValueError before anything is asked or written.
    """
    how = TransferOptions(
        storage_headroom=storage_headroom,
        check_memory=check_memory,
        max_connections=max_connections,
        bandwidth_limit=bandwidth_limit,
        stall_timeout=stall_timeout,
        stall_floor=stall_floor,
    )
    work = transfer(checked("model_or_plan", model_or_plan), read_plan_options(plan_options), how)
    return follow(Run(work, checked("cancel", cancel)), checked("progress", progress), checked("interval", interval))


def start_download(  # noqa: PLR0913 - each is a choice a caller may want to make
    model_or_plan: str | ModelSpec | DownloadPlan,
    *,
    progress: Callable[[DownloadProgress], object] | None = None,
    cancel: SupportsIsSet | None = None,
    interval: float = 0.1,
    storage_headroom: float = HEADROOM,
    check_memory: bool = True,
    max_connections: int | None = None,
    bandwidth_limit: float | None = None,
    stall_timeout: float = WINDOW,
    stall_floor: int = FLOOR,
    **plan_options: Unpack[PlanKeywords],
) -> DownloadJob:
    """Start what :func:`download` does and return its handle at once; takes the same. May be called on any thread.

    ``progress`` is subscribed: it is called on a thread of the job's, not on this one.
    Raises TypeError and ValueError for an option of the wrong type or value; all else is raised by the job's ``result``.
    """
    how = TransferOptions(
        storage_headroom=storage_headroom,
        check_memory=check_memory,
        max_connections=max_connections,
        bandwidth_limit=bandwidth_limit,
        stall_timeout=stall_timeout,
        stall_floor=stall_floor,
    )
    options = read_plan_options(plan_options)
    work = transfer(checked("model_or_plan", model_or_plan), options, how)
    job = DownloadJob(work, checked("cancel", cancel), name=_called(model_or_plan, options.catalog))
    tell, every = checked("progress", progress), checked("interval", interval)
    if tell is not None:
        job.subscribe(tell, interval=every)
    return job.start()


def _called(model: str | ModelSpec | DownloadPlan, catalog: Mapping[str, ModelSpec]) -> str:
    """What a person calls it."""
    if isinstance(model, DownloadPlan):
        return model.repo_id
    spec = catalog.get(model) if isinstance(model, str) else model
    return str(model) if spec is None else spec.title


@contextmanager
def _waiting(cancel: SupportsIsSet | None) -> Iterator[Waiting]:
    """How plan_download waits: it looks at ``cancel`` now and then, and a CancelToken rings."""
    forget: list[Callable[[], None]] = []

    def wanted() -> None:
        if cancel is not None and cancel.is_set():
            message = "Planning was cancelled; nothing had been fetched."
            raise DownloadCancelled(message)

    def on_ring(ring: Callable[[], None]) -> None:
        if isinstance(cancel, CancelToken):
            forget.append(cancel.on_cancel(ring))

    try:
        yield Waiting(wanted, on_ring)
    finally:
        for unregister in forget:
            unregister()
