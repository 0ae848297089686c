"""A bar for a download, and one for each model of a manager, whatever draws the bars.

Rule: a bar appears when its download knows its plan, stands where that download stands, and stays as it ended. Who waits in
a queue has no bar yet.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from ..core.transfer.progress import DownloadProgress
    from ..manager import DownloadManager


class Bar(ABC):
    """Takes DownloadProgress, one download at a time; it may be called on any one thread, and used again afterwards.

    It opens with the first look at a plan and closes with the terminal one. As a context manager it is also closed
    when something else ends the download, such as Ctrl-C.
    """

    @abstractmethod
    def __call__(self, progress: DownloadProgress) -> None:
        """Show ``progress``; nothing is shown before its plan is known."""

    @abstractmethod
    def close(self) -> None:
        """Leave the bar as it stands. Idempotent."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Bars:
    """Shows what ``manager`` downloads, from ``with`` to its end. What other threads do meanwhile is shown as well."""

    def __init__(self, manager: DownloadManager, bar: Callable[[str], Bar], *, interval: float = 0.1) -> None:
        """``bar(name)`` makes the bar of a model; it is called when its first download knows its plan."""
        self._manager, self._bar, self._interval = manager, bar, interval
        self._lock = threading.Lock()
        self._bars: dict[str, Bar] = {}
        self._is_open = False
        self._leave: Callable[[], None] | None = None

    def __enter__(self) -> Self:
        self._is_open = True
        self._leave = self._manager._watch(self._tell, self._interval)  # noqa: SLF001 - no state says how a download ended
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._leave is not None:
            self._leave()
        with self._lock:  # a change may just be on its way
            self._is_open = False
            for bar in self._bars.values():
                bar.close()
            self._bars.clear()

    def _tell(self, name: str, progress: DownloadProgress) -> None:
        with self._lock:
            if not self._is_open or not progress.files_total:
                return
            if name not in self._bars:
                self._bars[name] = self._bar(name)
            self._bars[name](progress)
