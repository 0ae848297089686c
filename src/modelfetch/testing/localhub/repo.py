"""What a repo of the pretended Hub is: commits of files, and names that point at commits.

Rule: a commit is a value and its sha a digest of what it holds, so the same steps give the same shas in every run.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from .content import Content, as_content, digests

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Given = bytes | Path | Content
"""What a test may give for a file: the bytes, a file on disk, or any content."""

LFS_PATTERNS = (
    "*.bin",
    "*.safetensors",
    "*.gguf",
    "*.ggml",
    "*.pt",
    "*.pth",
    "*.ckpt",
    "*.onnx",
    "*.npz",
    "*.h5",
    "*.msgpack",
)
"""The names that a new repo on the Hub keeps in LFS: the usual weights."""

LFS_SIZE = 10 * 1024 * 1024
"""Above so many bytes the Hub takes a file in LFS only."""

_SHA = re.compile(r"[0-9a-f]{40}")


class File:
    """One file of a commit: its repo path, its content, and whether it is kept in LFS."""

    def __init__(self, path: str, content: Content, *, lfs: bool) -> None:
        self.path = path
        self.content = content
        self.lfs = lfs

    @property
    def size(self) -> int:
        """Bytes of the content."""
        return self.content.size

    @cached_property
    def sha256(self) -> str:
        """Of the content."""
        return digests(self.content).sha256

    @cached_property
    def pointer(self) -> bytes:
        """What git holds instead of an LFS file (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md)."""
        return b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n" % (
            self.sha256.encode(),
            self.size,
        )

    @cached_property
    def oid(self) -> str:
        """The git blob id: of the pointer for an LFS file, of the content otherwise."""
        return digests(as_content(self.pointer) if self.lfs else self.content).git

    @property
    def etag(self) -> str:
        """What the Hub calls the file's identity, and its name under ``blobs/`` in a cache."""
        return self.sha256 if self.lfs else self.oid


@dataclass(frozen=True, slots=True)
class Commit:
    """All files at one point of a repo's history, by path."""

    sha: str
    files: Mapping[str, File]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files.values())


@dataclass(eq=False, slots=True)
class Repo:
    """A model repo. Change it at any time, from any thread: a request sees the whole change or nothing of it."""

    id: str
    lfs: tuple[str, ...] = LFS_PATTERNS
    gated: Literal[False, "auto", "manual"] = False
    private: bool = False
    disabled: bool = False
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)

    def commit(self, files: Mapping[str, Given | None], branch: str = "main") -> Commit:
        """Add or replace ``files`` (``None`` deletes) and move ``branch``; a new branch starts from ``main``."""
        parent = self.find(branch) or self.find("main")
        tree = dict(parent.files) if parent else {}
        for path, given in files.items():
            tree.pop(path, None)
            if given is not None:
                tree[path] = self._file(path, as_content(given))
        made = Commit(_commit_sha(self.id, parent, tree.values()), MappingProxyType(dict(sorted(tree.items()))))
        self.commits[made.sha] = made
        self.branches[branch] = made.sha
        return made

    def _file(self, path: str, content: Content) -> File:
        by_name = any(fnmatchcase(path, pattern) for pattern in self.lfs)
        return File(path, content, lfs=by_name or content.size > LFS_SIZE)

    def tag(self, name: str, revision: str = "main") -> None:
        """Let the tag ``name`` point at what ``revision`` is now. Raises ``KeyError`` for an unknown revision."""
        self.tags[name] = self.at(revision).sha

    def delete_commit(self, sha: str) -> None:
        """Forget a commit, as a squashed history does; names that point at it become unknown revisions."""
        del self.commits[sha]

    def find(self, revision: str) -> Commit | None:
        """The commit that a branch, tag, ``refs/...`` name or sha stands for, if there is one."""
        name = revision.removeprefix("refs/heads/").removeprefix("refs/tags/")
        sha = self.branches.get(name) or self.tags.get(name) or (revision if _SHA.fullmatch(revision) else "")
        return self.commits.get(sha)

    def at(self, revision: str = "main") -> Commit:
        """The commit that ``revision`` stands for. Raises ``KeyError`` where there is none."""
        found = self.find(revision)
        if found is None:
            message = f"{self.id} has no revision {revision!r}; it has {[*self.branches, *self.tags]}"
            raise KeyError(message)
        return found

    @property
    def sha(self) -> str:
        """The commit sha of ``main``."""
        return self.at().sha

    @property
    def files(self) -> Mapping[str, File]:
        """The files of ``main``, by path."""
        return self.at().files


def _commit_sha(repo_id: str, parent: Commit | None, files: Iterable[File]) -> str:
    lines = [repo_id, parent.sha if parent else "", *sorted(f"{file.path}\0{file.oid}" for file in files)]
    return hashlib.sha1("\n".join(lines).encode(), usedforsecurity=False).hexdigest()
