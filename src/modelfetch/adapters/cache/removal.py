"""Taking a repo, or one commit of it, out of the cache.

Rule: names go before contents. First the refs, so that no branch leads here; then each snapshot, in one step, so that
nobody ever finds half of one; then what is noted about it; the contents last. A removal that is killed anywhere leaves
contents that the next removal, or the next download, finds, and never a snapshot that looks complete and is not.
A download that begins meanwhile keeps the contents that are still there.

huggingface_hub's shared store is touched by huggingface_hub alone: it knows which other repo still needs a content.
"""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.planning.listing import is_commit
from ...errors import CacheError, DownloadInProgressError
from . import wants
from .disk import rename, temporary
from .faults import ABSENT, translated
from .layout import Layout, native, plain
from .lock import take
from .records import commit_in, erase_ref, recorded
from .scan import contents, files_below, refs, snapshot_files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .scan import Content


_STEM = 60
"""Characters of a name: with the ending of a temporary they stay below every limit."""

_FILLED_AGAIN = {errno.ENOTEMPTY, errno.EEXIST, errno.EISDIR}
"""What systems say of a folder in which somebody made something while it was emptied."""


class Removal:
    """Removes from the folder of ``repo_id`` in the cache folder ``root``; each method returns the bytes it freed.

    Raises CacheError when the disk refuses or the shared store needs a huggingface_hub that is not there, and
    DownloadInProgressError while somebody downloads the repo; then nothing was removed.
    """

    def __init__(self, root: Path, repo_id: str) -> None:
        self._at = Layout(native(root), repo_id)

    def everything(self) -> int:
        """Remove the repo's folder with all commits, parts and notes. Nothing there frees nothing."""
        if not os.path.lexists(self._at.folder):
            return 0
        with translated(self._at.folder, "removing a model"):
            self._begin(_names(self._at.blobs))
            before, names = contents(self._at), _names(self._at.snapshots)
            snapshots = (os.path.join(self._at.snapshots, name) for name in names)
            for aside in self._set_aside([self._at.refs, *snapshots]):
                _erase(aside)
            if self._held() is None:
                self._erase_shared(_names(self._at.blobs))
                self._erase_rest()
            return _freed(before.values())

    def commit(self, commit: str) -> int:
        """Remove the snapshot of ``commit``, every ref to it, and the contents that no other commit has.

        The only commit of a repo takes the repo's folder with it.
        """
        with translated(self._at.folder, "removing a revision"):
            names, named = set(_names(self._at.snapshots)), {stood_at for _, stood_at in refs(self._at)}
            if commit not in names | named:
                return 0
            others = names - {commit}
            if not others:
                return self.everything()
            wanted = {blob_id for other in others for blob_id in self._blob_ids(other)}
            doomed = self._blob_ids(commit) - wanted
            self._begin(doomed)
            before = contents(self._at)
            ours, begun = self._refs_to(self._at.refs, commit), self._refs_to(self._at.begun_refs, commit)
            notes = [self._at.records(commit), self._at.tree(commit), self._at.absences(commit)]
            for gone in [*self._set_aside([*ours, *begun, self._at.snapshot(commit)]), *notes]:
                _erase(gone)
            for above, paths in ((self._at.refs, ours), (self._at.guests, begun)):
                for path in paths:
                    erase_ref(above, path)  # what is left of it: its folders
            self._erase_shared(doomed)
            self._erase_contents(doomed)
            return _freed(before.values())

    def _erase_rest(self) -> None:
        """The repo's folder, unless a download that begins just now fills it again."""
        last = os.path.basename(self._at.snapshots)  # a repo folder without it counts as corrupt
        try:
            for name in sorted(_names(self._at.folder), key=lambda name: name == last):
                _erase(os.path.join(self._at.folder, name))
            with suppress(FileNotFoundError):  # a download that ended in vain tidied up after itself
                os.rmdir(self._at.folder)
        except OSError as error:
            if error.errno not in _FILLED_AGAIN:
                raise

    def _begin(self, blob_ids: Iterable[str]) -> None:
        """Refuse what cannot be carried to its end, before anything is touched."""
        at = self._at
        for folder in (at.folder, at.snapshots, at.blobs, os.path.dirname(at.guests), at.guests):
            if os.path.islink(folder):
                where = plain(folder)
                message = (
                    f"{where} is a symbolic link. A folder of the model's own was expected. Nothing was removed; remove the "
                    "link, or what it leads to, yourself."
                )
                raise CacheError(message, path=where)
        self._refuse_running()
        if self._shared(blob_ids) and _strategy() is None:
            where = plain(self._at.shared)
            message = (
                f"Files of {self._at.repo_id} are in huggingface_hub's store of what several models share ({where}). A "
                "huggingface_hub that knows this store was expected, because it alone knows who else needs them. Nothing was "
                "removed; install it (pip install 'huggingface_hub>=2') and try again, or use `hf cache rm`."
            )
            raise CacheError(message, path=where)

    def _refuse_running(self) -> None:
        """A download holds the lock of what it fetches, as huggingface_hub's does, and ours one as long as it lives."""
        held = self._held()
        if held is not None:
            message = (
                f"{self._at.repo_id} is being downloaded: somebody holds the lock {held}. A model that nobody is "
                "downloading was expected. Nothing was removed; cancel that download, or wait for its end."
            )
            raise DownloadInProgressError(message, model=self._at.repo_id)

    def _held(self) -> str | None:
        """The name of a lock that somebody holds, if anybody does."""
        locks = (name for name in _names(self._at.locks) if _is_held(os.path.join(self._at.locks, name)))
        notes = (name for name in wants.names(self._at) if wants.is_held(self._at, name))
        return next(chain(locks, notes), None)

    def _blob_ids(self, commit: str) -> set[str]:
        """The contents that the snapshot is linked to, and those that it was to have."""
        if not is_commit(commit):
            return set()
        record = recorded(self._at, commit)
        listed = {file.blob_id for selection in record.selections for file in selection.files} if record else set()
        links = (seen.blob for seen in snapshot_files(self._at.snapshot(commit)).values())
        return listed | {blob for blob in links if blob is not None}

    def _refs_to(self, folder: str, commit: str) -> list[str]:
        return [path for path in files_below(folder) if commit_in(path) == commit]

    def _set_aside(self, paths: Iterable[str]) -> list[str]:
        """Take each name away at once; where they are until they are erased.

        Where the system refuses one (Windows, while a program has a file of it open), all are put back: nothing was removed.
        """
        os.makedirs(self._at.guests, exist_ok=True)
        moved: list[tuple[str, str]] = []
        try:
            for path in paths:
                aside = temporary(self._at.guests, os.path.basename(path)[:_STEM])
                with suppress(*ABSENT):
                    rename(path, aside)
                    moved.append((path, aside))
        except BaseException:
            for path, aside in reversed(moved):
                with suppress(OSError):
                    rename(aside, path)
            raise
        return [aside for _, aside in moved]

    def _shared(self, blob_ids: Iterable[str]) -> list[str]:
        """Those of the blobs that are links into the shared store."""
        store = os.path.realpath(self._at.shared) + os.sep
        paths = (self._at.blob(blob_id) for blob_id in blob_ids)
        return [path for path in paths if os.path.islink(path) and os.path.realpath(path).startswith(store)]

    def _erase_shared(self, blob_ids: Iterable[str]) -> None:
        """Remove links into the shared store, and what nobody needs there any more."""
        links = self._shared(blob_ids)
        strategy = _strategy() if links else None
        if strategy is None:
            return
        nothing: frozenset[Path] = frozenset()
        strategy(
            expected_freed_size=0,
            blobs=frozenset(Path(plain(link)) for link in links),
            refs=nothing,
            repos=nothing,
            snapshots=nothing,
            cache_dir=Path(plain(self._at.root)),
        ).execute()

    def _erase_contents(self, blob_ids: set[str]) -> None:
        for folder in (self._at.blobs, self._at.guests):
            for name in _names(folder):
                if name.partition(".")[0] in blob_ids:
                    _erase(os.path.join(folder, name))


def _strategy() -> Any | None:
    """huggingface_hub's deletion, if it is one that knows the shared store."""
    try:
        from huggingface_hub import DeleteCacheStrategy  # noqa: PLC0415 - 100 ms, and may not be installed
    except ImportError:
        return None
    return DeleteCacheStrategy if "cache_dir" in DeleteCacheStrategy.__dataclass_fields__ else None


def _is_held(path: str) -> bool:
    lock = take(path)
    if lock is not None:
        lock.release()
    return lock is None


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except ABSENT:
        return []


def _erase(path: str) -> None:
    """Remove a file, a link (never what it leads to) or a folder with all that is in it; absence is fine."""
    with suppress(*ABSENT):
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)


def _freed(before: Iterable[Content]) -> int:
    """Bytes of what was there and is not any more; what has another name somewhere else still takes its room."""
    return sum(content.size for content in before if content.only_here and not os.path.lexists(content.place))
