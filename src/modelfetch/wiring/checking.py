"""Are the cached bytes the right ones: read again, all of them, without a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..adapters.cache import CachedRepo, RepoCache
from ..backends import find_backend
from ..core.kept.cached import VerifyReport, examine, report
from ..core.kept.lack import closest
from ..core.transfer.ports import Interrupted
from ..errors import DownloadCancelled, NotCachedError
from .folder import cache_folder
from .looking import snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..core.models.spec import ModelSpec
    from .looking import Snapshot
    from .options import PlanOptions


def verify(spec: ModelSpec, options: PlanOptions, stopped: Callable[[], bool]) -> VerifyReport:
    """Hash the files of ``spec`` and hold them against what is known of them."""
    root = cache_folder(options.cache_dir)
    cache, repo = RepoCache(root, spec.repo_id), CachedRepo(root, spec.repo_id)
    commit = cache.commit_of(spec.revision or "")
    found = None if commit is None else snapshot(spec, cache, repo, commit)
    if commit is None or found is None or not (found.seen or found.record):
        raise _not_cached(spec, cache, repo)
    listed = [file for selection in found.record.selections for file in selection.files] if found.record else []
    examined = examine(closest(found.choices, found.sizes), listed, found.seen, _needed(spec, found))
    try:
        held = {check.path: repo.holds(commit, check, stopped) for check in examined.checks}
    except Interrupted:
        message = f"Verifying {spec.repo_id} was cancelled; nothing was changed."
        raise DownloadCancelled(message) from None
    return report(spec.repo_id, commit, examined, held)


def _needed(spec: ModelSpec, found: Snapshot) -> tuple[str, ...]:
    """What the backend lacks; asked only when nobody noted what was downloaded, and it is known who would load it."""
    if found.choices or spec.backend is None:
        return ()
    return find_backend(spec.backend).missing(found.sizes)


def _not_cached(spec: ModelSpec, cache: RepoCache, repo: CachedRepo) -> NotCachedError:
    commits = cache.commits_by_age()
    here = [*sorted(name for name, commit in repo.revisions().items() if commit in commits), *commits]
    hint = f"there are: {', '.join(here)}; name one with revision=" if here else "download it first"
    message = (
        f"{spec.repo_id} is not in the cache at {spec.revision!r}: there is no snapshot of it. One that could be verified was "
        f"expected. Nothing was read and no request was made; {hint}."
    )
    return NotCachedError(message)
