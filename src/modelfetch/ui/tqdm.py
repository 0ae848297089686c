"""A tqdm bar in one line: ``mf.download("large-v3", progress=mf.ui.tqdm.bar())``.

Rule: the bar is told where it stands, never what was added, so a look that was missed loses nothing. Its text is
the line that every surface shows; the total is the whole plan's from the first look on.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Self

from ..core.line import progress_line

if TYPE_CHECKING:
    from types import TracebackType

    from tqdm import tqdm

    from ..core.progress import DownloadProgress

_OURS = ("iterable", "total", "initial")

_DEFAULTS: dict[str, Any] = {"unit": "B", "unit_scale": True, "unit_divisor": 1000, "disable": None}
"""Decimal units, as the Hub counts; ``disable=None`` is tqdm's own way to write nothing where there is no terminal."""


class Bar:
    """Takes DownloadProgress, one download at a time; it may be called on any one thread, and used again afterwards.

    It opens with the first look at a plan and closes with the terminal one. As a context manager it is also closed
    when something else ends the download, such as Ctrl-C.
    """

    def __init__(self, *, auto: bool, options: dict[str, Any]) -> None:
        self._auto = auto
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
            self.close()

    def close(self) -> None:
        """Leave the bar as it stands. Idempotent."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

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
    if given := [name for name in _OURS if name in tqdm_options]:
        message = f"bar() got {', '.join(given)}: the download itself says what they are. Leave them out."
        raise TypeError(message)
    return Bar(auto=auto, options=tqdm_options)


def _tqdm_class(*, auto: bool) -> type[tqdm[Any]]:
    if auto:
        from tqdm.auto import tqdm as automatic  # noqa: PLC0415 - importing this module must not need tqdm

        return automatic
    from tqdm import tqdm as plain  # noqa: PLC0415 - importing this module must not need tqdm

    return plain
