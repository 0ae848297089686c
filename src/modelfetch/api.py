"""The verbs: what a host calls.

Rule: a verb says what it takes, gives and raises, and hands the rest to the wiring.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Unpack

from .cancel import CancelToken
from .core.whisper import DEFAULT_CATALOG
from .errors import DownloadCancelled
from .job import DownloadJob
from .wiring import PlanKeywords, PlanOptions, TransferOptions, Waiting, plan, specify, status, transfer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from os import PathLike

    from .cancel import SupportsIsSet
    from .core.catalog import ModelSpec
    from .core.plan import DownloadPlan
    from .core.progress import DownloadProgress
    from .core.status import ModelStatus
    from .job import DownloadResult

STALL_TIMEOUT = 30.0
"""Seconds in which a connection has to bring 16 KiB."""


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
    cancel: SupportsIsSet | None = None,
) -> DownloadPlan:
    """What downloading ``model`` would bring, to the byte. Writes nothing, and makes at most two requests.

    ``model``: an alias (``"large-v3"``), a repo id (``"org/name"``, ``"org/name@revision"``) or a ModelSpec.
    ``backend``: who will load it; its file patterns apply where none are given.
    ``allow_patterns``, ``ignore_patterns``: shell-style patterns, as huggingface_hub understands them.
    ``cache_dir``, ``token``, ``endpoint``: None means huggingface_hub's; ``token=False`` sends none.
    ``catalog``: names to specs, None for the built-in one.
    ``update``: False takes what is recorded on disk when it is complete, without a request.
    ``cancel``: a CancelToken, or anything with ``is_set()``.

    Raises ModelNotFoundError, AccessError, NetworkError, IntegrityError (a listing that cannot be trusted),
    NotCachedError (offline), CacheError, BackendError, DownloadCancelled.
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
    )
    with _waiting(cancel) as waiting:
        return plan(specify(model, options), options, waiting, STALL_TIMEOUT)


def download(  # noqa: PLR0913 - each is a choice a caller may want to make
    model: str | ModelSpec | DownloadPlan,
    *,
    progress: Callable[[DownloadProgress], object] | None = None,
    cancel: SupportsIsSet | None = None,
    interval: float = 0.1,
    storage_headroom: float = 0.2,
    check_memory: bool = True,
    max_connections: int | None = None,
    bandwidth_limit: float | None = None,
    stall_timeout: float = STALL_TIMEOUT,
    **plan_options: Unpack[PlanKeywords],
) -> DownloadResult:
    """Download ``model``, or carry out a plan, and return when every planned file is verified and in its place.

    ``progress`` is called on this thread with a DownloadProgress: first before any byte, then at most
    every ``interval`` seconds, and with the terminal one exactly once. What it raises ends the download
    and propagates. ``cancel``: a CancelToken (acts within 100 ms), or anything with ``is_set()``.
    ``storage_headroom``: share of the remaining bytes that has to be free beyond them.
    ``check_memory``: refuse a model that declares more memory than this machine has.
    ``max_connections``: None lets the number adapt. ``bandwidth_limit``: bytes a second, None for no limit.
    ``stall_timeout``: seconds in which a connection has to bring 16 KiB. ``plan_options``: as for
    :func:`plan_download`; a plan takes ``cache_dir``, ``token`` and ``endpoint`` from them.

    Raises what plan_download raises, and InsufficientMemoryError, InsufficientStorageError, IntegrityError,
    PlanDriftError, DownloadCancelled. After an error or a cancel, what is on disk is kept: the next call
    goes on from there. Ctrl-C ends the download alike and raises KeyboardInterrupt.
    """
    how = TransferOptions(
        storage_headroom=storage_headroom,
        check_memory=check_memory,
        max_connections=max_connections,
        bandwidth_limit=bandwidth_limit,
        stall_timeout=stall_timeout,
    )
    return _job(model, how, plan_options, cancel).follow(progress, interval)


def start_download(  # noqa: PLR0913 - each is a choice a caller may want to make
    model: str | ModelSpec | DownloadPlan,
    *,
    progress: Callable[[DownloadProgress], object] | None = None,
    cancel: SupportsIsSet | None = None,
    interval: float = 0.1,
    storage_headroom: float = 0.2,
    check_memory: bool = True,
    max_connections: int | None = None,
    bandwidth_limit: float | None = None,
    stall_timeout: float = STALL_TIMEOUT,
    **plan_options: Unpack[PlanKeywords],
) -> DownloadJob:
    """Start what :func:`download` does and return its handle at once; takes the same, raises nothing of it here.

    ``progress`` is subscribed: it is called on a thread of the job's, not on this one.
    """
    how = TransferOptions(
        storage_headroom=storage_headroom,
        check_memory=check_memory,
        max_connections=max_connections,
        bandwidth_limit=bandwidth_limit,
        stall_timeout=stall_timeout,
    )
    job = _job(model, how, plan_options, cancel)
    if progress is not None:
        job.subscribe(progress, interval=interval)
    return job.start()


def model_status(
    model: str | ModelSpec,
    *,
    backend: str | None = None,
    revision: str | None = None,
    cache_dir: str | PathLike[str] | None = None,
    catalog: Mapping[str, ModelSpec] | None = None,
) -> ModelStatus:
    """How much of ``model`` is in the cache, judged file by file. Makes no request.

    Judged against what was recorded when it was downloaded (by us, or in huggingface_hub's ``trees/``), else
    against what the backend needs. Raises ModelNotFoundError, BackendError, CacheError.
    """
    options = PlanOptions(
        catalog=DEFAULT_CATALOG if catalog is None else catalog, backend=backend, revision=revision, cache_dir=cache_dir
    )
    return status(specify(model, options), options)


def _job(
    model: str | ModelSpec | DownloadPlan,
    how: TransferOptions,
    plan_options: PlanKeywords,
    cancel: SupportsIsSet | None,
) -> DownloadJob:
    if unknown := sorted(plan_options.keys() - PlanKeywords.__annotations__.keys()):
        known = ", ".join(PlanKeywords.__annotations__)
        message = f"unexpected keyword argument {unknown[0]!r}; the options of plan_download are {known}"
        raise TypeError(message)
    options = PlanOptions(**{"catalog": DEFAULT_CATALOG, **_given(plan_options)})
    return DownloadJob(lambda job: transfer(model, options, how, job), cancel)


def _given(plan_options: PlanKeywords) -> dict[str, Any]:
    """The options without a ``catalog`` of None, which means the built-in one."""
    return {name: value for name, value in plan_options.items() if (name, value) != ("catalog", None)}


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
