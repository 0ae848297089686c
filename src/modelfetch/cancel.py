"""How a caller says stop.

Rule: anything with ``is_set`` will do; a :class:`CancelToken` also tells at once whoever waits for it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class SupportsIsSet(Protocol):
    """What may be passed as ``cancel``: :class:`CancelToken`, ``threading.Event``, or a host's own."""

    def is_set(self) -> bool:
        """Whether the caller wants the work to end."""


class CancelToken:
    """A switch that is thrown once; thread-safe and idempotent."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_set = False
        self._callbacks: dict[object, Callable[[], object]] = {}

    def cancel(self) -> None:
        """Throw it: callbacks run now, on this thread."""
        with self._lock:
            self._is_set = True
            callbacks, self._callbacks = list(self._callbacks.values()), {}
        for callback in callbacks:
            callback()

    def is_set(self) -> bool:
        """Whether it was thrown."""
        return self._is_set

    def on_cancel(self, fn: Callable[[], object]) -> Callable[[], None]:
        """Call ``fn`` on the cancelling thread, at once when that was already; returns what takes it back."""
        key = object()
        with self._lock:
            if not self._is_set:
                self._callbacks[key] = fn
                return lambda: self._forget(key)
        fn()
        return lambda: None

    def _forget(self, key: object) -> None:
        with self._lock:
            self._callbacks.pop(key, None)

    def __repr__(self) -> str:
        return f"<CancelToken {'cancelled' if self._is_set else 'not cancelled'}>"
