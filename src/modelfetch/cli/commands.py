"""``plan`` and ``download``: from what was typed to the verbs of the library, and their answers back.

Rule: a command decides nothing about a download. It polls the job on the main thread, as any host may, so that
Ctrl-C is noticed here and the last snapshot says what was kept.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..api import plan_download, start_download
from ..core.planning.plan import DownloadPlan
from ..errors import DownloadCancelled, ModelFetchError
from .arguments import UsageError
from .interrupt import INTERRUPTED, noticed
from .output import Events, Quiet, kept_text, say, surface

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from ..core.transfer.progress import DownloadProgress
    from ..job import DownloadJob, DownloadResult
    from .output import Surface

_LOOK_EVERY = 0.1
"""Seconds between two looks at the job."""

_WHAT = {
    "revision": "--revision",
    "backend": "--backend",
    "allow_patterns": "--allow",
    "ignore_patterns": "--ignore",
    "update": "--no-update",
}
"""What a plan has settled, and the options that say it for a name."""


def plan(asked: Namespace) -> int:
    """Print the plan: a table, or its JSON."""
    made = plan_download(asked.model, **_choices(asked))
    say(sys.stdout, made.to_json() if asked.json else str(made))
    return 0


def download(asked: Namespace) -> int:
    """Download a model or carry out a plan, and print the snapshot's folder."""
    model, choices = _model(asked.model), _choices(asked)
    if isinstance(model, DownloadPlan) and (settled := sorted(_WHAT[name] for name in choices.keys() & _WHAT)):
        message = f"{', '.join(settled)} cannot be used with a plan, which has settled that; plan again with it"
        raise UsageError(message)
    shown = _surface(asked, model.repo_id if isinstance(model, DownloadPlan) else asked.model)
    with noticed() as interrupted:
        job = start_download(model, **_how(asked), **choices)
        try:
            result = _follow(job, shown.show, interrupted)
        except DownloadCancelled as stopped:
            shown.failed(stopped)
            say(sys.stderr, kept_text(stopped.progress))
            return INTERRUPTED
        except ModelFetchError as error:
            shown.failed(error)
            raise
    shown.done(result)
    return 0


def _model(text: str) -> str | DownloadPlan:
    """A plan for a file's name that ends in .json and for ``-``, else the name of a model."""
    if text != "-" and not text.endswith(".json"):
        return text
    try:
        return DownloadPlan.from_json(sys.stdin.read() if text == "-" else Path(text).read_text(encoding="utf-8"))
    except OSError as error:
        message = (
            f"the plan {text} cannot be read ({error.strerror}); write one with: modelfetch plan MODEL --json > {text}"
        )
        raise UsageError(message) from error
    except ValueError as error:
        message = f"{'stdin' if text == '-' else text} cannot be carried out: {error}"
        raise UsageError(message) from error


def _choices(asked: Namespace) -> dict[str, Any]:
    """What was typed of ``plan_download``'s options; the rest stays what the library says."""
    told = {
        "revision": asked.revision,
        "backend": asked.backend,
        "allow_patterns": asked.allow,
        "ignore_patterns": asked.ignore,
        "cache_dir": asked.cache_dir,
        "endpoint": asked.endpoint,
        "token": asked.token,
        "update": None if asked.update else False,
        "allow_unsafe": None if asked.allow_unsafe else False,
    }
    return _given(told)


def _how(asked: Namespace) -> dict[str, Any]:
    told = {
        "max_connections": asked.max_connections,
        "bandwidth_limit": asked.bandwidth_limit,
        "stall_timeout": asked.stall_timeout,
        "storage_headroom": asked.storage_headroom,
        "check_memory": None if asked.check_memory else False,
    }
    return _given(told)


def _given(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}


def _surface(asked: Namespace, name: str) -> Surface:
    if asked.json:
        return Events(sys.stdout, with_progress=not asked.quiet)
    return Quiet(sys.stdout) if asked.quiet else surface(name, sys.stderr, sys.stdout)


def _follow(
    job: DownloadJob, show: Callable[[DownloadProgress], None], interrupted: Callable[[], bool]
) -> DownloadResult:
    """Show the job until it has ended, its last snapshot as well; Ctrl-C ends it."""
    shown = -1
    try:
        while not job.done():
            if interrupted():
                job.cancel()
            shown = _look(job, show, shown)
            _wait(job)
        _look(job, show, shown)
    finally:
        job.cancel()  # when showing failed nobody reads any more; when it has ended this does nothing
    return job.result()


def _look(job: DownloadJob, show: Callable[[DownloadProgress], None], shown: int) -> int:
    """Show the latest snapshot if it is not number ``shown``; the number of what is shown now."""
    progress = job.snapshot()
    if progress.seq != shown:
        show(progress)
    return progress.seq


def _wait(job: DownloadJob) -> None:
    """Until the next look, or the end if that is sooner."""
    try:
        job.exception(_LOOK_EVERY)
    except TimeoutError:
        return
