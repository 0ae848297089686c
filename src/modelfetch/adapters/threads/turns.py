"""Many threads tell, one at a time listens, and none waits for another.

Rule: whoever has told something listens, unless somebody is at it, who then hears this as well. So there is no
thread that has to be woken for each thing that is told, and nothing told is left unheard.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


class Turns(Generic[T]):
    """Hands what is told to ``hear``, in the order it was told and never to two threads at once. Thread-safe."""

    def __init__(self, hear: Callable[[T], None]) -> None:
        self._hear = hear
        self._told: deque[T] = deque()
        self._turn = threading.Lock()

    def tell(self, thing: T) -> None:
        """Note ``thing`` for who listens next. Never waits."""
        self._told.append(thing)

    def listen(self) -> None:
        """Hear everything that was told, unless another thread does. Raises what ``hear`` raises."""
        while self._told and self._turn.acquire(blocking=False):
            try:
                while self._told:
                    self._hear(self._told.popleft())
            finally:
                self._turn.release()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody listens during the block; listen after it, to what was told meanwhile."""
        with self._turn:
            yield
