"""What a backend says about files: which it may use, and which it cannot do without."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class BackendFiles:
    """``patterns`` choose what is downloaded; of each entry of ``needed`` at least one alternative has to be there."""

    name: str
    patterns: tuple[str, ...]
    needed: tuple[tuple[str, ...], ...]

    def missing(self, paths: Iterable[str]) -> tuple[str, ...]:
        """What a loader would miss among ``paths``: the first alternative of each need that is not met."""
        there = tuple(paths)
        return tuple(
            need[0] for need in self.needed if not any(fnmatchcase(path, pattern) for path in there for pattern in need)
        )
