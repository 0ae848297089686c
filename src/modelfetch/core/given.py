"""What a caller gives, read into its plain form, and the sentence about what cannot be read.

Rule: a reader raises TypeError for a wrong type and ValueError for a wrong value, without a word; the words are the
same for all: what was given, what was expected, that nothing was done, and what to do. What is right comes back plain (a
number of numpy's as Python's own, a list as a tuple), so that nobody asks again.
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, inf, nan
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    Reader = Callable[[Any], Any]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected: how it is read, what that is in ``words`` before "was expected", and what to do about another.

    ``is_secret``: what was given is not to be shown.
    """

    read: Reader
    words: str
    advice: str
    is_secret: bool = False

    def checked(self, name: str, given: T) -> T:
        """``given``, called ``name``, in its plain form. Raises TypeError for a wrong type, ValueError for a wrong value."""
        try:
            plain: T = self.read(given)
        except TypeError:
            raise TypeError(self._told(name, given, of_type=type(given).__name__)) from None
        except ValueError:
            raise ValueError(self._told(name, given)) from None
        return plain

    def _told(self, name: str, given: object, *, of_type: str = "") -> str:
        shown = name if self.is_secret else f"{name}={reprlib.repr(given)}"
        what = f"{shown} is of the type {of_type}" if of_type else f"{shown} cannot be used"
        return f"{what}. {self.words} was expected. Nothing was done; {self.advice}."


# ---------------------------------------------------------------------- readers


def or_none(read: Reader) -> Reader:
    """None, or what ``read`` reads."""
    return lambda given: None if given is None else read(given)


def or_else(read: Reader, default: object) -> Reader:
    """``default`` for None, or what ``read`` reads."""
    return lambda given: default if given is None else read(given)


def of(*types: type) -> Reader:
    """Something of one of ``types``."""

    def read(given: object) -> object:
        if not isinstance(given, types):
            raise TypeError
        return given

    return read


def number(fits: Callable[[float], bool]) -> Reader:
    """A number that ``fits``; never True or False."""

    def read(given: object) -> float:
        plain = _real(given)
        if not fits(plain):
            raise ValueError
        return plain

    return read


def count(least: int) -> Reader:
    """A whole number of ``least`` or more; 4.0 is one."""

    def read(given: Any) -> int:
        if not _real(given).is_integer() or given < least:
            raise ValueError
        return int(given)

    return read


def amount(given: object) -> int:
    """A number of 0 or more, up to the next whole one: reckoned bytes are seldom whole."""
    plain = _real(given)
    if not 0 <= plain < inf:
        raise ValueError
    return given if isinstance(given, int) else ceil(plain)


def _real(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, Real):
        raise TypeError
    try:
        return float(given)
    except OverflowError:  # an int or a fraction beyond all floats
        return nan


def switch(given: Any) -> bool:
    """True or False, and what equals them (numpy's own); never a text, which is true whatever it says."""
    if given not in (True, False):
        raise TypeError
    return bool(given)


def words(given: object) -> tuple[str, ...]:
    """Several texts in a tuple; a lone one is one, as huggingface_hub takes patterns."""
    if isinstance(given, str):
        return (given,)
    if not isinstance(given, Iterable):
        raise TypeError
    several = tuple(given)
    if not all(isinstance(word, str) for word in several):
        raise TypeError
    return several


def function(given: object) -> object:
    """What can be called."""
    if not callable(given):
        raise TypeError
    return given


FUNCTION = Expected(function, "A function", "pass the function itself, uncalled")
