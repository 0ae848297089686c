"""What may be typed, and what it means.

Rule: a value that cannot be right is refused here, before anything is requested, with the values that could be.
"""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from .. import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Run = Callable[[argparse.Namespace], int]

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([kmgt])(i?))?b?(?:/s)?", re.IGNORECASE)
_POWERS = {"k": 1, "m": 2, "g": 3, "t": 4}

_MODEL = "an alias (large-v3), a repo id (org/name) or org/name@revision"


class UsageError(Exception):
    """What was typed cannot be meant: the command ends with exit code 2."""


def byte_count(text: str) -> int:
    """``10MB``, ``1.5 GiB``, ``500kB/s``, ``4096``: decimal units, and binary ones with an ``i``."""
    found = _SIZE.fullmatch(text.strip())
    unit, binary = (found[2] or "", found[3]) if found else ("", "")
    count = int(float(found[1]) * (1024 if binary else 1000) ** _POWERS.get(unit.lower(), 0)) if found else 0
    if count < 1:
        message = f"{text!r} is not a number of bytes; write it like 10MB, 1.5GB or 512KiB"
        raise argparse.ArgumentTypeError(message)
    return count


def _positive_count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        message = f"{text!r} is not a whole number from 1 on"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _number(least: float, what: str) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not least <= value < float("inf"):
            message = f"{text!r} is not {what}"
            raise argparse.ArgumentTypeError(message)
        return value

    return parse


def parser(runs: Mapping[str, Run]) -> argparse.ArgumentParser:
    """The whole command line. What it parses has ``run``, the one of ``runs`` that was named, and its ``parser``."""
    whole = argparse.ArgumentParser(
        prog="modelfetch",
        description="Plan, download and verify a machine-learning model in the Hugging Face cache.",
        allow_abbrev=False,
    )
    whole.add_argument("--version", action="version", version=f"modelfetch {__version__}")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, help_text, add in (
        ("plan", "show what a download would bring, and write nothing", _add_plan),
        ("download", "download a model, or carry out a plan, and print its folder", _add_download),
        ("demo", "see it at work, against a Hub on this machine", _add_demo),
    ):
        command = commands.add_parser(name, help=help_text, description=_sentence(help_text), allow_abbrev=False)
        add(command)
        command.set_defaults(run=runs[name], parser=command)
    return whole


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _add_plan(command: argparse.ArgumentParser) -> None:
    command.add_argument("model", metavar="MODEL", help=_MODEL)
    command.add_argument("--json", action="store_true", help="print the plan as JSON, to be carried out elsewhere")
    _add_choices(command)


def _add_download(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "model", metavar="MODEL", help=f"{_MODEL}; or a plan, as a file whose name ends in .json, or - for stdin"
    )
    command.add_argument("--json", action="store_true", help="events on stdout, one JSON object a line")
    command.add_argument("--quiet", action="store_true", help="no progress")
    _add_choices(command)
    how = command.add_argument_group("how to download")
    how.add_argument("--max-connections", type=_positive_count, metavar="N", help="by default the number adapts")
    how.add_argument("--bandwidth-limit", type=byte_count, metavar="SIZE", help="bytes a second, such as 10MB")
    how.add_argument(
        "--stall-timeout",
        type=_number(0.1, "a number of seconds from 0.1 on"),
        metavar="SECONDS",
        help="in which a connection has to bring 16 KiB (30)",
    )
    how.add_argument(
        "--storage-headroom",
        type=_number(0.0, "a share from 0 on, such as 0.2"),
        metavar="SHARE",
        help="of the bytes to fetch, that has to be free beyond them (0.2)",
    )
    how.add_argument(
        "--no-memory-check",
        dest="check_memory",
        action="store_false",
        help="even if the model needs more than there is",
    )


def _add_choices(command: argparse.ArgumentParser) -> None:
    what = command.add_argument_group("what to download")
    what.add_argument("--revision", metavar="NAME", help="a branch, tag or commit (main)")
    what.add_argument("--backend", metavar="NAME", help="who will load it; chooses the files that it needs")
    what.add_argument("--allow", action="append", metavar="PATTERN", help="only files like *.json; may be repeated")
    what.add_argument("--ignore", action="append", metavar="PATTERN", help="no files like *.md; may be repeated")
    what.add_argument(
        "--no-update",
        dest="update",
        action="store_false",
        help="take a complete copy from the cache without asking the Hub",
    )
    where = command.add_argument_group("where")
    where.add_argument("--cache-dir", metavar="FOLDER", help="by default the Hugging Face cache")
    where.add_argument("--endpoint", metavar="URL", help="by default HF_ENDPOINT, or the public Hub")
    where.add_argument("--token", help="by default HF_TOKEN, or who is logged in; others may see what is typed here")


def _add_demo(command: argparse.ArgumentParser) -> None:
    command.add_argument("--size", type=byte_count, metavar="SIZE", help="of the model (200MB; 50MB with --fast)")
    command.add_argument(
        "--speed", type=byte_count, metavar="SIZE", help="of the network, a second (25MB; 50MB with --fast)"
    )
    command.add_argument("--fast", action="store_true", help="a small model and no pauses, for a machine that watches")
