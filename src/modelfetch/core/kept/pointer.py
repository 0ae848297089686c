"""Which files may be git LFS pointers: short texts that stand where a content should.

Rule: a pointer is told by how it begins, and only a file of a pointer's size is looked into. To read a file counts as a
use of the model, so a mere look passes over what a repo keeps as it is.
Format: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md.
"""

from __future__ import annotations

BEGINNING = b"version https://git-lfs.github.com/spec/v1"
"""How a pointer begins; so much of a file has to be read to tell it."""

_SIZES = range(120, 1025)
"""Bytes: from one with every line it needs to the most that the specification allows."""

_TEXTS = (".json", ".jsonl", ".txt", ".md", ".jinja", ".py")
"""Files that a repo keeps as they are."""


def pointer(sha256: str, size: int) -> bytes:
    """The pointer to a content of ``size`` bytes."""
    return b"%b\noid sha256:%b\nsize %d\n" % (BEGINNING, sha256.encode(), size)


def is_pointer(beginning: bytes) -> bool:
    """Whether a file that begins so is one."""
    return beginning.startswith(BEGINNING)


def may_be_pointer(size: int) -> bool:
    """Whether it takes a look into a file of ``size`` bytes to tell."""
    return size in _SIZES


def is_worth_a_look(path: str, size: int) -> bool:
    """The same of the file at ``path``, for who does not use the model."""
    return may_be_pointer(size) and not path.endswith(_TEXTS)
