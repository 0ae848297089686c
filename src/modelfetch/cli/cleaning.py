"""``clean``: remove what abandoned downloads left, and say what stayed and why.

Rule: what stayed is no failure. Exit code 0 means that the cache was gone through.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from ..cached import clean_cached
from .output import say

if TYPE_CHECKING:
    from argparse import Namespace


def clean(asked: Namespace) -> int:
    """Clean every model of the cache and print the report."""
    report = clean_cached(asked.cache_dir, partial=asked.partial)
    if asked.json:
        say(sys.stdout, json.dumps(asdict(report), indent=1))
        return 0
    say(sys.stdout, str(report))
    if not asked.partial and any(left.reason in {"resumable", "unreadable"} for left in report.left_alone):
        say(sys.stderr, "With --partial unfinished downloads go too, and start over the next time.")
    return 0
