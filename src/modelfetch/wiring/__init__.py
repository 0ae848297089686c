"""Which adapter serves which port: what a verb asks of the world is put together here.

Rule: this is the one place where the core meets the adapters. It makes no decision that the core could make.
"""

from __future__ import annotations

from .looking import status
from .options import PlanKeywords, PlanOptions, TransferOptions, Waiting
from .planning import plan, specify
from .transferring import transfer

__all__ = ["PlanKeywords", "PlanOptions", "TransferOptions", "Waiting", "plan", "specify", "status", "transfer"]
