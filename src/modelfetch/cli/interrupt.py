"""Ctrl-C while a download runs: noticed, not raised.

Rule: an exception that may come between any two instructions can come while a lock is taken, and a second one while
the first is dealt with. So a download's own loop asks whether Ctrl-C was pressed, and pressing it again changes nothing.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INTERRUPTED = 130
"""The exit code: what a shell says of a program that SIGINT ended, 128 + 2."""


@contextmanager
def noticed() -> Iterator[Callable[[], bool]]:
    """Gives what tells whether Ctrl-C was pressed inside ``with``. For the main thread."""
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)
