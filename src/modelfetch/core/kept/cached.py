"""What is known of a cached model, and whether its bytes are the right ones.

Rule: a file is right when its content has the digest it was recorded with. A file that nobody recorded is held
against the name of its blob, which is its digest. Where there is neither, nothing is claimed about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..planning.listing import is_commit, is_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from ..planning.listing import FileEntry
    from .status import ModelStatus


@dataclass(frozen=True, slots=True)
class CachedModel:
    """One model of a cache.

    ``revisions``: the branches and tags that name one of ``commits``, in the order of their names. ``commits``: those
    with a snapshot folder, the one changed last first. ``path``: the newest complete snapshot folder, else the newest;
    None when there are only parts of files. ``size_bytes``: bytes on disk of its contents, each counted once however many
    snapshots have it, parts included; one that another model shares counts in both. ``files``: the paths in the repo
    of the files at ``path`` that can be opened, sorted. ``last_used``: when a content was last read or written, in
    seconds since the epoch, as far as the file system notes it; None when there is no content. ``status``: DOWNLOADED
    when one of the commits is complete.
    """

    repo_id: str
    revisions: tuple[str, ...]
    commits: tuple[str, ...]
    path: Path | None
    size_bytes: int
    files: tuple[str, ...]
    last_used: float | None
    status: ModelStatus


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What re-hashing a snapshot found: tuples of paths in the repo, sorted; every path is in one of them.

    ``ok``: the bytes are the recorded ones. ``corrupt``: they are others. ``missing``: expected and not there, or a
    link that leads nowhere. ``unknown``: there is nothing to check it against.
    """

    repo_id: str
    commit: str
    ok: tuple[str, ...] = ()
    corrupt: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def is_ok(self) -> bool:
        """Whether nothing is corrupt and nothing is missing; what is unknown does not count, not even where all of it is."""
        return not self.corrupt and not self.missing


@dataclass(frozen=True, slots=True)
class Seen:
    """One file of a snapshot as it lies on disk.

    ``size``: bytes, None when it cannot be opened. ``blob``: the name of the blob that it is a link to, None for a
    file of its own. ``is_pointer``: it is a git LFS pointer, which stands where a content should.
    """

    size: int | None
    blob: str | None = None
    is_pointer: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A file whose ``size`` bytes have to have the digest ``blob_id``."""

    path: str
    blob_id: str
    size: int


@dataclass(frozen=True, slots=True)
class Examination:
    """What can be said of a snapshot before a byte is read, and what remains to be hashed."""

    checks: tuple[Check, ...]
    corrupt: frozenset[str]
    missing: frozenset[str]
    unknown: frozenset[str]


def examine(
    expected: Sequence[FileEntry], listed: Sequence[FileEntry], seen: Mapping[str, Seen], needed: Iterable[str]
) -> Examination:
    """Hold a snapshot against what is known of it.

    ``expected``: files that have to be there. ``listed``: files that are known, whether or not anybody asked for
    them. ``needed``: what a backend lacks.
    """
    known = {file.path: file for file in (*listed, *expected)}
    there = {path: found for path, found in seen.items() if found.size is not None}
    wanted = {file.path for file in expected} | set(needed) | seen.keys()
    checks: list[Check] = []
    corrupt: set[str] = set()
    unknown: set[str] = set()
    for path, found in there.items():
        verdict = _first_look(path, found, known.get(path))
        if isinstance(verdict, Check):
            checks.append(verdict)
        else:
            (corrupt if verdict else unknown).add(path)
    return Examination(
        tuple(sorted(checks, key=lambda check: check.path)),
        frozenset(corrupt),
        frozenset(wanted - there.keys()),
        frozenset(unknown),
    )


def _first_look(path: str, found: Seen, entry: FileEntry | None) -> Check | bool:
    """What to check of a file that can be opened; True when it is wrong for sure, False when nothing tells."""
    size = found.size or 0
    if found.is_pointer:  # right as git has it, and not what anybody wants to load
        return True
    if entry is not None:
        return Check(path, entry.blob_id, size) if entry.size == size else True
    if found.blob is not None and (is_sha256(found.blob) or is_commit(found.blob)):
        return Check(path, found.blob, size)
    return False


def report(repo_id: str, commit: str, found: Examination, held: Mapping[str, bool | None]) -> VerifyReport:
    """The report, when of all that was to be checked each path did or did not have its digest (None: it was gone)."""
    bad = {path for path, is_right in held.items() if is_right is False}
    gone = {path for path, is_right in held.items() if is_right is None}
    return VerifyReport(
        repo_id,
        commit,
        ok=tuple(check.path for check in found.checks if check.path not in bad | gone),
        corrupt=tuple(sorted(found.corrupt | bad)),
        missing=tuple(sorted(found.missing | gone)),
        unknown=tuple(sorted(found.unknown)),
    )
