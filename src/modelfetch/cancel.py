"""How a caller says stop.

Rule: anything with ``is_set`` will do; a :class:`CancelToken` also tells at once whoever waits for it.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

from .core.given import FUNCTION

if TYPE_CHECKING:
    from collections.abc import Callable


class SupportsIsSet(Protocol):
    """What may be passed as ``cancel``: :class:`CancelToken`, ``threading.Event``, or a host's own."""

    def is_set(self) -> bool:
        """Whether the caller wants the work to end."""


class CancelToken:
    """A switch that is thrown once; thread-safe and idempotent.

    It holds no lock, so a signal handler may throw it whatever the interrupted thread was doing: a callback is
    entered before the switch is looked at, and whoever takes it out of the table is the one who calls it.
    """

    def __init__(self) -> None:
        self._is_set = False
        self._callbacks: dict[object, Callable[[], object]] = {}

    def cancel(self) -> None:
        """Throw the switch: callbacks run now, on this thread, each of them even when another one raises.

        What a callback raises is raised here, after all of them.
        """
        self._is_set = True
        with ExitStack() as stack:
            for key in reversed(list(self._callbacks)):
                stack.callback(self._call, key)

    def is_set(self) -> bool:
        """Whether it was thrown."""
        return self._is_set

    def on_cancel(self, fn: Callable[[], object]) -> Callable[[], None]:
        """Call ``fn`` on the thread that cancels, at once on this one when that has happened; returns what unregisters it.

        Raises TypeError for what is no function.
        """
        fn = FUNCTION.checked("fn", fn)
        key = object()
        self._callbacks[key] = fn
        if self._is_set:
            self._call(key)
        return lambda: self._forget(key)

    def _call(self, key: object) -> None:
        fn = self._callbacks.pop(key, None)
        if fn is not None:
            fn()

    def _forget(self, key: object) -> None:
        self._callbacks.pop(key, None)

    def __repr__(self) -> str:
        return f"<CancelToken {'cancelled' if self._is_set else 'not cancelled'}>"
