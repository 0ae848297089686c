r"""Where everything of one repo is in a Hugging Face cache.

Rule: every path that the cache adapter uses is computed here, and only here. The layout is
huggingface_hub's (https://huggingface.co/docs/huggingface_hub/guides/manage-cache); what is ours alone
lives in ``.modelfetch/v1`` inside the repo's folder, which huggingface_hub neither counts nor warns of.

On Windows every path is used in its extended form (``\\?\``), which lifts the limit of 260 characters.
"""

from __future__ import annotations

import ntpath
import os
from pathlib import Path

from ...core.paths import unsafe
from ...core.planning.listing import is_commit
from ...errors import CacheError

_EXTENDED = "\\\\?\\"
_EXTENDED_SHARE = _EXTENDED + "UNC\\"


class Layout:
    """The paths of ``repo_id`` below the cache folder ``root``. Nothing is opened or created.

    Paths are plain strings: they are used for every one of a model's files, and pathlib would cost more than the disk.
    """

    __slots__ = ("blobs", "folder", "guests", "locks", "refs", "repo_id", "root", "snapshots")

    def __init__(self, root: Path, repo_id: str) -> None:
        name = "models--" + repo_id.replace("/", "--")
        self.repo_id = repo_id
        self.root = str(root)
        self.folder = os.path.join(self.root, name)
        """All of the repo but its locks."""
        self.locks = os.path.join(self.root, ".locks", name)
        """The repo's locks, which huggingface_hub takes as well."""
        self.blobs = _join(self.folder, "blobs")
        """Complete contents, each named by its digest."""
        self.snapshots = _join(self.folder, "snapshots")
        """One folder for each commit."""
        self.refs = _join(self.folder, "refs")
        """Which commit a branch or tag was: one small file for each."""
        self.guests = _join(self.folder, ".modelfetch", "v1")
        """Ours: part files, journals, records, and every temporary file."""

    def blob(self, blob_id: str) -> str:
        """The final name of a content."""
        return _join(self.blobs, blob_id)

    def part(self, blob_id: str) -> str:
        """The content while it is incomplete."""
        return _join(self.guests, blob_id + ".part")

    def journal(self, blob_id: str) -> str:
        """Which bytes of the part file are there."""
        return _join(self.guests, blob_id + ".journal")

    def lock(self, blob_id: str) -> str:
        """The lock of a content."""
        return _join(self.locks, blob_id + ".lock")

    def snapshot(self, commit: str) -> str:
        """The folder that a loader is given."""
        return _join(self.snapshots, _checked(commit, None if is_commit(commit) else "it is not a commit id"))

    def ref(self, revision: str) -> str:
        """The file that says which commit a branch or tag was; a ``/`` in its name makes folders."""
        return _join(self.refs, *_checked(revision, unsafe(revision)).split("/"))

    def file(self, commit: str, path: str) -> str:
        """One file of a snapshot."""
        return _join(self.snapshot(commit), *_checked(path, unsafe(path)).split("/"))

    @property
    def begun_refs(self) -> str:
        """The folder of the refs that are ours alone."""
        return _join(self.guests, "refs")

    def begun_ref(self, revision: str) -> str:
        """The commit that a branch or tag was to a download of it that has not ended well yet."""
        return _join(self.begun_refs, *_checked(revision, unsafe(revision)).split("/"))

    def records(self, commit: str) -> str:
        """The folder of what downloads asked for at a commit."""
        return _join(self.guests, "snapshots", commit)

    def record(self, commit: str, key: str) -> str:
        """What the downloads with one choice of patterns asked for there."""
        return _join(self.records(commit), key + ".json")

    @property
    def wants(self) -> str:
        """What running and unfinished downloads want: a note for each, and beside it a lock while the download lives."""
        return _join(self.guests, "wants")

    def want(self, name: str) -> str:
        """One note."""
        return _join(self.wants, name + ".json")

    def want_lock(self, name: str) -> str:
        """Its lock."""
        return _join(self.wants, name + ".lock")

    def tree(self, commit: str) -> str:
        """huggingface_hub's listing of a commit (``_tree_cache.py``, since 1.22)."""
        return _join(self.folder, "trees", commit + ".json")

    def absences(self, commit: str) -> str:
        """huggingface_hub's notes of files that a commit does not have."""
        return _join(self.folder, ".no_exist", commit)

    @property
    def shared(self) -> str:
        """huggingface_hub's store of contents that several repos have (``_shared_blobs.py``)."""
        return _join(self.root, "blobs")


def _join(folder: str, *names: str) -> str:
    return os.sep.join((folder, *names))


def native(root: Path) -> Path:
    """``root`` as the operating system takes paths of any length below it."""
    absolute = os.path.abspath(root)  # pathlib has no form that leaves symbolic links alone
    return Path(extended(absolute) if os.name == "nt" else absolute)


def extended(path: str) -> str:
    r"""An absolute Windows path in its extended form: ``\\?\C:\...``, or ``\\?\UNC\server\share\...``.

    Source: "Maximum Path Length Limitation" in Microsoft's Win32 documentation.
    """
    if path.startswith(_EXTENDED):
        return path
    path = ntpath.normpath(path)
    return _EXTENDED_SHARE + path[2:] if path.startswith("\\\\") else _EXTENDED + path


def plain(path: str) -> str:
    """The path as a person writes it; undoes :func:`extended`."""
    if path.startswith(_EXTENDED_SHARE):
        return "\\\\" + path[len(_EXTENDED_SHARE) :]
    return path.removeprefix(_EXTENDED)


def _checked(name: str, why: str | None) -> str:
    if why:
        message = (
            f"{name!r} cannot be a name in the cache: {why}. A name that stays in the repo's folder was expected. "
            "Nothing was read or written; take the name from the repo's listing."
        )
        raise CacheError(message, path=name)
    return name
