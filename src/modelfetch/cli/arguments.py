"""What may be typed, and what it means.

Rule: a value that cannot be right is refused here, before anything is requested, with the values that could be. An option
of the library's is judged by the library's own rule.
"""

from __future__ import annotations

import argparse
import re
import reprlib
from math import inf
from typing import TYPE_CHECKING

from .. import __version__
from ..arguments import checked
from ..core.models.headroom import HEADROOM
from ..core.text import bytes_text
from ..core.transfer.stall import FLOOR, WINDOW

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Run = Callable[[argparse.Namespace], int]

DEMO = 200_000_000, 25_000_000
"""The demo's bytes, and bytes a second: eight seconds of download, long enough to watch."""

FAST_DEMO = 50_000_000, 50_000_000

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([kmgt])(i?))?b?(?:/s)?", re.IGNORECASE)
_POWERS = {"k": 1, "m": 2, "g": 3, "t": 4}

_MODEL = "an alias (large-v3), a repo id (org/name) or org/name@revision"


class UsageError(Exception):
    """What was typed cannot be meant: the command ends with exit code 2."""


def byte_count(text: str) -> int:
    """``10MB``, ``1.5 GiB``, ``500kB/s``, ``4096``: decimal units, and binary ones with an ``i``."""
    found = _SIZE.fullmatch(text.strip())
    unit, binary = (found[2] or "", found[3]) if found else ("", "")
    count = float(found[1]) * (1024 if binary else 1000) ** _POWERS.get(unit.lower(), 0) if found else 0
    if not 1 <= count < inf:
        message = f"{reprlib.repr(text)} is not a number of bytes; write it like 10MB, 1.5GB or 512KiB"
        raise argparse.ArgumentTypeError(message)
    return int(count)


def _typed(name: str, cast: Callable[[str], object]) -> Callable[[str], object]:
    """How a value of the library's option ``name`` is read: by ``cast``, and judged as a caller's would be."""

    def parse(text: str) -> object:
        try:
            value = cast(text)
        except ValueError:
            value = text  # the wrong type, and what is right is said below
        try:
            return checked(name, value)
        except (TypeError, ValueError) as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return parse


def parser(runs: Mapping[str, Run]) -> argparse.ArgumentParser:
    """The whole command line. What it parses has ``run``, the one of ``runs`` that was named, and its ``parser``."""
    whole = argparse.ArgumentParser(
        prog="modelfetch",
        description="Plan, download, verify and remove machine-learning models in the Hugging Face cache.",
        allow_abbrev=False,
    )
    whole.add_argument("--version", action="version", version=f"modelfetch {__version__}")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, help_text, add in (
        ("plan", "show what a download would bring, and write nothing", _add_plan),
        ("download", "download a model, or carry out a plan, and print its folder", _add_download),
        ("list", "list the models in the cache", _add_list),
        ("status", "say how much of a model is in the cache", _add_cached),
        ("verify", "read a cached model again and name every bad or missing file", _add_cached),
        ("remove", "remove a model from the cache and say what that freed", _add_remove),
        ("clean", "remove what abandoned downloads left in the cache", _add_clean),
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
    how.add_argument(
        "--max-connections", type=_typed("max_connections", int), metavar="N", help="by default the number adapts"
    )
    how.add_argument("--bandwidth-limit", type=byte_count, metavar="SIZE", help="bytes a second, such as 10MB")
    how.add_argument(
        "--stall-timeout",
        type=_typed("stall_timeout", float),
        metavar="SECONDS",
        help=f"cut a connection that brings less than {FLOOR >> 10} KiB in this time ({WINDOW:g})",
    )
    how.add_argument(
        "--storage-headroom",
        type=_typed("storage_headroom", float),
        metavar="SHARE",
        help=f"free space to require beyond the bytes to fetch, as a share of them ({HEADROOM:g})",
    )
    how.add_argument(
        "--no-memory-check",
        dest="check_memory",
        action="store_false",
        help="download even if the model needs more memory than there is",
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
    what.add_argument(
        "--safe-only",
        dest="allow_unsafe",
        action="store_false",
        help="refuse files that can run code when they are loaded, such as pickles",
    )
    where = command.add_argument_group("where")
    _add_cache_dir(where)
    where.add_argument("--endpoint", metavar="URL", help="by default HF_ENDPOINT, or the public Hub")
    where.add_argument(
        "--token", help="by default HF_TOKEN, or the token of `hf auth login`; others may see what is typed here"
    )


def _add_list(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="a JSON array with an object for each model")
    _add_cache_dir(command)


def _add_cached(command: argparse.ArgumentParser) -> None:
    command.add_argument("model", metavar="MODEL", help=_MODEL)
    command.add_argument("--json", action="store_true", help="a JSON object")
    command.add_argument("--revision", metavar="NAME", help="a branch, tag or commit (main)")
    command.add_argument("--backend", metavar="NAME", help="who will load it; chooses the files that count")
    _add_cache_dir(command)


def _add_remove(command: argparse.ArgumentParser) -> None:
    command.add_argument("model", metavar="MODEL", help=_MODEL)
    command.add_argument("--json", action="store_true", help="a JSON object; nothing is asked")
    command.add_argument("--yes", action="store_true", help="ask nothing; without a terminal nothing is asked anyway")
    command.add_argument("--revision", metavar="NAME", help="only this branch, tag or commit; by default all of it")
    _add_cache_dir(command)


def _add_clean(command: argparse.ArgumentParser) -> None:
    command.add_argument("--partial", action="store_true", help="also what unfinished downloads could go on from")
    command.add_argument("--json", action="store_true", help="a JSON object")
    _add_cache_dir(command)


def _add_cache_dir(command: argparse._ActionsContainer) -> None:
    command.add_argument(
        "--cache-dir", type=_typed("cache_dir", str), metavar="FOLDER", help="by default the Hugging Face cache"
    )


def _add_demo(command: argparse.ArgumentParser) -> None:
    size, speed = (
        f"({bytes_text(usual)}; {bytes_text(fast)} with --fast)" for usual, fast in zip(DEMO, FAST_DEMO, strict=True)
    )
    command.add_argument("--size", type=byte_count, metavar="SIZE", help=f"of the model {size}")
    command.add_argument("--speed", type=byte_count, metavar="SIZE", help=f"of the network, a second {speed}")
    command.add_argument("--fast", action="store_true", help="a small model and no pauses, for CI")
