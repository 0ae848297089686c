"""A rich bar in one line: ``mf.download("large-v3", progress=mf.ui.rich.bar())``; ``bars(manager)`` for many at once.

Rule: as everywhere, the text is the line that every surface shows, the bar is told where it stands, and where there is
no terminal nothing is written, unless it was asked for.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from ..core.shown.line import progress_line
from . import many

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console
    from rich.progress import Progress, TaskID

    from ..core.transfer.progress import DownloadProgress
    from ..manager import DownloadManager

_BAR_WIDTH = 20


class _Screen:
    """The lines of a terminal that bars share; drawn when a bar changes, and by nobody else."""

    def __init__(self, console: Console | None, *, disable: bool | None, options: dict[str, Any]) -> None:
        self._console, self._disable = console, disable
        self._options = options
        self._progress: Progress | None = None

    def add(self, progress: DownloadProgress, text: str) -> TaskID:
        """A line more; the first one opens the screen. Raises ImportError where rich is missing."""
        if self._progress is None:
            self._progress = self._opened()
            self._progress.start()
            self._stop = weakref.finalize(self, self._progress.stop)  # rich hides the cursor until it is stopped
        return self._progress.add_task(text, total=progress.bytes_total or 1)

    def draw(self, task: TaskID, progress: DownloadProgress, text: str) -> None:
        """Set a line to where its download stands."""
        if self._progress is None:
            return
        done = progress.bytes_downloaded if progress.bytes_total else progress.fraction
        self._progress.update(task, description=text, completed=done, refresh=True)

    def close(self) -> None:
        """Leave the lines as they stand. Idempotent."""
        if self._progress is not None:
            self._stop()
            self._progress = None

    def _opened(self) -> Progress:
        try:
            from rich.console import Console  # noqa: PLC0415 - importing this module must not need rich
            from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415 - the same
        except ImportError as error:
            message = "This bar needs rich, which is not installed. Nothing was shown; pip install 'modelfetch[rich]'."
            raise ImportError(message, name=error.name) from error
        console = self._console or Console(stderr=True)
        hidden = not (console.is_terminal or console.is_jupyter) if self._disable is None else self._disable
        columns = (BarColumn(_BAR_WIDTH), TextColumn("{task.description}", markup=False))
        return Progress(*columns, console=console, disable=hidden, **{"auto_refresh": False, **self._options})


class Bar(many.Bar):
    """A bar that rich draws."""

    def __init__(self, screen: _Screen, name: str, *, alone: bool) -> None:
        self._screen, self._name, self._alone = screen, name, alone
        self._task: TaskID | None = None

    def __call__(self, progress: DownloadProgress) -> None:
        """Show ``progress``; nothing is shown before its plan is known."""
        if self._task is None and not progress.files_total:
            return
        text = "  ".join(filter(None, (self._name, progress_line(progress))))
        if self._task is None:
            self._task = self._screen.add(progress, text)
        self._screen.draw(self._task, progress, text)
        if progress.status.is_final:
            self.close()

    def close(self) -> None:
        """Leave the bar as it stands. Idempotent."""
        self._task = None
        if self._alone:
            self._screen.close()


class _Below(many.Bars):
    """The bars of a manager's downloads, below each other."""

    def __init__(self, manager: DownloadManager, screen: _Screen) -> None:
        super().__init__(manager, lambda name: Bar(screen, name, alone=False))
        self._screen = screen

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, value, trace)
        self._screen.close()


def bar(name: str = "", *, console: Console | None = None, disable: bool | None = None, **rich_options: Any) -> Bar:
    """A bar for ``progress=``. ``name`` is put before the text; ``console`` is rich's own, or one on stderr.

    Where there is no terminal nothing is written, unless ``disable=False`` asks for it. ``rich_options`` go to
    ``rich.progress.Progress``. Raises ImportError at the first look when rich is not installed.
    """
    return Bar(_Screen(console, disable=disable, options=rich_options), name, alone=True)


def bars(
    manager: DownloadManager, *, console: Console | None = None, disable: bool | None = None, **rich_options: Any
) -> many.Bars:
    """A bar for each download of ``manager``, inside ``with``; options as for :func:`bar`."""
    return _Below(manager, _Screen(console, disable=disable, options=rich_options))
