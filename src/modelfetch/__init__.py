"""Plan, download and verify machine-learning models from any Python host.

With exact progress, a cancel that stops at once, and a resume that never fetches a kept byte twice, into the cache
that every Hugging Face library already reads.

Rule: importing this does nothing. Every public name is fetched from its module when it is first used.
"""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False  # checkers take the name for true; typing's own would be half the cost of this import
if TYPE_CHECKING:
    from . import testing, ui
    from .api import download, model_status, plan_download, start_download
    from .cancel import CancelToken
    from .core.catalog import Catalog, ModelSpec
    from .core.plan import DownloadPlan, PlannedFile
    from .core.progress import DownloadProgress, DownloadStatus
    from .core.status import ModelStatus
    from .core.whisper import DEFAULT_CATALOG
    from .errors import (
        AccessError,
        AuthenticationError,
        BackendError,
        CacheError,
        DownloadCancelled,
        DownloadInProgressError,
        GatedModelError,
        InsufficientMemoryError,
        InsufficientStorageError,
        IntegrityError,
        ModelFetchError,
        ModelNotFoundError,
        NetworkError,
        NotCachedError,
        PlanDriftError,
    )
    from .job import DownloadJob, DownloadResult

_HOMES = {
    "api": ("download", "model_status", "plan_download", "start_download"),
    "cancel": ("CancelToken",),
    "core.catalog": ("Catalog", "ModelSpec"),
    "core.plan": ("DownloadPlan", "PlannedFile"),
    "core.progress": ("DownloadProgress", "DownloadStatus"),
    "core.status": ("ModelStatus",),
    "core.whisper": ("DEFAULT_CATALOG",),
    "errors": (
        "AccessError",
        "AuthenticationError",
        "BackendError",
        "CacheError",
        "DownloadCancelled",
        "DownloadInProgressError",
        "GatedModelError",
        "InsufficientMemoryError",
        "InsufficientStorageError",
        "IntegrityError",
        "ModelFetchError",
        "ModelNotFoundError",
        "NetworkError",
        "NotCachedError",
        "PlanDriftError",
    ),
    "job": ("DownloadJob", "DownloadResult"),
}
"""Modules to the public names they hold; a test compares this with the imports above and with the reference."""

_MODULES = ("testing", "ui")

__all__ = [
    "DEFAULT_CATALOG",
    "AccessError",
    "AuthenticationError",
    "BackendError",
    "CacheError",
    "CancelToken",
    "Catalog",
    "DownloadCancelled",
    "DownloadInProgressError",
    "DownloadJob",
    "DownloadPlan",
    "DownloadProgress",
    "DownloadResult",
    "DownloadStatus",
    "GatedModelError",
    "InsufficientMemoryError",
    "InsufficientStorageError",
    "IntegrityError",
    "ModelFetchError",
    "ModelNotFoundError",
    "ModelSpec",
    "ModelStatus",
    "NetworkError",
    "NotCachedError",
    "PlanDriftError",
    "PlannedFile",
    "__version__",
    "download",
    "model_status",
    "plan_download",
    "start_download",
    "testing",
    "ui",
]


def __getattr__(name: str) -> object:
    from importlib import import_module  # noqa: PLC0415 - importing the package must stay free

    if name in _MODULES:
        return import_module(f".{name}", __name__)
    for module, names in _HOMES.items():
        if name in names:
            value: object = getattr(import_module(f".{module}", __name__), name)
            globals()[name] = value
            return value
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
