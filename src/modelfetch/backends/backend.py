"""What a backend is: a value that says everything about who loads a model.

Rule: a backend is a description first. Which files it takes, which repos are its own, how much memory a model will need
and where it can run are asked without its package; only ``load`` imports that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Protocol

from ..core.given import FUNCTION, Expected, of, or_none

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from ..core.models.fit import MemoryEstimate
    from .platform import Platform


class Estimate(Protocol):
    """How a backend estimates memory."""

    def __call__(
        self, sizes: Mapping[str, int], options: Mapping[str, object], facts: Mapping[str, object], /
    ) -> MemoryEstimate | None:
        """Pure: from files (paths to bytes), the options of ``load`` and what ``facts`` found (empty before a download)."""


def _never(_: Collection[str]) -> str | None:
    return None


def _sound(_: Path) -> None:
    return None


def _anywhere(_: Platform) -> str | None:
    return None


def _nothing_known(_: Path) -> Mapping[str, object]:
    return {}


def _no_estimate(
    _: Mapping[str, int], _options: Mapping[str, object], _facts: Mapping[str, object], /
) -> MemoryEstimate | None:
    return None


_TEXT = Expected(or_none(of(str)), "A text, or None,", "pass for example 'mlx-lm', or leave it out")
_SEVERAL = Expected(of(Iterable), "Several file names or patterns, in a tuple,", "pass for example ('*.json',)")

_FIELDS = {
    "name": Expected(of(str), "A word", "pass for example 'llama.cpp'"),
    "needed": _SEVERAL,
    "patterns": _SEVERAL,
    "package": _TEXT,
    "install": _TEXT,
    **dict.fromkeys(("load", "recognises", "unavailable_on", "check", "facts", "memory"), FUNCTION),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """Who loads a model. The first four fields say what it is; all others have defaults that promise nothing.

    ``name``: what a caller writes for it. ``needed``: what a folder has to hold, one alternative (a name or a pattern) of
    each entry. ``patterns``: what is downloaded for it; patterns mean what they mean to huggingface_hub.
    ``load``: called as ``load(folder, **options)`` with the snapshot folder (a Path); its result is what ``load_cached``
    returns. It takes the files from there and makes no request; whatever it raises becomes a BackendError,
    and so does what any other function of a backend raises.
    Raises TypeError for a field of the wrong type, ValueError for an empty name and for patterns that are none.

    ``package``: the module that ``load`` imports, None for the standard library; it is looked for, never imported.
    ``install``: the requirement that brings it, as pip takes it.
    ``recognises``: from the paths of a repo, why it is this backend's, in words that follow "it has"; None when it is not.
    ``unavailable_on``: why it cannot run on a platform, as a sentence without its full stop; None where it can.
    ``check``: a cheap look at the files before anything heavy is imported; raises NotCachedError, IntegrityError, BackendError.
    Of a copy that nobody recorded, the first two mean that it is not complete.
    ``facts``: what a folder tells about a model beyond the sizes of its files, for ``memory``.
    ``memory``: the estimate; None when there is none.
    """

    name: str
    needed: tuple[tuple[str, ...], ...]
    patterns: tuple[str, ...]
    load: Callable[..., object]
    package: str | None = None
    install: str | None = None
    recognises: Callable[[Collection[str]], str | None] = _never
    unavailable_on: Callable[[Platform], str | None] = _anywhere
    check: Callable[[Path], None] = _sound
    facts: Callable[[Path], Mapping[str, object]] = _nothing_known
    memory: Estimate = _no_estimate

    def __post_init__(self) -> None:
        for field, expected in _FIELDS.items():
            expected.checked(field, getattr(self, field))
        object.__setattr__(self, "patterns", _words("patterns", self.patterns))
        object.__setattr__(self, "needed", tuple(_words("each entry of needed", entry) for entry in self.needed))
        if not self.name:
            message = "A backend's name is empty. A word such as 'llama.cpp' was expected. It was not made; name it."
            raise ValueError(message)

    def missing(self, paths: Iterable[str]) -> tuple[str, ...]:
        """What a loader would miss among ``paths``: the first alternative of each need that is not met."""
        there = tuple(paths)
        return tuple(need[0] for need in self.needed if not any(takes(path, need) for path in there))

    def estimate(
        self,
        sizes: Mapping[str, int],
        options: Mapping[str, object] | None = None,
        facts: Mapping[str, object] | None = None,
    ) -> MemoryEstimate | None:
        """How much memory a model of these files (paths to bytes) takes; None when that cannot be told.

        ``options``: what ``load`` will be given. ``facts``: what the field ``facts`` found in a folder, if there is one.
        """
        return self.memory(sizes, options or {}, facts or {})


def takes(path: str, patterns: Iterable[str]) -> bool:
    """Whether ``path`` fits one of the patterns: shell style, case-sensitive, ``*`` crosses ``/``."""
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def _words(what: str, given: object) -> tuple[str, ...]:
    """A tuple of texts. A lone string would be taken letter by letter, so it is refused."""
    words = tuple(given) if isinstance(given, Iterable) and not isinstance(given, str) else ()
    if not words or not all(isinstance(word, str) for word in words):
        message = (
            f"{what} is {given!r:.80}. At least one file name or pattern was expected, in a tuple. The backend was not "
            "made; write ('name',) for a single one."
        )
        raise ValueError(message)
    return words
