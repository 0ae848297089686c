"""A want: the note that a download leaves of what it is about to bring, and what follows from all notes of a repo.

Rule: kept bytes stay as long as somebody may still ask for them: a download that runs, or one that ended without
finishing and whose revision has not moved on since. What is in doubt stays. The rest is an orphan.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from ...errors import IntegrityError
from ..paths import unsafe
from ..planning.listing import FileEntry, entries_as_json, is_commit, trusted_entries

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

SCHEMA = "modelfetch.want/1"

DAY = 24 * 3600 * 10**9
"""Nanoseconds after which what nobody touched is nobody's, where no lock tells: running downloads touch theirs all the time."""

_DIGITS = 16
"""Hex digits of a note's identity: 64 bits tell the wants of one repo apart."""

KeptBecause = Literal["running", "resumable", "unreadable"]
"""Why kept bytes stay: a download brings more, an unfinished one may go on, or a note says what nobody here understands."""


@dataclass(frozen=True, slots=True)
class Want:
    """What one download brings: the files of ``repo_id`` at ``commit`` that it chose, ``revision`` being what was asked for."""

    repo_id: str
    revision: str
    commit: str
    files: tuple[FileEntry, ...]

    @property
    def blob_ids(self) -> frozenset[str]:
        """Its contents."""
        return frozenset(file.blob_id for file in self.files)

    @property
    def identity(self) -> str:
        """The same for the same want, so that a plan that is carried out again replaces its own note."""
        return sha256(encode(self).encode()).hexdigest()[:_DIGITS]


@dataclass(frozen=True, slots=True)
class Note:
    """A want as it was found on disk, None when it is not understood.

    ``written``: nanoseconds; ``held``: whether its download lives, None where no lock tells.
    """

    name: str
    want: Want | None
    written: int
    held: bool | None

    def asks_for(self, blob_id: str) -> bool:
        """Whether the content may be among what it wants; of a note that is not understood, any may."""
        return self.want is None or any(file.blob_id == blob_id for file in self.want.files)


@dataclass(frozen=True, slots=True)
class Stand:
    """The commit that a revision was last noted to be (``refs/``), and when (nanoseconds)."""

    commit: str
    written: int


@dataclass(frozen=True, slots=True)
class Sorted:
    """What becomes of a repo's kept bytes: the contents that stay, and why; the contents and the notes that go."""

    stays: Mapping[str, KeptBecause]
    orphans: frozenset[str]
    notes: frozenset[str]


def encode(want: Want) -> str:
    """The note's text: JSON."""
    told = {"schema": SCHEMA, "repo_id": want.repo_id, "revision": want.revision, "commit": want.commit}
    return json.dumps({**told, "files": entries_as_json(want.files)}, indent=1)


def decode(text: str, repo_id: str) -> Want | None:
    """What a note of ``repo_id`` says, or None when any of it is not understood or not to be trusted."""
    try:
        told = json.loads(text)
        revision, commit = told["revision"], told["commit"]
        if (told["schema"], told["repo_id"]) != (SCHEMA, repo_id) or unsafe(revision) or not is_commit(commit):
            return None
        return Want(repo_id, revision, commit, trusted_entries(repo_id, told["files"]))
    except (AttributeError, IntegrityError, KeyError, RecursionError, TypeError, ValueError):
        return None


def is_over(held: bool | None, touched: int, now: int) -> bool:  # noqa: FBT001 - what a lock said
    """Whether nobody works on something last touched then (nanoseconds): the lock tells, and where none does, a day."""
    return now - touched > DAY if held is None else not held


def is_superseded(note: Note, notes: Iterable[Note], stands: Mapping[str, Stand]) -> bool:
    """Whether its revision was, later than it was written, another commit: in ``refs/``, or in another note.

    A commit that was asked for by its id never is.
    """
    want = note.want
    if want is None or want.revision == want.commit:
        return False
    later = [
        Stand(other.want.commit, other.written)
        for other in notes
        if other.want is not None and other.want.revision == want.revision
    ]
    if want.revision in stands:
        later.append(stands[want.revision])
    return any(stand.commit != want.commit and stand.written > note.written for stand in later)


def sort_out(
    notes: Collection[Note], kept: Collection[str], stands: Mapping[str, Stand], now: int, *, partial: bool
) -> Sorted:
    """What becomes of ``kept``, the contents of which something incomplete is on disk.

    ``partial``: what an unfinished download kept goes too, unless it runs. A note without a download goes
    when nothing that it asks for is kept, or when it may ask no more.
    """
    over = [note for note in notes if is_over(note.held, note.written, now)]
    running = [note for note in notes if note not in over]
    may_ask = [] if partial else [note for note in over if not is_superseded(note, notes, stands)]
    stays: dict[str, KeptBecause] = {}
    for blob_id in kept:
        if any(note.asks_for(blob_id) for note in running):
            stays[blob_id] = "running"
        elif asking := [note for note in may_ask if note.asks_for(blob_id)]:
            stays[blob_id] = "resumable" if any(note.want for note in asking) else "unreadable"
    speaking = [note for note in may_ask if any(note.asks_for(blob_id) for blob_id in kept)]
    return Sorted(
        stays=stays,
        orphans=frozenset(blob_id for blob_id in kept if blob_id not in stays),
        notes=frozenset(note.name for note in over if note not in speaking),
    )
