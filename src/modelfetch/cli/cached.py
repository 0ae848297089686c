"""``list``, ``status``, ``verify`` and ``remove``: what is in the cache, for a person or as JSON.

Rule: the answer is the exit code too. A model that is not wholly here, or not as it was recorded, is exit code 1, so that
a script can ask without reading.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..cached import model_status, remove_cached, verify_cached
from ..core.kept.status import ModelStatus
from ..core.text import bytes_text, counted, seconds_text
from ..wiring import survey
from .output import say

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Sequence

    from ..core.kept.cached import CachedModel, VerifyReport

NOT_AS_IT_SHOULD_BE = 1

_HEADINGS = ("MODEL", "SIZE", "FILES", "STATUS", "LAST USED", "REVISIONS")

_COMMIT = 7
"""Characters of a commit id that a person is shown."""


def list_models(asked: Namespace) -> int:
    """Print a row for each model, and what they take together; an empty cache is no failure."""
    found = survey(asked.cache_dir)
    if asked.json:
        say(sys.stdout, json.dumps([_told(model) for model in found.models], indent=1))
    elif not found.models:
        say(sys.stderr, f"No models in {found.folder}.")
    else:
        for line in _columns(_HEADINGS, (_row(model) for model in found.models)):
            say(sys.stdout, line)
        say(sys.stderr, f"{counted(len(found.models), 'model')}, {bytes_text(found.size_bytes)} in {found.folder}.")
    return 0


def status(asked: Namespace) -> int:
    """Print the status: 0 when the model is here, as a whole."""
    found = model_status(asked.model, **_chosen(asked))
    say(sys.stdout, json.dumps({"model": asked.model, "status": found.value}) if asked.json else found.value)
    return 0 if found is ModelStatus.DOWNLOADED else NOT_AS_IT_SHOULD_BE


def verify(asked: Namespace) -> int:
    """Print every file that is bad or missing, and a summary: 0 when there is none."""
    found = verify_cached(asked.model, **_chosen(asked))
    if asked.json:
        say(sys.stdout, json.dumps({**asdict(found), "is_ok": found.is_ok}, indent=1))
    else:
        for word, paths in (("corrupt", found.corrupt), ("missing", found.missing), ("unknown", found.unknown)):
            for path in paths:
                say(sys.stdout, f"{word}  {path}")
        say(sys.stderr, _summary(found))
    return 0 if found.is_ok else NOT_AS_IT_SHOULD_BE


def remove(asked: Namespace) -> int:
    """Remove it, after asking whoever sits at a terminal, and print what that freed."""
    if not (asked.yes or asked.json) and sys.stdin.isatty() and sys.stderr.isatty() and not _is_agreed(asked):
        say(sys.stderr, "Nothing was removed.")
        return NOT_AS_IT_SHOULD_BE
    freed = remove_cached(asked.model, revision=asked.revision, cache_dir=asked.cache_dir)
    if asked.json:
        say(sys.stdout, json.dumps({"model": asked.model, "freed_bytes": freed}))
    else:
        say(sys.stdout, f"Freed {bytes_text(freed)}.")
    return 0


def _chosen(asked: Namespace) -> dict[str, Any]:
    return {"backend": asked.backend, "revision": asked.revision, "cache_dir": asked.cache_dir}


def _is_agreed(asked: Namespace) -> bool:
    what = asked.model if asked.revision is None else f"{asked.model} at {asked.revision}"
    sys.stderr.write(f"Remove {what} from the cache? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _told(model: CachedModel) -> dict[str, object]:
    path = None if model.path is None else str(model.path)
    return {**asdict(model), "path": path, "status": model.status.value}


def _row(model: CachedModel) -> tuple[str, ...]:
    used = "" if model.last_used is None else f"{seconds_text(max(time.time() - model.last_used, 0))} ago"
    names = model.revisions or tuple(commit[:_COMMIT] for commit in model.commits)
    size, files = bytes_text(model.size_bytes), str(len(model.files))
    return model.repo_id, size, files, model.status.value, used, ", ".join(names)


def _columns(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    """Lines in which each column begins where its heading does; the numbers end there."""
    table = [headings, *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (
            cell.rjust(width) if heading in {"SIZE", "FILES"} else cell.ljust(width)
            for cell, width, heading in zip(row, widths, headings, strict=True)
        )
        yield "  ".join(cells).rstrip()


def _summary(found: VerifyReport) -> str:
    parts = (
        counted(len(found.ok), "file") + " verified",
        f"{len(found.corrupt)} corrupt",
        f"{len(found.missing)} missing",
        f"{len(found.unknown)} with nothing to check against",
    )
    shown = [part for part in parts if not part.startswith("0 ")] or ["nothing to verify"]
    hint = ""
    if found.corrupt:
        hint = f" To repair it: modelfetch remove {found.repo_id}, then download it again."
    elif found.missing:
        hint = f" To repair it: modelfetch download {found.repo_id}."
    return f"{found.repo_id} ({found.commit[:_COMMIT]}): {', '.join(shown)}.{hint}"
