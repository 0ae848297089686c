"""Calling a host's code.

Rule: it cannot hurt a download. What it raises is logged, and whoever called it is told. On a thread of ours that is anything
at all; a host's own thread is its own to end or to interrupt. Who is called never waits for others who are called: they
might wait for it.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__package__.rpartition(".")[0])  # the package's own, whatever it is called


class _Here(threading.local):
    """How many calls of a host's code this thread is in: one may lead to another."""

    depth = 0


_here = _Here()


def is_delivering() -> bool:
    """Whether this thread is in a host's code that we called."""
    return _here.depth > 0


def deliver(call: Callable[[], object], *, ours: bool = False) -> bool:
    """Call a host's code; whether it did not raise. ``ours``: this thread is, so not even SystemExit has anywhere to go."""
    _here.depth += 1
    try:
        call()
    except BaseException as error:  # whatever a host's code raises, it is logged and ends here
        if not (ours or isinstance(error, Exception)):
            raise
        _log.exception("a subscriber raised and is not called again")
        return False
    finally:
        _here.depth -= 1
    return True
