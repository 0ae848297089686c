"""One repo's folder in one Hugging Face cache: what is there, and the steps that bring the rest.

Rule: nothing here decides. Each method is one step that the state machine asked for, leaves the cache healthy
for every other program at any instant, and raises nothing but typed errors.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from ...core.paths import unsafe
from ...core.planning.listing import is_commit
from ...core.planning.plan import Presence
from ...core.transfer.ports import Absent, Busy, Present
from . import leftovers, names, records, wants
from .claim import kept, open_files, whereabouts
from .disk import remove
from .faults import ABSENT, free_bytes, translated
from .folders import Folders
from .layout import Layout, native
from .links import Links
from .lock import take
from .part import Part
from .scan import file_sizes
from .sight import Sight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ...core.kept.clean import CleanReport
    from ...core.kept.record import Selection, SnapshotRecord
    from ...core.kept.wants import Want
    from ...core.planning.listing import FileEntry
    from ...core.planning.plan import Inventory
    from .wants import Declared

_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}
"""What systems say of a place where this user may not write."""

_TRIES = 5
"""How often a claim begins again when another one that failed tidied the folders away in between."""


class RepoCache:
    """The folder of ``repo_id`` in the cache folder ``root``. Nothing is opened or created before it is asked for.

    Every method may be called from any thread. Raises CacheError when the disk refuses, and
    InsufficientStorageError when it is full.
    """

    def __init__(self, root: Path, repo_id: str) -> None:
        self._shown = Layout(Path(os.path.abspath(root)), repo_id)  # not resolved: links in it stay
        self._at = Layout(native(root), repo_id)
        self._links = Links(self._at)
        self._folders = Folders(self._at)
        self._sight = Sight(self._at)
        self._has_written = False
        self._noting = Lock()
        self._noted: dict[str, Selection] = {}

    @property
    def folder(self) -> Path:
        """The repo's folder, whether it is there or not."""
        return Path(self._shown.folder)

    def commit_of(self, revision: str) -> str | None:
        """The commit that ``revision`` is (a commit id) or was when last noted, else None.

        Noted in ``refs/``; where there is no such ref, by the last unfinished download of it, and by one that got a file
        to its place.
        """
        if unsafe(revision):
            return None
        with translated(self._at.folder, "reading a ref"):
            found = records.commit_of(self._at, revision) or wants.commit_of(self._at, revision)
            return found or records.begun(self._at, revision)

    def snapshot_path(self, commit: str) -> Path:
        """The folder that a loader is given, whether it is there or not."""
        return Path(self._shown.snapshot(commit))

    def inventory(self, commit: str, files: Iterable[FileEntry]) -> Inventory:
        """What is there of ``files``; those of which nothing is there are left out."""
        with translated(self._at.folder, "looking for files"):
            found = ((file.path, self._presence(commit, file)) for file in files)
            return {path: presence for path, presence in found if presence is not None}

    def recorded(self, commit: str) -> SnapshotRecord | None:
        """What was asked for at ``commit``, by us or (``trees/``) by huggingface_hub; None when nobody noted it."""
        with translated(self._at.folder, "reading a record"):
            return records.recorded(self._at, commit)

    def wanted(self, commit: str) -> tuple[FileEntry, ...] | None:
        """What running and unfinished downloads want at ``commit``; None when nobody tells."""
        with translated(self._at.folder, "reading what downloads want"):
            return wants.wanted(self._at, commit)

    def commits_by_age(self) -> tuple[str, ...]:
        """The commits of which there is a snapshot folder, the one changed last first."""
        with translated(self._at.snapshots, "listing the snapshots"):
            try:
                found = [entry for entry in os.scandir(self._at.snapshots) if is_commit(entry.name)]
            except ABSENT:
                return ()
            aged: list[tuple[int, str]] = []
            for entry in found:
                with suppress(*ABSENT):  # removed meanwhile
                    if entry.is_dir():
                        aged.append((entry.stat().st_mtime_ns, entry.name))
            return tuple(commit for _, commit in sorted(aged, reverse=True))

    def sizes(self, commit: str) -> dict[str, int]:
        """Bytes of every file of the snapshot that can be opened, by its path in the repo."""
        with translated(self._at.folder, "looking for files"):
            return file_sizes(self._at.snapshot(commit))

    def check_names(self, commit: str, files: Sequence[FileEntry]) -> None:
        """Refuse files that cannot all be in the snapshot, because of how this file system takes names.

        Nothing stays written, and nothing is written at all unless only that can tell. Raises CacheError.
        """
        with translated(self._at.folder, "looking at the names of the files"):
            names.check(self._at, commit, files)
            pairs, odd = names.doubts(self._at, commit, files)
            if pairs or odd:
                self._folders.enter(commit)
                try:
                    names.settle(self._at, commit, pairs, odd)
                finally:
                    self._folders.leave(in_vain=True)

    def declare(self, want: Want) -> Declared:
        """Let others see what is about to be fetched, until that has ended. Call it before the first claim."""
        with translated(self._at.folder, "preparing the download"):
            for _ in range(_TRIES):
                with suppress(FileNotFoundError):
                    return self._declare(want)
                self._folders.look_again()
            return self._declare(want)

    def others(self, ours: Declared) -> list[dict[str, int]]:
        """What each other running download that shares the file system misses: places of contents to bytes."""
        with translated(self._at.root, "looking for other downloads"):
            return list(wants.running(self._at, ours.name))

    def places(self, blob_ids: Iterable[str]) -> set[str]:
        """The same places, of contents of this repo."""
        return {self._at.part(blob_id) for blob_id in blob_ids}

    def clean(self, *, partial: bool = False) -> CleanReport:
        """Remove kept bytes that belong to nothing; with ``partial`` also those of downloads that nobody runs."""
        with translated(self._at.guests, "cleaning up"):
            return leftovers.clean(self._at, partial=partial)

    def claim(self, file: FileEntry, commit: str) -> Part | Busy | Present:
        """Become the content's one owner. Never waits: Busy when somebody else is."""
        with translated(self._at.folder, "preparing the download"):
            if self._has(file, commit):
                return Present()
            for _ in range(_TRIES):
                with suppress(FileNotFoundError):
                    return self._claim(file, commit)
                self._folders.look_again()
            return self._claim(file, commit)

    def look(self, file: FileEntry) -> Busy | Present | Absent:
        """The same facts without becoming the owner.

        Busy means that a journal or a neighbour's temporary is there; whether anybody still adds to it
        shows when ``bytes_seen`` grows.
        """
        with translated(self._at.folder, "following the download"):
            if whereabouts(self._at, file) is not None:
                return Present()
            bytes_seen = self._sight.seen(file)
            return Absent() if bytes_seen is None else Busy(bytes_seen)

    def note(self, commit: str, revision: str, selection: Selection) -> None:
        """Write down what is asked for, and as which ``revision``.

        Call it before anything of it is linked: then whoever sees a part of it can tell.
        A cache that holds everything and may only be read is left as it is.
        """
        with translated(self._at.folder, "noting what is asked for"), self._noting:
            if self._noted.get(commit) is selection:
                return
            try:
                os.makedirs(self._at.snapshot(commit), exist_ok=True)
                records.write_record(self._at, commit, selection)
                records.write_tree(self._at, commit, selection)
                records.write_begun(self._at, commit, revision)
            except OSError as error:
                if self._has_written or error.errno not in _READ_ONLY:
                    raise
            self._noted[commit] = selection

    def link(self, commit: str, path: str, blob_id: str, stopped: Callable[[], bool] = lambda: False) -> None:
        """Put a published content at ``path`` of the snapshot. Raises CacheError when a planted link is in the way.

        Raises Lost when it is not there any more, Held while somebody else gives it a place, and Interrupted when
        ``stopped()`` while it is copied.
        """
        with translated(self._at.snapshot(commit), "linking a file"):
            self._has_written |= self._links.make(commit, path, blob_id, stopped)

    def forget(self, file: FileEntry) -> None:
        """Delete what an earlier owner left of the content, unless somebody has it; a failure costs only space."""
        with suppress(OSError):
            left = [name for name in os.listdir(self._at.guests) if name.startswith(file.blob_id)]
            if left:
                self._remove_leftovers(file.blob_id, left)

    def seal(self, commit: str, revision: str, selection: Selection) -> tuple[str, ...]:
        """Write down that ``selection`` is complete: the ref, now that all of it is there, after the :meth:`note`.

        Writes nothing that is there already. A cache that holds everything and may only be read is left as it is.
        Returns the contents that were taken away again meanwhile; then no ref is written.
        """
        with self._noting:
            self._noted.pop(commit, None)  # it may have been taken away as well
        self.note(commit, revision, selection)
        with translated(self._at.folder, "completing the snapshot"):
            if gone := records.without_place(self._at, commit, selection):
                return gone
            try:
                records.write_ref(self._at, commit, revision)
            except OSError as error:
                if self._has_written or error.errno not in _READ_ONLY:
                    raise
        records.forget_begun(self._at, revision)
        self._sweep({file.blob_id for file in selection.files})
        return ()

    def free_bytes(self) -> int:
        """Bytes that may still be written on the file system the cache is, or will be, on."""
        return free_bytes(self._at.folder)

    def _declare(self, want: Want) -> Declared:
        self._folders.enter(want.commit)
        try:
            return wants.declare(self._at, want, lambda: self._folders.leave(in_vain=True))
        except BaseException:
            self._folders.leave(in_vain=True)
            raise

    def _presence(self, commit: str, file: FileEntry) -> Presence | None:
        if self._has(file, commit):
            return Presence("cached", file.size)
        size = kept(self._at, file.blob_id, file.size).kept.size
        return Presence("partial", size) if size else None

    def _has(self, file: FileEntry, commit: str) -> bool:
        place = whereabouts(self._at, file, commit)
        if place is not None and place != self._at.blob(file.blob_id):
            self._links.found(file.blob_id, place)
        return place is not None

    def _claim(self, file: FileEntry, commit: str) -> Part | Busy | Present:
        self._folders.enter(commit)
        answer: Part | Busy | Present | None = None
        try:
            answer = self._locked(file, commit)
        finally:
            if not isinstance(answer, Part):
                self._folders.leave(in_vain=answer is None)
        return answer

    def _locked(self, file: FileEntry, commit: str) -> Part | Busy | Present:
        lock = take(self._at.lock(file.blob_id))
        if lock is None:
            return Busy(self._sight.seen(file) or 0)
        try:
            if self._has(file, commit):
                lock.release()
                return Present()
            opened = open_files(self._at, file)
            self._has_written = True
        except BaseException:
            lock.release()
            raise
        return Part(
            self._at,
            file.blob_id,
            file.size,
            opened,
            lock=lock,
            published=self._links.published,
            closed=lambda in_vain: self._closed(file.blob_id, in_vain=in_vain),
        )

    def _closed(self, blob_id: str, *, in_vain: bool) -> None:
        self._links.released(blob_id)
        self._folders.leave(in_vain=in_vain)

    def _sweep(self, blob_ids: set[str]) -> None:
        """Remove what crashes left of these contents, where nobody holds them; a failure costs only space."""
        with suppress(OSError):
            left = os.listdir(self._at.guests)
            for blob_id in blob_ids & {name.partition(".")[0] for name in left}:
                self._remove_leftovers(blob_id, [name for name in left if name.startswith(blob_id)])
            leftovers.remove_stale(self._at)

    def _remove_leftovers(self, blob_id: str, names: list[str]) -> None:
        lock = take(self._at.lock(blob_id))
        if lock is None:
            return
        try:
            for name in names:
                remove(os.path.join(self._at.guests, name))
        finally:
            lock.release()
