"""Numbers and lists as people read them.

Rule: decimal units with three significant digits, as disks, links and the Hub itself count; a figure
that would round up to the next unit is shown in that unit (999,999,999 bytes are 1.00 GB). Of a long list its beginning
is named, and how much more there is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_STEP = 1000.0
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def bytes_text(count: float) -> str:
    """``247 MB``, ``2.89 GB``, ``0 B``: ``count`` is bytes (or bytes per second)."""
    value, unit = float(count), 0
    while float(f"{value:.3g}") >= _STEP and unit < len(_UNITS) - 1:
        value, unit = value / _STEP, unit + 1
    return f"{value:.0f} B" if unit == 0 else f"{_three_digits(value)} {_UNITS[unit]}"


def seconds_text(seconds: float) -> str:
    """``57 s``, ``3 min 20 s``, ``2 h 5 min``, ``1 d 23 h``; whole seconds, rounded up so that 0 means over."""
    left = int(seconds) + (seconds > int(seconds))
    if left < _MINUTE:
        return f"{left} s"
    if left < _HOUR:
        return f"{left // _MINUTE} min {left % _MINUTE} s"
    if left < _DAY:
        return f"{left // _HOUR} h {left % _HOUR // _MINUTE} min"
    return f"{left // _DAY} d {left % _DAY // _HOUR} h"


def counted(count: int, noun: str) -> str:
    """``1 file``, ``3 files``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(names: Sequence[str], most: int) -> str:
    """``a, b and 4 more``: the first ``most`` of ``names``, and how many others there are."""
    others = len(names) - most
    return ", ".join(names[:most]) + (f" and {others} more" if others > 0 else "")


def _three_digits(value: float) -> str:
    for digits, limit in ((2, 10), (1, 100)):
        if float(f"{value:.{digits}f}") < limit:
            return f"{value:.{digits}f}"
    return f"{value:.0f}"
