"""Who is using an open part file right now.

Rule: a descriptor is closed when nobody uses it, by the last one out. A number that the system has given to
another file is so never written to, and nobody who wants to stop has to wait for somebody else's disk.
A second rule serves the digest: once the whole file is being hashed, no write may land any more.
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import Condition
from typing import TYPE_CHECKING

from ...core.transfer.ports import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

_LOOK_UP = 0.05
"""Seconds between two looks whether the caller wants to stop."""


class Gate:
    """Counts users and writers; calls ``close`` exactly once. Thread-safe."""

    def __init__(self, close: Callable[[], None]) -> None:
        self._close = close
        self._changed = Condition()
        self._users = 0
        self._writers = 0
        self._shut = False
        self._frozen = False

    @property
    def is_shut(self) -> bool:
        """Whether nobody may enter any more."""
        return self._shut

    def using(self) -> AbstractContextManager[bool]:
        """Keep the files open for the block; False when they are closed, or about to be."""
        return self._entered(0)

    def writing(self) -> AbstractContextManager[bool]:
        """As :meth:`using`; False also while writes are frozen."""
        return self._entered(1)

    @contextmanager
    def _entered(self, writers: int) -> Iterator[bool]:
        with self._changed:
            entered = not self._shut and not (writers and self._frozen)
            if entered:
                self._users += 1
                self._writers += writers
        try:
            yield entered
        finally:
            if entered:
                self._leave(writers)

    def _leave(self, writers: int) -> None:
        with self._changed:
            self._users -= 1
            self._writers -= writers
            last = self._shut and not self._users
            self._changed.notify_all()
        if last:
            self._close()

    def freeze(self, stopped: Callable[[], bool]) -> None:
        """Let no write begin, and wait for those under way. Raises Interrupted when ``stopped()``."""
        with self._changed:
            self._frozen = True
            while self._writers:
                if stopped():
                    raise Interrupted
                self._changed.wait(_LOOK_UP)

    def thaw(self) -> None:
        """Let writes begin again."""
        with self._changed:
            self._frozen = False

    def shut(self) -> None:
        """Let nobody in any more, and close as soon as the last one is out. Never waits."""
        with self._changed:
            last = not self._shut and not self._users
            self._shut = True
        if last:
            self._close()
