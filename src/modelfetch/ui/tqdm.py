"""A tqdm bar in one line: ``mf.download("large-v3", progress=mf.ui.tqdm.bar())``; ``bars(manager)`` for many at once.

Rule: the bar is told where it stands, never what was added, so a look that was missed loses nothing. Its text is
the line that every surface shows; the total is the whole plan's from the first look on.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ..core.shown.line import progress_line
from . import many

if TYPE_CHECKING:
    from tqdm import tqdm

    from ..core.transfer.progress import DownloadProgress
    from ..manager import DownloadManager

_OURS = ("iterable", "total", "initial")

_DEFAULTS: dict[str, Any] = {"unit": "B", "unit_scale": True, "unit_divisor": 1000, "disable": None}
"""Decimal units, as the Hub counts; ``disable=None`` is tqdm's own way to write nothing where there is no terminal."""


class Bar(many.Bar):
    """A bar that tqdm draws."""

    def __init__(self, *, auto: bool, options: dict[str, Any], alone: bool = True) -> None:
        """``alone``: it closes at its end; beside others it stays open, because tqdm draws over what was closed."""
        self._auto, self._alone = auto, alone
        self._ended: list[tqdm[Any]] = []
        self._name = str(options.get("desc") or "")
        self._options = {**_DEFAULTS, "bar_format": "|{bar}| {desc}" if auto else "|{bar:10}| {desc}", **options}
        self._bar: tqdm[Any] | None = None
        self._shown: tuple[object, ...] = ()

    def __call__(self, progress: DownloadProgress) -> None:
        """Show ``progress``; nothing is shown before its plan is known."""
        if self._bar is None:
            if not progress.files_total:
                return
            self._bar = self._opened(progress)
        self._show(self._bar, progress)
        if progress.status.is_final:
            self._ended.append(self._bar)
            self._bar = None
            if self._alone:
                self.close()

    def close(self) -> None:
        """Leave the bar as it stands. Idempotent."""
        for bar in (*self._ended, self._bar):
            if bar is not None:
                bar.close()
        self._ended.clear()
        self._bar = None

    def _opened(self, progress: DownloadProgress) -> tqdm[Any]:
        options = dict(self._options)
        if sys.stderr is None and options.get("file") is None:  # a GUI's process on Windows has none
            options["disable"] = True
        start = {"total": progress.bytes_total, "initial": progress.bytes_downloaded, "desc": self._text(progress)}
        return _tqdm_class(auto=self._auto)(**(options | start))

    def _show(self, bar: tqdm[Any], progress: DownloadProgress) -> None:
        if bar.disable:  # then tqdm has made next to nothing of itself
            return
        bar.initial = max(bar.initial, progress.bytes_reused)  # so that tqdm's own rate counts what was fetched
        bar.set_description_str(self._text(progress), refresh=False)
        bar.update(progress.bytes_downloaded - bar.n)
        state = (progress.status, progress.stalled, progress.message)
        if state != self._shown:  # tqdm draws when bytes came; this may change while none do
            self._shown = state
            bar.refresh()

    def _text(self, progress: DownloadProgress) -> str:
        return "  ".join(filter(None, (self._name, progress_line(progress))))


def bar(*, auto: bool = False, **tqdm_options: Any) -> Bar:
    """A bar for ``progress=``. ``auto``: tqdm.auto's, which is a widget in a notebook.

    ``tqdm_options`` go to tqdm: ``desc`` is put before the text, ``file``, ``leave``, ``colour``, ``position`` ...;
    in a ``bar_format`` the text is ``{desc}``. Where there is no terminal nothing is written, unless
    ``disable=False`` asks for it. Raises TypeError for ``iterable``, ``total`` and ``initial``, which the download
    says itself, and ImportError at the first look when tqdm is not installed.
    """
    _refuse(tqdm_options, "bar", _OURS)
    return Bar(auto=auto, options=tqdm_options)


def bars(manager: DownloadManager, *, auto: bool = False, **tqdm_options: Any) -> many.Bars:
    """A bar for each download of ``manager``, inside ``with``; what is started there is shown.

    Options as for :func:`bar`, but for ``desc``, which is the model's name.
    """
    _refuse(tqdm_options, "bars", (*_OURS, "desc"))
    return many.Bars(manager, lambda name: Bar(auto=auto, options={**tqdm_options, "desc": name}, alone=False))


def _refuse(options: dict[str, Any], function: str, names: tuple[str, ...]) -> None:
    if given := [name for name in names if name in options]:
        message = f"{function}() got {', '.join(given)}: the download itself says what they are. Leave them out."
        raise TypeError(message)


def _tqdm_class(*, auto: bool) -> type[tqdm[Any]]:
    if auto:
        from tqdm.auto import tqdm as automatic  # noqa: PLC0415 - importing this module must not need tqdm

        return automatic
    from tqdm import tqdm as plain  # noqa: PLC0415 - importing this module must not need tqdm

    return plain
