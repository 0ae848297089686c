"""Which commit on disk a revision may mean, without asking anybody.

Rule: first the commit where the branch stood when it was last noted, then those where it may have stood before: what no
other revision names, the one changed last first. A commit id means itself alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.planning.listing import is_commit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..adapters.cache import CachedRepo, RepoCache


def candidates(revision: str, cache: RepoCache, repo: CachedRepo) -> Iterator[str]:
    """The commits that ``revision`` may mean, the likeliest first; none when it was never noted."""
    commit = cache.commit_of(revision)
    if commit is None:
        return
    yield commit
    if not is_commit(revision):
        named = set(repo.revisions().values())
        yield from (older for older in cache.commits_by_age() if older not in named)
