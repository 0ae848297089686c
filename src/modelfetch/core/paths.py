"""Which names from a repo may become files.

Rule: a name is used only when it stays inside the snapshot folder under POSIX *and* Windows rules, on
every platform, so that a cache can be copied between them and a listing is judged the same everywhere.
"""

from __future__ import annotations

import re

_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *([.:].*)?", re.IGNORECASE)
"""Device names of Windows, with or without an extension ("Naming Files, Paths, and Namespaces")."""

_LONGEST_SEGMENT = 255
"""Bytes in one file name: the limit of ext4, APFS and NTFS."""

_LONGEST_PATH = 4096
"""Bytes in all: Linux' PATH_MAX."""


def unsafe(path: str) -> str | None:
    """Why ``path`` may not be used below a snapshot folder, or None when it may."""
    if any("\ud800" <= char <= "\udfff" for char in path):
        return "it is not Unicode text"
    if len(path.encode()) > _LONGEST_PATH:
        return f"it is longer than {_LONGEST_PATH} bytes"
    if any(char < " " for char in path):
        return "it holds a control character"
    if "\\" in path:
        return "it holds a backslash"
    if path.startswith("/"):
        return "it is absolute"
    return next((why for segment in path.split("/") if (why := _unsafe_segment(segment))), None)


def _unsafe_segment(segment: str) -> str | None:
    if segment in {"", ".", ".."}:
        return f"the part {segment!r} would leave its folder"
    if segment[1:2] == ":":  # Windows takes any character for a drive's letter
        return f"{segment!r} names a drive"
    if _RESERVED.fullmatch(segment):
        return f"{segment!r} is a device on Windows"
    if segment[-1] in ". ":
        return f"{segment!r} ends in a dot or space, which Windows drops"
    if len(segment.encode()) > _LONGEST_SEGMENT:
        return f"{segment[:20]!r}... is longer than {_LONGEST_SEGMENT} bytes"
    return None
