"""The notes of what downloads want: written before the first byte, held by a lock as long as the download lives.

Rule: a note appears whole, under a name that is never used twice, and after its lock is held: who sees it and finds
its lock free, or gone, knows that its download is over. Because no name is used twice a lock may be unlinked.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from pathlib import Path
from threading import Lock as Mutex
from typing import TYPE_CHECKING

from ...core.kept.wants import Note, decode, encode
from ...core.planning.listing import is_commit, is_sha256
from .claim import whereabouts
from .disk import read_own, remove, replace_text
from .faults import ABSENT
from .layout import Layout
from .lock import Lock, take
from .scan import allocated, repo_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ...core.kept.wants import Want
    from ...core.planning.listing import FileEntry

_NOTE, _KEPT = ".json", (".part", ".journal")
_TRIES = 4

_roots: Counter[str] = Counter()
"""The cache folders in which downloads of this process run. Two of them may share a file system, and nothing on disk leads
from one to the other; so what another process does in another folder is not seen."""

_mutex = Mutex()


class Declared:
    """A note that is ours. Call :meth:`end` once, from any thread."""

    def __init__(self, layout: Layout, want: Want, ended: Callable[[], None]) -> None:
        self._layout, self._want, self._ended = layout, want, ended
        with suppress(FileExistsError):
            os.mkdir(layout.wants)
        self.name, self._lock = _locked_name(layout, want)
        try:
            if not self._lock.is_real:  # the file says that there is something that a lock cannot tell
                replace_text(layout.guests, layout.want_lock(self.name), "")
            replace_text(layout.guests, layout.want(self.name), encode(want))
        except BaseException:
            self._let_go()
            raise
        with _mutex:
            _roots[layout.root] += 1

    def end(self, *, keep: bool) -> None:
        """The download is over. With ``keep`` the note stays if something that it asks for is kept, for who goes on."""
        with _mutex:
            _roots[self._layout.root] -= 1
        if not (keep and self._has_kept()):
            remove(self._layout.want(self.name))
        self._let_go()
        self._ended()

    def _has_kept(self) -> bool:
        try:
            return not self._want.blob_ids.isdisjoint(kept(self._layout))
        except OSError:  # nobody can tell
            return True

    def _let_go(self) -> None:
        """Free first: Windows does not unlink what is open."""
        self._lock.release()
        forget(self._layout, self.name, note=False)


def declare(layout: Layout, want: Want, ended: Callable[[], None]) -> Declared:
    """Let others see ``want``, in place of the notes that earlier downloads of the same left. Raises OSError."""
    ours = Declared(layout, want, ended)
    for name in names(layout):
        if name.startswith(want.identity + "-") and name != ours.name and is_held(layout, name) is False:
            forget(layout, name)
    return ours


def _locked_name(layout: Layout, want: Want) -> tuple[str, Lock]:
    """A new name, and its lock; who cleans up may take a lock for a crash's before it is ours, and remove it."""
    for _ in range(_TRIES):
        name = f"{want.identity}-{os.urandom(4).hex()}"
        lock = take(layout.want_lock(name))
        if lock is not None and (not lock.is_real or os.path.lexists(layout.want_lock(name))):
            return name, lock
        if lock is not None:
            lock.release()
    return name, Lock(None)


def forget(layout: Layout, name: str, *, note: bool = True) -> None:
    """Remove the lock of a download that is over, and its note."""
    if note:
        remove(layout.want(name))
    remove(layout.want_lock(name))
    with suppress(OSError):
        os.rmdir(layout.wants)


def wanted(layout: Layout, commit: str) -> tuple[FileEntry, ...] | None:
    """What the notes ask for at ``commit``; None where none does, or one is not understood."""
    read = (_read(layout, name, held=None) for name in names(layout))
    found = [note.want for note in read if note is not None]
    here = [want for want in found if want is not None and want.commit == commit]
    if not here or None in found:
        return None
    return tuple(file for want in here for file in want.files)


def notes(layout: Layout) -> list[Note]:
    """Every note of the repo."""
    found = (_read(layout, name, held=is_held(layout, name)) for name in names(layout))
    return [note for note in found if note is not None]


