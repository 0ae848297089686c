"""What a caller passes, checked when the call is made.

Rule: every option is checked before anything is asked or written. A wrong type is a TypeError, a wrong value a
ValueError; the message says what was given, what was expected, that nothing was done, and what to pass. What is right
comes back in its plain form (a number of numpy's as Python's own, patterns as a tuple), so that nobody asks again.
"""

from __future__ import annotations

import os
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf, nan
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeVar

from .core.models.catalog import ModelSpec, patterns
from .core.planning.plan import DownloadPlan
from .core.transfer.stall import FLOOR, WINDOW

if TYPE_CHECKING:
    from collections.abc import Callable

    Reader = Callable[[Any], Any]
    """The plain form of what is right. Raises TypeError or ValueError, without a word, for what is not."""

T = TypeVar("T")

LONGEST_TIMEOUT = 2_147_483
"""Seconds, 24 days: a socket's timeout is given to poll(2) as an int of milliseconds."""


def checked(name: str, given: T) -> T:
    """``given`` for the option ``name``, in its plain form. Raises TypeError for a wrong type, ValueError for a wrong value."""
    option = _OPTIONS[name]
    try:
        plain: T = option.read(given)
    except TypeError:
        raise TypeError(option.told(name, given, of_type=type(given).__name__)) from None
    except ValueError:
        raise ValueError(option.told(name, given)) from None
    return plain


@dataclass(frozen=True, slots=True)
class _Option:
    """How an option is read, what it should be, and what to do about one that is not."""

    read: Reader
    expected: str
    advice: str
    is_secret: bool = False

    def told(self, name: str, given: object, *, of_type: str = "") -> str:
        """What is wrong with ``given``."""
        shown = name if self.is_secret else f"{name}={reprlib.repr(given)}"
        what = f"{shown} is of the type {of_type}" if of_type else f"{shown} cannot be used"
        return f"{what}. {self.expected} was expected. Nothing was done; {self.advice}."


# ---------------------------------------------------------------------- kinds


def _or_none(read: Reader) -> Reader:
    return lambda given: None if given is None else read(given)


def _of(*types: type) -> Reader:
    def read(given: object) -> object:
        if not isinstance(given, types):
            raise TypeError
        return given

    return read


def _number(fits: Callable[[float], bool]) -> Reader:
    def read(given: object) -> float:
        number = _real(given)
        if not fits(number):
            raise ValueError
        return number

    return read


def _real(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, Real):
        raise TypeError
    try:
        return float(given)
    except OverflowError:  # an int or a fraction beyond all floats
        return nan


def _count(given: Any) -> int:
    """A whole number of 1 or more; 4.0 is one."""
    if not _real(given).is_integer() or given < 1:
        raise ValueError
    return int(given)


def _switch(given: Any) -> bool:
    """True or False, and what equals them (numpy's own); never a text, which is true whatever it says."""
    if given not in (True, False):
        raise TypeError
    return bool(given)


def _words(given: object) -> tuple[str, ...] | None:
    if not isinstance(given, Iterable):
        raise TypeError
    words = patterns(given)
    if not all(isinstance(word, str) for word in words or ()):
        raise TypeError
    return words


def _path(given: Any) -> object:
    """A path that is not empty: an unset variable of a script's must not mean the usual folder.

    From the root on: the folder is the one that the call meant, wherever the process goes to later.
    """
    path = os.fspath(given)
    if not isinstance(path, str):
        raise TypeError
    if not path:
        raise ValueError
    return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111 - Path's raises without a home


def _function(given: object) -> object:
    if not callable(given):
        raise TypeError
    return given


def _can_be_set(given: object) -> object:
    """Has ``is_set()``; a class that has it does not count."""
    if isinstance(given, type) or not callable(getattr(given, "is_set", None)):
        raise TypeError
    return given


# ---------------------------------------------------------------------- options

_TEXT = _or_none(_of(str))
_SWITCH = _Option(_switch, "True or False", "pass one of the two")

_OPTIONS = {
    "model": _Option(
        _of(str, ModelSpec),
        "An alias or a repo id as text, or a ModelSpec,",
        "pass a name such as 'large-v3' or 'org/name' (a plan goes to download as it is)",
    ),
    "model_or_plan": _Option(
        _of(str, ModelSpec, DownloadPlan),
        "An alias or a repo id as text, a ModelSpec or a DownloadPlan",
        "pass a name such as 'large-v3' or 'org/name', or what plan_download returned",
    ),
    "catalog": _Option(
        _of(Mapping),
        "A mapping of names to specs, or None,",
        "pass Catalog([spec, ...]), or None for the built-in one",
    ),
    "backend": _Option(
        _TEXT, "The name of a backend as text, or None,", "pass one of list_backends() by its name, or leave it out"
    ),
    "revision": _Option(
        _TEXT, "A branch, tag or commit as text, or None,", "pass it as text, such as 'main', or leave it out"
    ),
    "allow_patterns": _Option(
        _or_none(_words),
        "A pattern as text, several texts in a list, or None,",
        "pass for example '*.safetensors', or leave it out for the backend's own",
    ),
    "ignore_patterns": _Option(
        _or_none(_words),
        "A pattern as text, several texts in a list, or None,",
        "pass for example '*.bin', or leave it out",
    ),
    "cache_dir": _Option(
        _or_none(_path),
        "A folder as text or as a Path, or None,",
        "pass its path, or None for the Hugging Face cache",
    ),
    "token": _Option(
        _or_none(_of(str, bool)),
        "A text, True, False or None",
        "pass the token as text, None for the usual one, or False for none",
        is_secret=True,
    ),
    "endpoint": _Option(
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
    "storage_headroom": _Option(
        _number(lambda share: 0 <= share < inf), "A finite share of 0 or more", "pass for example 0.2 for a fifth more"
    ),
    "max_connections": _Option(
        _or_none(_count), "A whole number of 1 or more, or None,", "pass one, or None to let the number adapt"
    ),
    "bandwidth_limit": _Option(
        _or_none(_number(lambda rate: rate > 0)),
        "A number of bytes a second above 0, or None,",
        "pass for example 5e6 for 5 MB/s, or None for no limit",
    ),
    "stall_timeout": _Option(
        _number(lambda seconds: 0 < seconds <= LONGEST_TIMEOUT),
        f"A number of seconds above 0 and at most {LONGEST_TIMEOUT:,}",
        f"pass for example {WINDOW}, the default",
    ),
    "stall_floor": _Option(_count, "A whole number of bytes, 1 or more,", f"pass for example {FLOOR}, the default"),
    "progress": _Option(
        _or_none(_function), "A function that takes a DownloadProgress, or None,", "pass the function itself, uncalled"
    ),
    "interval": _Option(
        _number(lambda seconds: seconds >= 0), "A number of seconds, 0 or more,", "pass for example 0.1, the default"
    ),
    "cancel": _Option(
        _or_none(_can_be_set), "An object with is_set(), or None,", "pass a CancelToken() or a threading.Event()"
    ),
    "fn": _Option(_function, "A function", "pass the function itself, uncalled"),
    "post": _Option(
        _or_none(_function),
        "A function that takes a callable, or None,",
        "pass for example loop.call_soon_threadsafe, or leave it out",
    ),
    "max_active": _Option(_count, "A whole number of 1 or more", "pass for example 1, the default"),
}
