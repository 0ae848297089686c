"""A run as a person reads it: one line for every event, and below it what the machine wanted done.

Rule: nothing is left out but ticks that changed nothing, what somebody who waits sees again and again, and the
middle of a run that is too long to read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...core.transfer import events as ev

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .content import File

Line = tuple[float, str, object, tuple[object, ...]]
"""Seconds, who, what happened, and the commands that came of it."""

LONGEST = 2_000
"""Lines."""

_POLLED = ev.Tick | ev.OwnerSeen
_IDLE = ("Tick()",)
_RANGE = re.compile(r"ByteRange\(start=(\d+), stop=(\d+)\)")
_SET = re.compile(r"RangeSet\(ranges=\(([^()]*)\)\)")


def names_of(files: Iterable[File]) -> dict[str, str]:
    """What each content is called."""
    return {file.blob_id: file.name for file in files}


def readable(log: Iterable[Line], files: Iterable[File]) -> list[str]:
    """The log in lines; contents are called by their files' names."""
    names = names_of(files)
    lines: list[str] = []
    polls: dict[str, set[tuple[str, ...]]] = {}
    for at, who, what, commands in log:
        told = (short(what, names), *(f"{'':17}-> {short(command, names)}" for command in commands))
        if isinstance(what, _POLLED):
            known = polls.setdefault(who, set())
            if told in known or told == _IDLE:
                continue
            known.add(told)
        else:
            polls.pop(who, None)
        lines += [f"{at:10.3f} {who:>4}  {told[0]}", *told[1:]]
    if len(lines) > LONGEST:
        lines[LONGEST // 2 : -LONGEST // 2] = ["", f"{'':17}... {len(lines) - LONGEST} lines ...", ""]
    return lines


def short(what: object, names: dict[str, str]) -> str:
    """``what`` as text; contents are called by their files' ``names``."""
    text = what if isinstance(what, str) else repr(what)
    for blob_id, name in names.items():
        text = text.replace(f"'{blob_id}'", name)
    text = _RANGE.sub(r"\1..\2", text)
    return _SET.sub(r"{\1}", text)
