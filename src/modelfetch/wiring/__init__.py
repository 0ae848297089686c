"""Which adapter serves which port: what a verb asks of the world is put together here.

Rule: this is the one place where the core meets the adapters. It makes no decision that the core could make.
"""

from __future__ import annotations

from .checking import verify
from .fitting import fit_model, fit_plan, machine, require_memory
from .loading import load
from .looking import Survey, status, survey
from .managing import downloaded_path, others
from .naming import specify_cached
from .options import (
    DownloadKeywords,
    PlanKeywords,
    PlanOptions,
    TransferOptions,
    Waiting,
    download_options,
    plan_options,
)
from .planning import account_of, plan, specify
from .removing import remove
from .tidying import clean
from .transferring import transfer

__all__ = [
    "DownloadKeywords",
    "PlanKeywords",
    "PlanOptions",
    "Survey",
    "TransferOptions",
    "Waiting",
    "account_of",
    "clean",
    "download_options",
    "downloaded_path",
    "fit_model",
    "fit_plan",
    "load",
    "machine",
    "others",
    "plan",
    "plan_options",
    "remove",
    "require_memory",
    "specify",
    "specify_cached",
    "status",
    "survey",
    "transfer",
    "verify",
]
