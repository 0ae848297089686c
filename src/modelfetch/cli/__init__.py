"""The command: ``modelfetch plan | download | list | status | verify | remove | clean | demo``.

Rule: results go to stdout, everything else to stderr. The exit code is 0 when it is done, 1 for a typed error (one
paragraph, no traceback), for a result that stdout does not take and for a cached model that is not as it should be, 2 for
wrong usage and 130 for Ctrl-C, which keeps the bytes. Here is what holds from the first moment on, whatever is imported.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TYPE_CHECKING

from .interrupt import INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

FAILED = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with ``argv`` (None: the process's own) and return its exit code.

    Wrong usage ends in SystemExit(2), as argparse does it. Call it on the main thread.
    """
    try:
        _prepare()
        from .dispatch import run  # noqa: PLC0415 - a moment in which Ctrl-C may be pressed already

        code = run(argv)
        sys.stdout.flush()
    except KeyboardInterrupt:
        _say("Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        abandon(sys.stdout)
        return FAILED
    except OSError as error:
        abandon(sys.stdout)
        _say(
            f"The result could not be written ({error}). A stdout that takes it was expected. What was "
            "downloaded or removed before stays so; give stdout a file with room, and run the command again."
        )
        return FAILED
    else:
        return code


def _prepare() -> None:
    """Raise OSError, before anything is done, when there is no stdout to say the result on; the others may be missing."""
    if sys.stdin is None:
        sys.stdin = io.StringIO()  # empty, and no terminal
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - it stays open, as stderr does
    if sys.stdout is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    _forgive(sys.stdout)


def _forgive(stream: object) -> None:
    """A character that the terminal's encoding lacks is shown as its number rather than ending the program."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")


def abandon(stream: object) -> None:
    """Nobody takes any more (``| head``): let the interpreter's own last flush go nowhere, as its documentation advises."""
    if isinstance(stream, io.TextIOWrapper):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _say(text: str) -> None:
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except OSError:  # it may be full as well, and then there is nobody to tell
        abandon(sys.stderr)
