"""How a download ended.

Rule: it ends with a result or an error, set once and never changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .latch import Latch

if TYPE_CHECKING:
    from .result import DownloadResult


class Ending(Latch):
    """A result or an error, once there is one."""

    def __init__(self) -> None:
        super().__init__()
        self._result: DownloadResult | None = None
        self._error: BaseException | None = None

    @property
    def error(self) -> BaseException | None:
        """What it ended with; None before that, and for a success."""
        return self._error

    def result(self) -> DownloadResult:
        """The result of what has ended. Raises the error."""
        if self._error is not None:
            raise self._error
        assert self._result is not None  # noqa: S101 - ended without an error means with a result
        return self._result

    def foretell(self, error: BaseException | None) -> None:
        """What it is about to end with, for who is told the last snapshot before it has."""
        self._error = error

    def end(self, result: DownloadResult | None, error: BaseException | None) -> None:
        """It ended: wake who waits, and tell who asked, on this thread."""
        self._result, self._error = result, error
        self.set()
