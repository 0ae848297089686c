"""The command: ``modelfetch plan | download | demo``.

Rule: results go to stdout, everything else to stderr. The exit code is 0 when it is done, 1 for a typed error (one
paragraph, no traceback), 2 for wrong usage and 130 for Ctrl-C, which keeps the bytes.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

from ..errors import ModelFetchError
from . import commands, demo
from .arguments import UsageError, parser
from .interrupt import INTERRUPTED
from .output import say

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence

__all__ = ["main"]

FAILED = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with ``argv`` (None: the process's own) and return its exit code.

    Wrong usage ends in SystemExit(2), as argparse does it. Call it on the main thread.
    """
    _forgiving(sys.stdout)
    asked = parser({"plan": commands.plan, "download": commands.download, "demo": demo.run}).parse_args(argv)
    try:
        code: int = asked.run(asked)
        sys.stdout.flush()
    except UsageError as error:
        command: ArgumentParser = asked.parser
        command.error(str(error))
    except ModelFetchError as error:
        say(sys.stderr, f"{type(error).__name__}: {error}")
        return FAILED
    except KeyboardInterrupt:
        say(sys.stderr, "Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        _abandon(sys.stdout)
        return FAILED
    else:
        return code


def _forgiving(stream: object) -> None:
    """A character that the terminal's encoding lacks is shown as its number rather than ending the program."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")


def _abandon(stream: object) -> None:
    """Nobody reads any more (``| head``): let the interpreter's own last flush go nowhere, as its documentation advises."""
    if isinstance(stream, io.TextIOWrapper):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
