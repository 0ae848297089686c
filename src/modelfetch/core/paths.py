"""Which names from a repo may become files.

Rule: a name is used only when it stays inside the snapshot folder under POSIX *and* Windows rules, on
every platform, so that a cache can be copied between them and a plan means the same everywhere. What harms
on one system is therefore refused on all, as git refuses it where it would check it out.

Not refused here, because they do no harm and real repos hold them: names that differ only in case or Unicode
form (a disk that folds them says so), and ``< > | ? * "`` (a disk that cannot hold them says so).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(\..*)?", re.IGNORECASE)
"""Device names of Windows, with or without an extension ("Naming Files, Paths, and Namespaces")."""

_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""C0, DEL, C1, line separators, and what turns text around: a name that is shown for consent has to be what it looks like."""

_IGNORED_BY_HFS = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
"""What HFS+ drops from a name (``next_hfs_char`` of git, CVE-2014-9390)."""

_DOT_GIT = frozenset({".git", "git~1"})
"""No commit can hold these, in any case (``git fsck``: hasDotgit), so only a lie lists them."""

_LONGEST_SEGMENT = 255
"""Bytes in one file name: the limit of ext4, APFS and NTFS."""

_LONGEST_PATH = 1024
"""Bytes in all: PATH_MAX of macOS, the smallest of the three systems."""

_DEEPEST = 100
"""Folders; a snapshot's link climbs out of each by three bytes and has to fit PATH_MAX too."""


def unsafe(path: str) -> str | None:
    """Why ``path`` may not be used below a snapshot folder, or None when it may."""
    return next(_objections(path), None)


def _objections(path: str) -> Iterator[str]:
    if any("\ud800" <= char <= "\udfff" for char in path):
        yield "it is not Unicode text"
    if len(path.encode(errors="replace")) > _LONGEST_PATH:
        yield f"it is longer than {_LONGEST_PATH} bytes"
    if _CONTROL.search(path):
        yield "it holds a control character"
    if "\\" in path:
        yield "it holds a backslash"
    if path.startswith("/"):
        yield "it is absolute"
    segments = path.split("/")
    if len(segments) > _DEEPEST:
        yield f"it is more than {_DEEPEST} folders deep"
    for segment in segments:
        yield from _objections_to(segment)


def _objections_to(segment: str) -> Iterator[str]:
    if segment in {"", ".", ".."}:
        yield f"the part {segment!r} would leave its folder"
    if ":" in segment:  # Windows takes any character for a drive's letter, and what follows a name for a stream
        yield f"{segment!r} names a drive or a stream on Windows"
    if _RESERVED.fullmatch(segment):
        yield f"{segment!r} is a device on Windows"
    if segment.endswith((".", " ")):
        yield f"{segment!r} ends in a dot or space, which Windows drops"
    if _IGNORED_BY_HFS.sub("", segment).lower() in _DOT_GIT:
        yield f"{segment!r} is where git keeps what it runs"
    if len(segment.encode()) > _LONGEST_SEGMENT:
        yield f"{segment[:20]!r}... is longer than {_LONGEST_SEGMENT} bytes"
