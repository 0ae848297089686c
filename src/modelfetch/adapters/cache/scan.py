"""What is on disk of one repo, whoever brought it: looked at, and never changed.

Rule: nothing that lies in a cache makes a look at it fail. A link that leads nowhere, a foreign file, a folder where
a file should be: each is left out, or said to be what it is. Only a disk that refuses is an error.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from dataclasses import dataclass
from stat import S_ISDIR, S_ISREG
from typing import TYPE_CHECKING

from ...core.kept.cached import Seen
from ...core.kept.pointer import BEGINNING, is_pointer, is_worth_a_look
from ...core.paths import unsafe
from ...core.planning.listing import is_commit
from .digest import RunningDigest
from .disk import TEMPORARY, Bytes, read_own
from .faults import ABSENT, translated
from .layout import Layout, native
from .records import written_record

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator
    from pathlib import Path

    from ...core.kept.cached import Check

_FOLDER = "models--"

_STAT_BLOCK = 512
"""Bytes in what ``st_blocks`` counts (POSIX)."""


@dataclass(frozen=True, slots=True)
class Content:
    """A file that takes room: bytes on disk, when it was last read or written, where it really lies.

    ``only_here``: no other name of it is outside of the repo's folder.
    """

    size: int
    used: float
    place: str
    only_here: bool = True


def checked_root(root: Path) -> Path:
    """``root`` itself, which may be a cache folder or nothing yet. Raises CacheError when it is anything else."""
    at = str(native(root))
    with translated(at, "looking at the cache"), suppress(FileNotFoundError):
        if not S_ISDIR(os.stat(at).st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), at)
    return root


def repo_ids(root: Path) -> tuple[str, ...]:
    """The models that have a folder in the cache folder ``root``, sorted; none when there is no such folder.

    Raises CacheError when it cannot be read.
    """
    at = native(root)
    with translated(str(at), "listing the cache"):
        try:
            entries = list(os.scandir(at))
        except FileNotFoundError:
            return ()
        names = (entry.name for entry in entries if entry.name.startswith(_FOLDER) and entry.is_dir())
        found = (name.removeprefix(_FOLDER).replace("--", "/") for name in names)
        return tuple(sorted(repo_id for repo_id in found if is_folder_name(repo_id)))


def is_folder_name(repo_id: str) -> bool:
    """Whether a folder of the cache can be called after ``repo_id``, so that the folder's name leads back to it.

    Behind an ``@`` stands a revision, so nobody could ask for what has one in its name.
    """
    return not unsafe(repo_id) and "--" not in repo_id and "@" not in repo_id


class CachedRepo:
    """The folder of ``repo_id`` in the cache folder ``root``, looked at. Raises CacheError when the disk refuses."""

    def __init__(self, root: Path, repo_id: str) -> None:
        self._at = Layout(native(root), repo_id)

    @property
    def is_there(self) -> bool:
        """Whether the repo has a folder."""
        return os.path.isdir(self._at.folder)

    def revisions(self) -> dict[str, str]:
        """Branches and tags to the commits they were when they were last asked for."""
        with translated(self._at.refs, "reading the refs"):
            return dict(refs(self._at))

    def files(self, commit: str) -> dict[str, Seen]:
        """Every file and link of the snapshot, by its path in the repo."""
        with translated(self._at.snapshot(commit), "looking for files"):
            return snapshot_files(self._at.snapshot(commit))

    def contents(self) -> dict[object, Content]:
        """Everything of the repo that takes room, parts included, by what tells one file from another."""
        with translated(self._at.folder, "looking for files"):
            return contents(self._at)

    def has_parts(self, blob_ids: Container[str] | None = None) -> bool:
        """Whether a download that did not end left bytes of these contents (None: any), be it ours or huggingface_hub's."""
        with translated(self._at.folder, "looking for parts"):
            parts = (path for path in _blobs_and_parts(self._at) if path.endswith((".part", ".incomplete")))
            asked = (path for path in parts if blob_ids is None or os.path.basename(path).partition(".")[0] in blob_ids)
            return any(_size(path) for path in asked)

    def is_whole_ours(self, commit: str) -> bool:
        """Whether a download of ours asked for every file of the commit."""
        with translated(self._at.folder, "reading a record"):
            record = written_record(self._at, commit)
            return record is not None and record.is_whole

    def holds(self, commit: str, check: Check, stopped: Callable[[], bool]) -> bool | None:
        """Whether the file's bytes have the digest; None when it is not there any more. Raises Interrupted when ``stopped()``."""
        # it was found there, whatever it is called
        path = os.path.join(self._at.snapshot(commit), *check.path.split("/"))
        digest = RunningDigest(check.blob_id, check.size)
        with translated(path, "reading a file"), suppress(*ABSENT), open(path, "rb", buffering=0) as file:
            return digest.run(Bytes(file.fileno()), check.size, stopped) == check.blob_id
        return None