def commit_of(layout: Layout, revision: str) -> str | None:
    """The commit that ``revision`` was to whoever noted last that they want it."""
    found = (_read(layout, name, held=None) for name in names(layout))
    asked = [note for note in found if note is not None and note.want is not None and note.want.revision == revision]
    last = max(asked, key=lambda note: note.written, default=None)
    return None if last is None or last.want is None else last.want.commit


def is_held(layout: Layout, name: str) -> bool | None:
    """Whether the note's download lives; None where locks cannot be had."""
    if not os.path.lexists(layout.want_lock(name)):
        return False
    lock = take(layout.want_lock(name))
    if lock is None:
        return True
    is_real = lock.is_real
    lock.release()
    if not is_real:
        return None
    remove(layout.want_lock(name))
    return False


def kept(layout: Layout) -> dict[str, int]:
    """The contents of which something incomplete is there, to when it was last touched (nanoseconds)."""
    found: dict[str, int] = {}
    for entry in entries(layout.guests):
        blob_id = entry.name.partition(".")[0]
        if entry.name.endswith(_KEPT) and (is_sha256(blob_id) or is_commit(blob_id)):
            with suppress(OSError):
                found[blob_id] = max(found.get(blob_id, 0), entry.stat(follow_symlinks=False).st_mtime_ns)
    return found


def running(layout: Layout, but: str) -> Iterator[dict[str, int]]:
    """What each running download on the file system of ``layout`` misses, its note ``but`` aside: places to bytes.

    Where no lock tells, nobody can say that a download runs, and none is counted: a gate that refuses because of
    what a crash left would never open again.
    """
    with _mutex:
        roots = {layout.root, *(root for root, count in _roots.items() if count)}
    device = _device(layout.folder)
    for root in roots:
        for other in (Layout(Path(root), repo_id) for repo_id in repo_ids(Path(root))):
            with suppress(OSError):  # what another user keeps to himself does not stop us
                for name in names(other):
                    if name != but and is_held(other, name) and _device(other.folder) == device:
                        yield _missing(other, name)


def _missing(layout: Layout, name: str) -> dict[str, int]:
    note = _read(layout, name, held=True)
    if note is None or note.want is None:
        return {}
    want, there = note.want, _paths(layout, note.want.commit)
    return {layout.part(file.blob_id): file.size - _on_disk(layout, file, want.commit, there) for file in want.files}


def _paths(layout: Layout, commit: str) -> set[str]:
    """What is there of a commit, by contents and by paths in the repo; few of many files are, and only those are looked at."""
    top = layout.snapshot(commit)
    placed = (f"{folder}{os.sep}{name}" for folder, _, names in os.walk(top) for name in names)
    return {entry.name for folder in (layout.blobs, layout.guests) for entry in entries(folder)}.union(
        place.removeprefix(top + os.sep).replace(os.sep, "/") for place in placed
    )


def _on_disk(layout: Layout, file: FileEntry, commit: str, there: set[str]) -> int:
    if not there.isdisjoint((file.blob_id, file.path)) and whereabouts(layout, file, commit) is not None:
        return file.size
    with suppress(*ABSENT):
        if f"{file.blob_id}.part" in there:
            return min(file.size, allocated(os.lstat(layout.part(file.blob_id))))
    return 0


def names(layout: Layout) -> list[str]:
    """What the repo's notes are called."""
    return sorted(entry.name.removesuffix(_NOTE) for entry in entries(layout.wants) if entry.name.endswith(_NOTE))


def _read(layout: Layout, name: str, *, held: bool | None) -> Note | None:
    """The note; None when it went meanwhile, or is no file of ours."""
    try:
        written = os.lstat(layout.want(name)).st_mtime_ns
    except ABSENT:
        return None
    text = read_own(layout.want(name))
    if text is None:
        return None
    return Note(name, decode(text.decode("utf-8", "replace"), layout.repo_id), written, held)


def entries(folder: str) -> list[os.DirEntry[str]]:
    """What is in the folder; nothing when it is not there."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except ABSENT:
        return []


def _device(path: str) -> int | None:
    """The file system that ``path`` is, or will be, on."""
    while True:
        with suppress(OSError):
            return os.stat(path).st_dev
        if path == (path := os.path.dirname(path)):
            return None
