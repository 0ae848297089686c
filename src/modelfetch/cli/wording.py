"""The library's advice, for somebody who types: its options as flags, its verbs as commands.

Rule: a message is made once, where it comes from, in Python's words; only the names of options and verbs are others here.
"""

from __future__ import annotations

import re

TYPED = {
    "update=False": "--no-update",
    "check_memory=False": "--no-memory-check",
    "because allow_unsafe=False": "because of --safe-only",
    "allow them with allow_unsafe=True": "leave --safe-only out",
    "pass token=False": "set HF_HUB_DISABLE_IMPLICIT_TOKEN=1",
    "with cache_dir or": "with --cache-dir or",
    "choose a cache_dir": "choose a --cache-dir",
    "choose another cache_dir": "choose another --cache-dir",
    "lower storage_headroom": "lower --storage-headroom",
    "with allow_patterns or ignore_patterns": "with --allow or --ignore",
    "remove_cached()": "modelfetch remove",
    "verify_cached()": "modelfetch verify",
}
"""What a message says, and what is typed instead; long enough never to be part of a path. A test finds each in the library."""

_SAID = re.compile("|".join(map(re.escape, TYPED)))


def as_typed(message: str) -> str:
    """``message`` with the names that a command line has."""
    return _SAID.sub(lambda said: TYPED[said[0]], message)
