"""What is known of a model before anybody is asked: its name, its repo, and what a catalog says of it.

Rule: a spec is checked when it is made, so that nobody after that meets a figure that is none. Whether there is such a
repo or such a branch is asked when it is used.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING

from ..given import Expected, amount, of, or_else, or_none, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MEASURED = ("min_ram_bytes", "size_bytes")
"""The fields of a spec that are numbers of bytes, and can be ``unverified``."""


_TEXT = or_none(of(str))
_PATTERNS = Expected(
    or_none(words), "A pattern as text, several texts in a list, or None,", "pass for example '*.json'"
)
_WORDS = Expected(or_else(words, ()), "A word, or several in a list,", "pass for example ('Speech',), or leave it out")
_BYTES = Expected(or_none(amount), "A number of bytes, 0 or more, or None,", "leave it out where nobody measured")

_FIELDS = {
    "name": Expected(of(str), "What a person types for the model, as text,", "pass for example 'large-v3'"),
    "repo_id": Expected(of(str), "A repo id as text", "pass 'org/name', as on the model's page"),
    "backend": Expected(_TEXT, "The name of a backend as text, or None,", "pass for example 'mlx', or leave it out"),
    "revision": Expected(
        _TEXT, "A branch, tag or commit as text, or None,", "pass for example 'main', or leave it out"
    ),
    "allow_patterns": _PATTERNS,
    "ignore_patterns": _PATTERNS,
    "display_name": Expected(_TEXT, "What a person reads, as text, or None,", "pass a text, or leave it out"),
    "description": Expected(or_else(of(str), ""), "What a person reads, as text,", "pass a text, or leave it out"),
    "capabilities": _WORDS,
    "unverified": _WORDS,
    **dict.fromkeys(MEASURED, _BYTES),
}


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What is known of a model before anybody is asked.

    ``name``: what a person types for it. ``repo_id``: ``org/name`` on the Hub. ``backend``: who loads it.
    ``revision``: branch, tag or commit, None for ``main``. ``allow_patterns``, ``ignore_patterns``: which files
    (None: the backend's own, or all). ``display_name`` and ``description``: what a person reads. ``capabilities`` are
    for badges, such as Speech. ``min_ram_bytes`` is the memory that a machine has to have, ``size_bytes`` the weights
    on disk; None where nobody measured. ``unverified`` names those of the two that rest on one source or a formula:
    such a need of memory warns, and never refuses.

    Raises TypeError for a field of the wrong type, and ValueError for a number below 0 or any other word in ``unverified``.
    """

    name: str
    repo_id: str
    _: KW_ONLY
    backend: str | None = None
    revision: str | None = None
    allow_patterns: Sequence[str] | None = None
    ignore_patterns: Sequence[str] | None = None
    display_name: str | None = None
    description: str = ""
    capabilities: Sequence[str] = ()
    min_ram_bytes: int | None = None
    size_bytes: int | None = None
    unverified: Sequence[str] = ()

    def __post_init__(self) -> None:
        for field, expected in _FIELDS.items():
            object.__setattr__(self, field, expected.checked(field, getattr(self, field)))
        if others := sorted(set(self.unverified).difference(MEASURED)):
            message = (
                f"unverified={others[0]!r} of the model {self.name!r} means nothing. {' or '.join(MEASURED)} was expected. "
                "No spec was made; correct it."
            )
            raise ValueError(message)

    @property
    def title(self) -> str:
        """What a person reads: ``display_name``, or else ``name``."""
        return self.display_name or self.name

    @property
    def declared_ram_bytes(self) -> int | None:
        """The memory that may be held against a machine: ``min_ram_bytes``, unless it is ``unverified``; None for none."""
        return None if "min_ram_bytes" in self.unverified else self.min_ram_bytes


SPEC = Expected(of(ModelSpec), "A ModelSpec", "pass ModelSpec(name, repo_id), or a catalog's")
"""What a function that takes a spec expects."""


def patterns(given: str | Iterable[str] | None) -> tuple[str, ...] | None:
    """Patterns as :func:`words` reads them; None for none."""
    return None if given is None else words(given)
