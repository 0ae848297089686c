"""What a caller passes, checked when the call is made.

Rule: every option is checked before anything is asked or written. A wrong type is a TypeError, a wrong value a
ValueError; the message says what was given, what was expected, that nothing was done, and what to pass. What is right
comes back in its plain form (a number of numpy's as Python's own, patterns as a tuple), so that nobody asks again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from math import isnan
from typing import Any, TypeVar

from .core.given import FUNCTION, Expected, count, function, number, of, or_none, switch, words
from .core.models.fit import MachineFacts
from .core.models.headroom import SHARE
from .core.models.spec import ModelSpec
from .core.planning.plan import DownloadPlan
from .core.transfer.stall import FLOOR, WINDOW

T = TypeVar("T")

LONGEST_TIMEOUT = 2_147_483
"""Seconds, 24 days: a socket's timeout is given to poll(2) as an int of milliseconds."""


def checked(name: str, given: T) -> T:
    """``given`` for the option ``name``, in its plain form. Raises TypeError for a wrong type, ValueError for a wrong value."""
    return _OPTIONS[name].checked(name, given)


# ---------------------------------------------------------------------- kinds that options alone have


def _path(given: Any) -> object:
    """A path that is not empty: an unset variable of a script's must not mean the usual folder.

    From the root on: the folder is the one that the call meant, wherever the process goes to later.
    """
    path = os.fspath(given)
    if not isinstance(path, str):
        raise TypeError
    if not path or "\0" in path:
        raise ValueError
    os.fsencode(path)  # UnicodeEncodeError is a ValueError
    return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111 - Path's raises without a home


def _catalog(given: object) -> object:
    """A mapping, and every value of it a spec."""
    if not isinstance(given, Mapping) or not all(isinstance(spec, ModelSpec) for spec in given.values()):
        raise TypeError
    return given


def _can_be_set(given: object) -> object:
    """Has ``is_set()``; a class that has it does not count."""
    if isinstance(given, type) or not callable(getattr(given, "is_set", None)):
        raise TypeError
    return given


# ---------------------------------------------------------------------- options

_TEXT = or_none(of(str))
_SWITCH = Expected(switch, "True or False", "pass one of the two")

_OPTIONS = {
    "model": Expected(
        of(str, ModelSpec),
        "An alias or a repo id as text, or a ModelSpec,",
        "pass a name such as 'large-v3' or 'org/name' (a plan goes to download as it is)",
    ),
    "model_or_plan": Expected(
        of(str, ModelSpec, DownloadPlan),
        "An alias or a repo id as text, a ModelSpec or a DownloadPlan",
        "pass a name such as 'large-v3' or 'org/name', or what plan_download returned",
    ),
    "catalog": Expected(
        _catalog,
        "A mapping of names to specs, or None,",
        "pass Catalog([spec, ...]), or None for the built-in one",
    ),
    "backend": Expected(
        _TEXT, "The name of a backend as text, or None,", "pass one of list_backends() by its name, or leave it out"
    ),
    "revision": Expected(
        _TEXT, "A branch, tag or commit as text, or None,", "pass it as text, such as 'main', or leave it out"
    ),
    "allow_patterns": Expected(
        or_none(words),
        "A pattern as text, several texts in a list, or None,",
        "pass for example '*.safetensors', or leave it out for the backend's own",
    ),
    "ignore_patterns": Expected(
        or_none(words),
        "A pattern as text, several texts in a list, or None,",
        "pass for example '*.bin', or leave it out",
    ),
    "cache_dir": Expected(
        or_none(_path),
        "A folder as text or as a Path, or None,",
        "pass its path, or None for the Hugging Face cache",
    ),
    "token": Expected(
        or_none(of(str, bool)),
        "A text, True, False or None",
        "pass the token as text, None for the usual one, or False for none",
        is_secret=True,
    ),
    "endpoint": Expected(
        _TEXT,
        "An address as text, or None,",
        "pass for example 'https://huggingface.co', or leave it out",
        is_secret=True,
    ),
    "update": _SWITCH,
    "allow_unsafe": _SWITCH,
    "check_memory": _SWITCH,
    "partial": _SWITCH,
    "queue": _SWITCH,
    "reuse": _SWITCH,
    "storage_headroom": SHARE,
    "facts": Expected(
        or_none(of(MachineFacts)), "A MachineFacts, or None,", "pass what machine_facts returned, or leave it out"
    ),
    "max_connections": Expected(
        or_none(count(1)), "A whole number of 1 or more, or None,", "pass one, or None to let the number adapt"
    ),
    "bandwidth_limit": Expected(
        or_none(number(lambda rate: rate > 0)),
        "A number of bytes a second above 0, or None,",
        "pass for example 5e6 for 5 MB/s, or None for no limit",
    ),
    "stall_timeout": Expected(
        number(lambda seconds: 0 < seconds <= LONGEST_TIMEOUT),
        f"A number of seconds above 0 and at most {LONGEST_TIMEOUT:,}",
        f"pass for example {WINDOW}, the default",
    ),
    "stall_floor": Expected(count(1), "A whole number of bytes, 1 or more,", f"pass for example {FLOOR}, the default"),
    "progress": Expected(
        or_none(function), "A function that takes a DownloadProgress, or None,", "pass the function itself, uncalled"
    ),
    "interval": Expected(
        number(lambda seconds: seconds >= 0), "A number of seconds, 0 or more,", "pass for example 0.1, the default"
    ),
    "cancel": Expected(
        or_none(_can_be_set), "An object with is_set(), or None,", "pass a CancelToken() or a threading.Event()"
    ),
    "timeout": Expected(
        or_none(number(lambda seconds: not isnan(seconds))),
        "A number of seconds, or None,",
        "pass None to wait as long as it takes",
    ),
    "discard": _SWITCH,
    "fn": FUNCTION,
    "post": Expected(
        or_none(function),
        "A function that takes a callable, or None,",
        "pass for example loop.call_soon_threadsafe, or leave it out",
    ),
    "max_active": Expected(count(1), "A whole number of 1 or more", "pass for example 1, the default"),
}
