"""A run as a person reads it: one line for every event, and below it what the machine wanted done."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .content import File

Line = tuple[float, str, object, tuple[object, ...]]
"""Seconds, who, what happened, and the commands that came of it."""

_RANGE = re.compile(r"ByteRange\(start=(\d+), stop=(\d+)\)")
_SET = re.compile(r"RangeSet\(ranges=\(([^()]*)\)\)")


def readable(log: Iterable[Line], files: Iterable[File]) -> list[str]:
    """The log in lines; contents are called by their files' names."""
    names = {file.blob_id: file.name for file in files}
    lines: list[str] = []
    for at, who, what, commands in log:
        lines.append(f"{at:10.3f} {who:>4}  {_short(what, names)}")
        lines += [f"{'':17}-> {_short(command, names)}" for command in commands]
    return lines


def _short(what: object, names: dict[str, str]) -> str:
    text = what if isinstance(what, str) else repr(what)
    for blob_id, name in names.items():
        text = text.replace(f"'{blob_id}'", name)
    text = _RANGE.sub(r"\1..\2", text)
    return _SET.sub(r"{\1}", text)
