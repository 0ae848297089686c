"""Cards in a notebook: a running download with a Cancel, and a picker of models. Needs ``modelfetch[notebook]``.

Rule: the view never owns the download. Every surface draws the card of ``core.shown.card``; what a person presses is handed
to whoever owns the download, and what that refuses is shown. A widget that cannot be drawn hurts nobody.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from ..core.shown.card import Action, progress_card
from ..core.shown.line import progress_line
from ..core.transfer.progress import DownloadStatus, at_rest
from .notebook_picker import Manager, Picker, picker
from .notebook_still import card_html
from .notebook_widget import INTERVAL, Pace, Surface, harmless, stylesheet, widget_class

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..core.transfer.progress import DownloadProgress

__all__ = ["Job", "JobCard", "Manager", "Picker", "ProgressCard", "bar", "picker", "show"]

_TITLE = "Download"
"""What a download is called that has no name."""


class Job(Protocol):
    """What is shown of a download: a ``DownloadJob``."""

    @property
    def name(self) -> str:
        """What it brings."""

    def snapshot(self) -> DownloadProgress:
        """The latest progress."""

    def cancel(self, discard: bool = False) -> None:  # noqa: FBT001, FBT002 - as the job has it
        """End it."""

    def subscribe(self, fn: Callable[[DownloadProgress], object], *, interval: float = INTERVAL) -> Callable[[], None]:
        """Tell ``fn``."""


class JobCard:
    """One download and its Cancel; shown as the last expression of a cell. Made by :func:`show`.

    ``widget``: for hosts that want the widget itself.
    """

    def __init__(self, job: Job, title: str) -> None:
        self._job, self._title = job, title
        self._surface = Surface(self._pressed)
        self._draw(job.snapshot())
        job.subscribe(self._draw, interval=INTERVAL)

    @property
    def widget(self) -> Any:
        """The anywidget."""
        return self._surface.widget

    def _draw(self, progress: DownloadProgress) -> None:
        _drawn(self._surface, progress, self._title, frozenset({Action.CANCEL}))

    def _pressed(self, action: Action, _: str) -> None:
        if action is Action.CANCEL:
            self._job.cancel()

    def display(self) -> None:
        """Show it below the cell that runs, as often as that is wanted."""
        self._surface.display(_text(self._title, self._job.snapshot()))

    _ipython_display_ = display


def show(job: Job, title: str | None = None) -> JobCard:
    """A card of ``job`` with a Cancel, for ``start_download``: the cell returns at once, and the card goes on.

    ``title``: the name of what the job brings, if it is None. Raises ImportError without anywidget
    (``pip install 'modelfetch[notebook]'``).
    """
    return JobCard(job, title or job.name or _TITLE)


class ProgressCard:
    """A card that is updated on the calling thread: ``download(progress=...)``. Made by :func:`bar`."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._surface: Surface | None = None
        self._pace = Pace()
        self._latest: DownloadProgress | None = None

    @harmless
    def __call__(self, progress: DownloadProgress) -> None:
        """Show ``progress``; the first one puts the card below the cell that runs."""
        self._latest = progress
        if self._surface is None:
            self._surface = Surface()
            self._draw(self._surface, progress)
            self._surface.display(_text(self._title, progress))
            _at_end_of_cell(self._given_up)
        elif progress.status.is_final or not self._pace.wait():
            self._draw(self._surface, progress)
        if progress.status.is_final:
            self._surface = None

    def _draw(self, surface: Surface, progress: DownloadProgress) -> None:
        self._pace.took()
        _drawn(surface, progress, self._title, frozenset())

    def _given_up(self) -> None:
        """The cell has ended and the download was not told to: it was interrupted."""
        if self._surface is not None and self._latest is not None:
            self(at_rest(self._latest, DownloadStatus.CANCELLED))


def bar(title: str = _TITLE) -> ProgressCard:
    """A card for ``progress=``, where a cell shall block until the model is there; interrupt the kernel to cancel.

    It has no button: a widget's messages wait until the cell that blocks has ended. Raises ImportError without anywidget.
    """
    widget_class()
    return ProgressCard(title)


# ------------------------------------------------------------------ drawing


@harmless
def _drawn(surface: Surface, progress: DownloadProgress, title: str, possible: frozenset[Action]) -> None:
    """Draw one download with those of its actions that are ``possible``; at its end, for good."""
    card = progress_card(progress, title)
    card = replace(card, actions=tuple(action for action in card.actions if action in possible))
    surface.draw(active=[card.to_dict()])
    if progress.status.is_final:
        surface.settle(card_html(card, stylesheet()), _text(title, progress))


def _text(title: str, progress: DownloadProgress) -> str:
    return f"{title}: {progress_line(progress)}"


def _at_end_of_cell(call: Callable[[], None]) -> None:
    """Have ``call`` made once, when the cell that runs has ended; a download on a thread of its own outlives its cell."""
    from IPython import get_ipython  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415 - comes with anywidget

    shell = get_ipython()
    if shell is None or threading.current_thread() is not threading.main_thread():
        return

    def over(*_: object) -> None:
        shell.events.unregister("post_run_cell", over)
        call()

    shell.events.register("post_run_cell", over)