def refs(layout: Layout) -> Iterator[tuple[str, str]]:
    """Branches and tags, and the commit that each names; what is no ref is passed over."""
    for path in files_below(layout.refs):
        name = _name(layout.refs, path)
        commit = (read_own(path) or b"").decode("ascii", "replace").strip()
        if is_commit(commit) and not unsafe(name):
            yield name, commit


def snapshot_files(folder: str) -> dict[str, Seen]:
    """Every file and link below ``folder``, by its path with ``/``; links to folders are not followed."""
    return {_name(folder, path): _seen(path) for path in files_below(folder)}


def file_sizes(folder: str) -> dict[str, int]:
    """Bytes of every file below ``folder`` that can be opened, by its path with ``/``; none of them is looked into."""
    found: dict[str, int] = {}
    for path in files_below(folder):
        with suppress(OSError):
            seen = os.stat(path)
            if S_ISREG(seen.st_mode):
                found[_name(folder, path)] = seen.st_size
    return found


def contents(layout: Layout) -> dict[object, Content]:
    """See :meth:`CachedRepo.contents`."""
    found: dict[object, Content] = {}
    counts: dict[object, int] = {}
    below = (path for folder in (layout.snapshots, *_set_aside(layout)) for path in files_below(folder))
    for path in (*_blobs_and_parts(layout), *(path for path in below if not os.path.islink(path))):
        with suppress(OSError):
            seen = os.stat(path)
            if S_ISREG(seen.st_mode):
                key = (seen.st_dev, seen.st_ino) if seen.st_ino else path
                counts[key] = counts.get(key, 0) + 1
                size = allocated(seen) if path.endswith(".part") else seen.st_size
                used = max(seen.st_atime, seen.st_mtime)
                is_link = os.path.islink(path)
                place = os.path.realpath(path) if is_link else path
                found[key] = Content(size, used, place, only_here=is_link or seen.st_nlink <= counts[key])
    return found


def linked_blob(path: str) -> str | None:
    """The name of the blob that the link at ``path`` leads to; None for anything else."""
    try:
        folder, name = os.path.split(os.readlink(path))
    except OSError:
        return None
    return name if os.path.basename(folder) == "blobs" else None


def _blobs_and_parts(layout: Layout) -> Iterator[str]:
    for folder in (layout.blobs, layout.guests):
        with suppress(*ABSENT):
            for name in os.listdir(folder):
                if folder == layout.blobs or name.endswith(".part"):
                    yield os.path.join(folder, name)


def _set_aside(layout: Layout) -> list[str]:
    """The snapshots that a removal took the name of, and was killed before it erased them."""
    with suppress(*ABSENT):
        return [os.path.join(layout.guests, name) for name in os.listdir(layout.guests) if name.endswith(TEMPORARY)]
    return []


def allocated(seen: os.stat_result) -> int:
    """Bytes on disk of a part file, which has holes."""
    blocks: int | None = getattr(seen, "st_blocks", None)
    return seen.st_size if blocks is None else min(seen.st_size, blocks * _STAT_BLOCK)


def _size(path: str) -> int:
    with suppress(OSError):
        return os.lstat(path).st_size
    return 0


def _seen(path: str) -> Seen:
    blob = linked_blob(path)
    try:
        found = os.stat(path)
        if not S_ISREG(found.st_mode):
            return Seen(None, blob)
        return Seen(found.st_size, blob, is_worth_a_look(path, found.st_size) and _is_pointer(path))
    except OSError:
        return Seen(None, blob)


def _is_pointer(path: str) -> bool:
    with open(path, "rb") as file:
        return is_pointer(file.read(len(BEGINNING)))


def _name(folder: str, path: str) -> str:
    """How a repo calls what is at ``path``, below ``folder``."""
    return path.removeprefix(folder + os.sep).replace(os.sep, "/")


def files_below(folder: str) -> Iterator[str]:
    """What is in ``folder`` and the folders in it; nothing where it is not there. Raises OSError where it cannot be read."""
    for below, _, names in os.walk(folder, onerror=_unless_absent):
        for name in names:
            yield os.path.join(below, name)


def _unless_absent(error: OSError) -> None:
    if not isinstance(error, ABSENT):
        raise error
