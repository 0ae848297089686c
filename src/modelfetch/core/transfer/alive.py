"""Which of the files that tell of one content is being written, when crashes may have left others beside it.

Rule: who is alive is told by what grows between two looks, never by clocks: they jump, and a file server has its own. Only
the first look, with nothing to compare, takes the file that was touched last; a wrong guess is corrected by the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def alive(now: Mapping[str, int], before: Mapping[str, int], known: str | None, touched: Callable[[str], int]) -> str:
    """The one of ``now`` that is being written; there has to be one.

    ``now`` and ``before``: files to the bytes that each told of, at this look and at the last one. ``known``: what this
    said then. ``touched``: when a file was changed, by whichever clock.
    """
    grown = [path for path, size in now.items() if before and size > before.get(path, -1)]
    if grown:
        return grown[0]
    return known if known is not None and known in now else max(now, key=touched)
