"""Cleaning up: after a download its own repo, and on demand every repo of a cache."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ..adapters.account import cache_dir
from ..adapters.cache import RepoCache, repo_ids
from ..core.kept.clean import CleanReport, LeftAlone, joined, said
from ..errors import CacheError

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from ..job import DownloadResult


def tidied(result: DownloadResult, cache: RepoCache) -> DownloadResult:
    """``result`` of a download that succeeded, with a message of what it removed; to fail at that costs only space."""
    with suppress(CacheError):
        report = cache.clean()
        if message := said(report):
            _log.debug("%s (%s)", message, ", ".join(report.repo_ids))
            return replace(result, progress=replace(result.progress, message=message))
    return result


def clean(requested: str | PathLike[str] | None, *, partial: bool) -> CleanReport:
    """Clean every repo of the cache."""
    root = cache_dir(requested)
    report = joined(_cleaned(root, repo_id, partial=partial) for repo_id in repo_ids(root))
    _log.debug("%s", report)
    return report


def _cleaned(root: Path, repo_id: str, *, partial: bool) -> CleanReport:
    """What one repo refuses does not keep the others from being cleaned."""
    try:
        return RepoCache(root, repo_id).clean(partial=partial)
    except CacheError:
        return CleanReport(left_alone=(LeftAlone(repo_id, "", 0, "refused"),))


_log = logging.getLogger(__package__.rpartition(".")[0])  # the package's own, whatever it is called
