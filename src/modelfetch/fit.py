"""The verbs that say whether a model fits this machine, before anything of it is fetched.

Rule: these verbs judge and never refuse, and make no request. What refuses is ``download``, for a need that is declared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .arguments import checked
from .core.models.headroom import HEADROOM
from .core.planning.plan import DownloadPlan
from .wiring import fit_model, fit_plan, machine, plan_options, specify_cached

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from .core.models.fit import Fit, MachineFacts
    from .core.models.spec import ModelSpec


def machine_facts(cache_dir: str | PathLike[str] | None = None) -> MachineFacts:
    """The memory of this machine, and the room where ``cache_dir`` (None: huggingface_hub's) is or will be.

    May be called on any thread; costs well under a millisecond on Linux. Raises TypeError and ValueError for a ``cache_dir``
    that is no path.
    """
    return machine(checked("cache_dir", cache_dir))


def check_fit(  # noqa: PLR0913 - each is a choice a caller may want to make
    model: str | ModelSpec | DownloadPlan,
    *,
    facts: MachineFacts | None = None,
    storage_headroom: float = HEADROOM,
    backend: str | None = None,
    revision: str | None = None,
    cache_dir: str | PathLike[str] | None = None,
    catalog: Mapping[str, ModelSpec] | None = None,
    **backend_options: Any,
) -> Fit:
    """Whether ``model`` fits this machine, in a verdict, in words and in bytes. May be called on any thread.

    A plan and a copy in the cache are judged by their files, for the backend that will load them with
    ``backend_options`` (``compute_type="int8"`` halves what Whisper takes, and more); a name or a spec by its catalog's figures.
    What a spec declares of memory counts for a plan of it too. ``facts``: of which machine; None means this one, now.
    ``storage_headroom``: share of the bytes to fetch that has to be free beyond them. ``backend``, ``revision``,
    ``cache_dir``, ``catalog``: as for :func:`plan_download`.

    Raises ModelNotFoundError, BackendError, CacheError; TypeError and ValueError for an option of the wrong type or value.
    """
    model = checked("model_or_plan", model)
    headroom = checked("storage_headroom", storage_headroom)
    options = plan_options({"backend": backend, "revision": revision, "cache_dir": cache_dir, "catalog": catalog})
    here = checked("facts", facts) or machine(options.cache_dir)
    if isinstance(model, DownloadPlan):
        return fit_plan(model, options, here, storage_headroom=headroom, backend_options=backend_options)
    spec = specify_cached(model, options)
    return fit_model(spec, options, here, storage_headroom=headroom, backend_options=backend_options)
