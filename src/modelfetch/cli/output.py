"""How a running download is shown: a line that is drawn again, plain lines, or JSON events.

Rule: the same snapshots go to every one of them. A terminal gets one line; where nobody watches, a line is written
for every ten percent and whenever what is being done changes; a program gets every snapshot and a last word.
What stderr does not take ends nothing: the result is on stdout.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from typing import IO, TYPE_CHECKING, Protocol

from ..core.shown.line import progress_line
from ..core.text import bytes_text
from ..core.transfer.progress import DownloadStatus
from . import abandon

if TYPE_CHECKING:
    from ..core.transfer.progress import DownloadProgress
    from ..errors import DownloadCancelled, ModelFetchError
    from ..job import DownloadResult

_STEP = 10
"""Percent between two plain lines."""

_DOT = " · "
"""Between the parts of a line, where the stream's encoding has it."""

_COLUMNS = 80
"""A terminal's width when it does not tell."""

_RESULT = ("commit", "bytes_transferred", "bytes_reused", "elapsed")


class Surface(Protocol):
    """Where a download is shown: snapshots, then one last word."""

    def show(self, progress: DownloadProgress) -> None:
        """A snapshot; the terminal one comes last."""

    def done(self, result: DownloadResult) -> None:
        """It is complete."""

    def failed(self, error: ModelFetchError | DownloadCancelled) -> None:
        """It ended otherwise; the message itself is said by the command."""


class Quiet:
    """Nothing but the snapshot's folder on ``out`` (None: not even that)."""

    def __init__(self, out: IO[str] | None) -> None:
        self._out = out

    def show(self, progress: DownloadProgress) -> None:
        """Nothing."""

    def done(self, result: DownloadResult) -> None:
        """The folder, alone on its line."""
        if self._out is not None:
            self._out.write(f"{result.path}\n")

    def failed(self, error: ModelFetchError | DownloadCancelled) -> None:
        """Nothing."""


class Line(Quiet):
    """One line of ``terminal``, drawn again and again over itself."""

    def __init__(self, name: str, terminal: IO[str], out: IO[str] | None) -> None:
        super().__init__(out)
        self._name, self._terminal = name, terminal
        self._drawn = 0

    def show(self, progress: DownloadProgress) -> None:
        """Draw it over the last one; the terminal snapshot's line stays."""
        text = printable(f"{self._name}  {progress_line(progress)}")[: _columns(self._terminal) - 1]
        _put(self._terminal, "\r" + text.ljust(self._drawn) + ("\n" if progress.status.is_final else ""))
        self._drawn = len(text)


class Lines(Quiet):
    """A line of its own for every ten percent, and whenever what is being done changes."""

    def __init__(self, name: str, stream: IO[str], out: IO[str] | None) -> None:
        super().__init__(out)
        self._name, self._stream = name, stream
        self._last: tuple[object, ...] = ()

    def show(self, progress: DownloadProgress) -> None:
        """Write it, if it says something new."""
        new = (progress.status, progress.stalled, progress.message, progress.percent // _STEP)
        if new != self._last:
            self._last = new
            say(self._stream, f"{self._name}  {progress_line(progress)}")


class Events(Quiet):
    """One JSON object a line: ``progress`` for every snapshot, and ``result`` or ``error`` as the last."""

    def __init__(self, out: IO[str], *, with_progress: bool) -> None:
        super().__init__(None)
        self._stream, self._with_progress = out, with_progress

    def show(self, progress: DownloadProgress) -> None:
        """Every field of it, and the percent."""
        if self._with_progress and progress.status is not DownloadStatus.PENDING:
            self._write("progress", asdict(progress) | {"status": progress.status.value, "percent": progress.percent})

    def done(self, result: DownloadResult) -> None:
        """Every field of it but the last snapshot, which was shown."""
        told = {name: getattr(result, name) for name in _RESULT}
        self._write("result", {"path": str(result.path), **told, "files": [asdict(file) for file in result.files]})

    def failed(self, error: ModelFetchError | DownloadCancelled) -> None:
        """Its class, its message and its attributes."""
        told = {name: value for name, value in vars(error).items() if name != "progress"}
        self._write("error", {"error": type(error).__name__, **told, **_kept(error)})

    def _write(self, event: str, fields: dict[str, object]) -> None:
        self._stream.write(json.dumps({"event": event, **fields}) + "\n")
        self._stream.flush()


def surface(name: str, stream: IO[str], out: IO[str] | None = None) -> Surface:
    """The one that suits ``stream``: drawn over on a terminal, plain lines elsewhere. The folder goes to ``out``."""
    return Line(name, stream, out) if stream.isatty() else Lines(name, stream, out)


def say(stream: IO[str], text: str) -> None:
    """A line of text that a person reads; what would move the cursor or ring the bell is shown, not obeyed."""
    _put(stream, printable(text) + "\n")


def _put(stream: IO[str], text: str) -> None:
    """Write it at once. Raises OSError where it cannot be, but for stderr, which is left alone from then on."""
    try:
        stream.write(text if _takes(stream, _DOT) else text.replace(_DOT, " - "))
        stream.flush()
    except OSError:
        if stream is not sys.stderr:
            raise
        abandon(stream)


def _takes(stream: IO[str], text: str) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def printable(text: str) -> str:
    r"""``text`` with what cannot be printed written as ``\x1b``; line breaks stay."""
    return "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in text)


def kept_text(progress: DownloadProgress | None) -> str:
    """What to say after Ctrl-C; None or no total: before there was a plan."""
    if progress is None or not progress.bytes_total:
        return "Interrupted, before anything was fetched."
    here, total = bytes_text(progress.bytes_downloaded), bytes_text(progress.bytes_total)
    return f"Interrupted. {here} of {total} are kept; run the same command again to go on from there."


def _kept(error: ModelFetchError | DownloadCancelled) -> dict[str, object]:
    progress: DownloadProgress | None = getattr(error, "progress", None)
    return {} if progress is None else {"bytes_kept": progress.bytes_downloaded}


def _columns(terminal: IO[str]) -> int:
    try:
        return os.get_terminal_size(terminal.fileno()).columns or _COLUMNS
    except (OSError, ValueError):  # a stream that has no terminal, or no number
        return _COLUMNS
