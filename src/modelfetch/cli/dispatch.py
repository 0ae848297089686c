"""From what was typed to the command that does it.

Rule: what a person did wrong, and what the library refuses, is said in its own words and without a traceback.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ..errors import ModelFetchError
from . import FAILED, cached, cleaning, commands, demo
from .arguments import UsageError, parser
from .output import say
from .wording import as_typed

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence

COMMANDS = {
    "plan": commands.plan,
    "download": commands.download,
    "list": cached.list_models,
    "status": cached.status,
    "verify": cached.verify,
    "remove": cached.remove,
    "clean": cleaning.clean,
    "demo": demo.run,
}


def run(argv: Sequence[str] | None) -> int:
    """Run the command that ``argv`` (None: the process's own) asks for; its exit code. Wrong usage is SystemExit(2)."""
    asked = parser(COMMANDS).parse_args(argv)
    try:
        code: int = asked.run(asked)
    except UsageError as error:
        command: ArgumentParser = asked.parser
        command.error(str(error))
    except ModelFetchError as error:
        say(sys.stderr, f"{type(error).__name__}: {as_typed(str(error))}")
        return FAILED
    else:
        return code
