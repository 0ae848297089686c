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
    from .api import download, plan_download, start_download
    from .backends import Backend, list_backends, register_backend
    from .cached import clean_cached, list_cached, load_cached, model_status, remove_cached, verify_cached
    from .cancel import CancelToken
    from .core.kept.cached import CachedModel, VerifyReport
    from .core.kept.clean import CleanReport, LeftAlone
    from .core.kept.status import ModelStatus
    from .core.models.builtin import DEFAULT_CATALOG
    from .core.models.catalog import Catalog
    from .core.models.choice import Choice, choose_variant
    from .core.models.fit import Fit, MachineFacts, MemoryEstimate, Verdict, judge_fit
    from .core.models.spec import ModelSpec
    from .core.planning.plan import DownloadPlan, PlannedFile
    from .core.shown.card import Action, Card, Icon, model_card, progress_card
    from .core.shown.states import Downloaded, Downloading, Failed, ModelState, NotDownloaded, Queued
    from .core.transfer.progress import DownloadProgress, DownloadStatus
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
        UnsafeFilesError,
    )
    from .fit import check_fit, machine_facts
    from .job import DownloadJob, DownloadResult
    from .loaded import LoadedModel, LoadedModels, loaded_models
    from .manager import DownloadManager

_HOMES = {
    "api": ("download", "plan_download", "start_download"),
    "backends": ("Backend", "list_backends", "register_backend"),
    "cached": ("clean_cached", "list_cached", "load_cached", "model_status", "remove_cached", "verify_cached"),
    "cancel": ("CancelToken",),
    "core.models.builtin": ("DEFAULT_CATALOG",),
    "core.kept.cached": ("CachedModel", "VerifyReport"),
    "core.shown.card": ("Action", "Card", "Icon", "model_card", "progress_card"),
    "core.models.catalog": ("Catalog",),
    "core.models.choice": ("Choice", "choose_variant"),
    "core.kept.clean": ("CleanReport", "LeftAlone"),
    "core.models.fit": ("Fit", "MachineFacts", "MemoryEstimate", "Verdict", "judge_fit"),
    "core.models.spec": ("ModelSpec",),
    "core.planning.plan": ("DownloadPlan", "PlannedFile"),
    "core.transfer.progress": ("DownloadProgress", "DownloadStatus"),
    "core.shown.states": ("Downloaded", "Downloading", "Failed", "ModelState", "NotDownloaded", "Queued"),
    "core.kept.status": ("ModelStatus",),
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
        "UnsafeFilesError",
    ),
    "fit": ("check_fit", "machine_facts"),
    "job": ("DownloadJob", "DownloadResult"),
    "loaded": ("LoadedModel", "LoadedModels", "loaded_models"),
    "manager": ("DownloadManager",),
}
"""Modules to the public names they hold; a test compares this with the imports above and with the reference."""

_MODULES = ("testing", "ui")

__all__ = [
    "DEFAULT_CATALOG",
    "AccessError",
    "Action",
    "AuthenticationError",
    "Backend",
    "BackendError",
    "CacheError",
    "CachedModel",
    "CancelToken",
    "Card",
    "Catalog",
    "Choice",
    "CleanReport",
    "DownloadCancelled",
    "DownloadInProgressError",
    "DownloadJob",
    "DownloadManager",
    "DownloadPlan",
    "DownloadProgress",
    "DownloadResult",
    "DownloadStatus",
    "Downloaded",
    "Downloading",
    "Failed",
    "Fit",
    "GatedModelError",
    "Icon",
    "InsufficientMemoryError",
    "InsufficientStorageError",
    "IntegrityError",
    "LeftAlone",
    "LoadedModel",
    "LoadedModels",
    "MachineFacts",
    "MemoryEstimate",
    "ModelFetchError",
    "ModelNotFoundError",
    "ModelSpec",
    "ModelState",
    "ModelStatus",
    "NetworkError",
    "NotCachedError",
    "NotDownloaded",
    "PlanDriftError",
    "PlannedFile",
    "Queued",
    "UnsafeFilesError",
    "Verdict",
    "VerifyReport",
    "__version__",
    "check_fit",
    "choose_variant",
    "clean_cached",
    "download",
    "judge_fit",
    "list_backends",
    "list_cached",
    "load_cached",
    "loaded_models",
    "machine_facts",
    "model_card",
    "model_status",
    "plan_download",
    "progress_card",
    "register_backend",
    "remove_cached",
    "start_download",
    "testing",
    "ui",
    "verify_cached",
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
