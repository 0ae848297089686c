r"""Where everything of one repo is in a Hugging Face cache.

Rule: every path that the cache adapter uses is computed here, and only here. The layout is
huggingface_hub's (https://huggingface.co/docs/huggingface_hub/guides/manage-cache); what is ours alone
lives in ``.modelfetch/v1`` inside the repo's folder, which huggingface_hub neither counts nor warns of.

On Windows every path is used in its extended form (``\\?\``), which lifts the limit of 260 characters.
"""

from __future__ import annotations

import ntpath
import os
from dataclasses import dataclass
from pathlib import Path

from ...core.listing import is_commit
from ...core.paths import unsafe
from ...errors import CacheError

_EXTENDED = "\\\\?\\"
_EXTENDED_SHARE = _EXTENDED + "UNC\\"


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of ``repo_id`` below the cache folder ``root``. Nothing is opened or created."""

    root: Path
    repo_id: str

    @property
    def name(self) -> str:
        """The repo's folder name, with which its lock folder is called too."""
        return "models--" + self.repo_id.replace("/", "--")

    @property
    def folder(self) -> Path:
        """All of the repo but its locks."""
        return self.root / self.name

    @property
    def blobs(self) -> Path:
        """Complete contents, each named by its digest."""
        return self.folder / "blobs"

    @property
    def snapshots(self) -> Path:
        """One folder for each commit."""
        return self.folder / "snapshots"

    @property
    def guests(self) -> Path:
        """Ours: part files, journals, records, and every temporary file."""
        return self.folder / ".modelfetch" / "v1"

    def blob(self, blob_id: str) -> Path:
        """The final name of a content."""
        return self.blobs / blob_id

    def part(self, blob_id: str) -> Path:
        """The content while it is incomplete."""
        return self.guests / f"{blob_id}.part"

    def journal(self, blob_id: str) -> Path:
        """Which bytes of the part file are there."""
        return self.guests / f"{blob_id}.journal"

    def lock(self, blob_id: str) -> Path:
        """The lock that huggingface_hub takes as well."""
        return self.root / ".locks" / self.name / f"{blob_id}.lock"

    def snapshot(self, commit: str) -> Path:
        """The folder that a loader is given."""
        return self.snapshots / _checked(commit, None if is_commit(commit) else "it is not a commit id")

    def ref(self, revision: str) -> Path:
        """The file that says which commit a branch or tag was; a ``/`` in its name makes folders."""
        return self.folder / "refs" / _checked(revision, unsafe(revision))

    def file(self, commit: str, path: str) -> Path:
        """One file of a snapshot."""
        return self.snapshot(commit) / _checked(path, unsafe(path))

    def record(self, commit: str) -> Path:
        """What downloads asked for at a commit."""
        return self.guests / "snapshots" / f"{commit}.json"

    def tree(self, commit: str) -> Path:
        """huggingface_hub's listing of a commit (``_tree_cache.py``, since 1.22)."""
        return self.folder / "trees" / f"{commit}.json"


def native(root: Path) -> Path:
    """``root`` as the operating system takes paths of any length below it."""
    absolute = os.path.abspath(root)  # noqa: PTH100 - pathlib has no form that leaves symbolic links alone
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
