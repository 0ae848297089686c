"""The record: which files downloads asked for at a commit, so that completeness needs no network.

Rule: completeness is judged against what was asked for, under the patterns it was asked with. A record
that is not understood whole says nothing: the model then counts as never recorded, not as complete. Each choice is written
down by itself, under a name that follows from its patterns, so that two downloads never write over each other's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from ...errors import IntegrityError
from ..planning.listing import FileEntry, entries_as_json, is_commit, select, trusted_entries, trusted_patterns

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = "modelfetch.snapshot/1"

_KEY_DIGITS = 16
"""Enough that no two choices of one commit ever meet."""

Patterns = tuple[str, ...] | None
"""As a plan has them. No ``allow`` pattern means all files, an empty tuple of them none."""


def _as_set(patterns: Patterns) -> list[str] | None:
    """Each pattern once, in one order: a file is chosen by any of them."""
    return None if patterns is None else sorted(set(patterns))


@dataclass(frozen=True, slots=True)
class Selection:
    """One choice of files: the patterns that made it, and what they chose."""

    allow_patterns: Patterns
    ignore_patterns: Patterns
    files: tuple[FileEntry, ...]

    @property
    def is_whole(self) -> bool:
        """Whether it is every file of the repo."""
        return self.allow_patterns is None and not self.ignore_patterns

    @property
    def key(self) -> str:
        """What its record is called: the same for the same patterns, and for no others."""
        told = json.dumps([_as_set(self.allow_patterns), _as_set(self.ignore_patterns or None)])
        return sha256(told.encode()).hexdigest()[:_KEY_DIGITS]

    @property
    def choice(self) -> str:
        """The patterns in words."""
        if self.is_whole:
            return "all of its files"
        ignored = f" and ignore_patterns={self.ignore_patterns!r}" if self.ignore_patterns else ""
        return f"allow_patterns={self.allow_patterns!r}{ignored}"

    def is_chosen_by(self, allow: Patterns, ignore: Patterns) -> bool:
        """Whether these patterns are its own, in whatever order; an empty ``ignore`` is none."""
        ours, theirs = (self.allow_patterns, self.ignore_patterns or None), (allow, ignore or None)
        return [*map(_as_set, ours)] == [*map(_as_set, theirs)]


@dataclass(frozen=True, slots=True)
class SnapshotRecord:
    """What was asked for of ``repo_id`` at ``commit``: one selection for each pair of patterns."""

    repo_id: str
    commit: str
    selections: tuple[Selection, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every file of the repo was asked for, by one download or another."""
        return any(selection.is_whole for selection in self.selections)

    def with_selection(self, new: Selection) -> SnapshotRecord:
        """This record and ``new``, which replaces a selection with equal patterns."""
        others = (old for old in self.selections if not old.is_chosen_by(new.allow_patterns, new.ignore_patterns))
        return replace(self, selections=(*others, new))

    def merged(self, other: SnapshotRecord) -> SnapshotRecord:
        """This record and all that ``other`` holds."""
        whole = self
        for selection in other.selections:
            whole = whole.with_selection(selection)
        return whole

    def files_for(self, allow: Patterns, ignore: Patterns) -> tuple[FileEntry, ...] | None:
        """The files these patterns choose; None when no selection tells.

        A selection with the same patterns tells, and so does one of the whole repo.
        """
        for selection in self.selections:
            if selection.is_chosen_by(allow, ignore):
                return selection.files
        whole = next((selection for selection in self.selections if selection.is_whole), None)
        return None if whole is None else select(whole.files, allow, ignore)


def encode(record: SnapshotRecord) -> str:
    """The record as JSON text."""
    return json.dumps(
        {
            "schema": SCHEMA,
            "repo_id": record.repo_id,
            "commit": record.commit,
            "selections": [_told(selection) for selection in record.selections],
        },
        indent=1,
    )


def decode(text: str) -> SnapshotRecord | None:
    """What ``text`` says, or None when any of it is not understood or not to be trusted."""
    try:
        told = json.loads(text)
        return _record(told) if told["schema"] == SCHEMA else None
    except (IntegrityError, AttributeError, KeyError, RecursionError, TypeError, ValueError):
        return None


def _told(selection: Selection) -> dict[str, object]:
    return {
        "allow_patterns": selection.allow_patterns,
        "ignore_patterns": selection.ignore_patterns,
        "files": entries_as_json(selection.files),
    }


def _record(told: Mapping[str, object]) -> SnapshotRecord:
    repo_id, commit, selections = told["repo_id"], told["commit"], told["selections"]
    if not (isinstance(repo_id, str) and isinstance(commit, str) and is_commit(commit)):
        message = "it does not name a repo and a commit"
        raise TypeError(message)
    if not isinstance(selections, list):
        message = "its selections are not a list"
        raise TypeError(message)
    return SnapshotRecord(repo_id, commit, tuple(_selection(repo_id, item) for item in selections))


def _selection(repo_id: str, told: Mapping[str, object]) -> Selection:
    allow, ignore = trusted_patterns(told["allow_patterns"]), trusted_patterns(told["ignore_patterns"])
    return Selection(allow, ignore, trusted_entries(repo_id, told["files"]))
