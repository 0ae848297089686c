"""Removing what belongs to nothing any more: kept bytes that no download will ask for, and what crashes left.

Rule: what becomes of kept bytes is decided in the core, from the notes. A content is removed under its lock, and only
if no note appeared since the decision. huggingface_hub's files are looked at and left alone.
"""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from ...core.kept.clean import CleanReport, LeftAlone
from ...core.kept.wants import DAY, Stand, is_over, sort_out
from ...core.planning.listing import is_commit
from .disk import TEMPORARY, is_abandoned
from .faults import ABSENT
from .lock import take
from .records import commit_in, commit_of, erase_ref
from .scan import allocated, files_below
from .wants import entries, forget, is_held, kept, names, notes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...core.kept.clean import LeftBecause
    from ...core.kept.wants import Note
    from .layout import Layout

_NOT_OURS = ".incomplete"
"""How huggingface_hub's temporaries end."""


def clean(layout: Layout, *, partial: bool) -> CleanReport:
    """Remove what belongs to nothing; with ``partial`` also what downloads that nobody runs had kept. Raises OSError."""
    if any(os.path.islink(folder) for folder in (os.path.dirname(layout.guests), layout.guests, layout.wants)):
        return CleanReport()  # planted: it leads somewhere else
    now = time.time_ns()
    found, touched = notes(layout), kept(layout)
    told = sort_out(found, touched, _stands(layout, found), now, partial=partial)
    for name in told.notes:
        forget(layout, name)
    left: dict[str, LeftBecause] = dict(told.stays)
    freed = remove_stale(layout)
    _forget_snapshots(layout, {note.want.commit for note in found if note.want})
    known = {note.name for note in found}
    for blob_id in sorted(told.orphans):
        size, why = _remove(layout, blob_id, known, untouched=is_over(None, touched[blob_id], now))
        freed += size
        if why:
            left[blob_id] = why
    alone = [LeftAlone(layout.repo_id, blob_id, _size(layout, blob_id), why) for blob_id, why in sorted(left.items())]
    return CleanReport(freed, (layout.repo_id,) if freed else (), (*alone, *_neighbours(layout)))


def remove_stale(layout: Layout) -> int:
    """Remove temporaries, and locks without a note, that a crash left; bytes freed."""
    known = set(names(layout))
    freed = 0
    for entry in (*entries(layout.guests), *entries(layout.wants)):
        with suppress(OSError):
            if _is_stale(layout, entry, known):
                freed += _remove_folder(entry.path) if entry.is_dir(follow_symlinks=False) else _remove_file(entry)
    with suppress(OSError):
        os.rmdir(layout.wants)
    return freed


def _forget_snapshots(layout: Layout, wanted: set[str]) -> None:
    """Remove what is noted of snapshots that another program removed; a note is written after its snapshot has a folder."""
    folder = os.path.dirname(layout.records("0"))
    for entry in () if os.path.islink(folder) else entries(folder):
        if is_commit(entry.name) and entry.name not in wanted and not os.path.lexists(layout.snapshot(entry.name)):
            with suppress(OSError):
                shutil.rmtree(entry.path)
    for path in list(files_below(layout.begun_refs)):
        commit = commit_in(path)
        if commit is None or (commit not in wanted and not os.path.lexists(layout.snapshot(commit))):
            with suppress(OSError):
                erase_ref(layout.guests, path)


def _is_stale(layout: Layout, entry: os.DirEntry[str], known: set[str]) -> bool:
    """Whether nobody works at it: its lock is free (a free one of a note goes by being looked at), or a day passed."""
    stem, _, kind = entry.name.rpartition(".")
    if kind == "lock":
        return stem not in known and is_held(layout, stem) is None and _is_old(entry)
    if not entry.name.endswith(TEMPORARY):
        return False
    return _is_old(entry) or (not entry.is_dir(follow_symlinks=False) and is_abandoned(entry.path))


def _is_old(entry: os.DirEntry[str]) -> bool:
    found = entry.stat(follow_symlinks=False)
    return time.time_ns() - max(found.st_mtime_ns, found.st_ctime_ns) > DAY


def _remove_file(entry: os.DirEntry[str]) -> int:
    size = allocated(entry.stat(follow_symlinks=False))
    os.unlink(entry.path)
    return size


def _remove_folder(path: str) -> int:
    """A snapshot that was being removed; where there are no links its files have bytes of their own."""
    size = sum(allocated(os.lstat(f"{folder}{os.sep}{name}")) for folder, _, names in os.walk(path) for name in names)
    shutil.rmtree(path)
    return size


def _remove(layout: Layout, blob_id: str, known: set[str], *, untouched: bool) -> tuple[int, LeftBecause | None]:
    """Remove all that is kept of the content; bytes freed, and why something stayed."""
    lock = take(layout.lock(blob_id))
    if lock is None:
        return 0, "running"
    try:
        if not lock.is_real and not untouched:
            return 0, "untellable"
        if not known.issuperset(names(layout)):  # a download has begun since: it may want this
            return 0, "running"
        return _unlink(entry for entry in entries(layout.guests) if entry.name.startswith(blob_id + "."))
    finally:
        lock.release()


def _unlink(doomed: Iterable[os.DirEntry[str]]) -> tuple[int, LeftBecause | None]:
    freed = 0
    why: LeftBecause | None = None
    for entry in doomed:
        try:
            freed += _remove_file(entry)
        except FileNotFoundError:
            continue
        except OSError:
            why = "refused"
    return freed, why


def _stands(layout: Layout, found: Iterable[Note]) -> dict[str, Stand]:
    """Where the revisions that notes name stood when they were last noted."""
    stands: dict[str, Stand] = {}
    for revision in {note.want.revision for note in found if note.want and note.want.revision != note.want.commit}:
        with suppress(OSError):
            written = os.lstat(layout.ref(revision)).st_mtime_ns
            if commit := commit_of(layout, revision):
                stands[revision] = Stand(commit, written)
    return stands


def _neighbours(layout: Layout) -> list[LeftAlone]:
    found = []
    for entry in entries(layout.blobs):
        if entry.name.endswith(_NOT_OURS):
            with suppress(OSError):
                size = allocated(entry.stat(follow_symlinks=False))
                found.append(LeftAlone(layout.repo_id, entry.name.partition(".")[0], size, "not ours"))
    return found


def _size(layout: Layout, blob_id: str) -> int:
    try:
        return allocated(os.lstat(layout.part(blob_id)))
    except ABSENT:
        return 0
