"""What is in the cache, without a request.

Rule: a model is judged by what was asked for when it was downloaded. huggingface_hub notes what a repo holds, not what
was asked of it; there all that a backend would ask for is enough. Where nobody noted anything, all that a backend needs
is enough, be it by name or because the files themselves ask for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..adapters.cache import CachedRepo, RepoCache, repo_ids
from ..backends import find_backend, list_backends
from ..backends.completeness import choice_from, recorded_choices
from ..core.kept.cached import CachedModel
from ..core.kept.status import ModelStatus, status_of
from ..core.models.spec import ModelSpec, patterns
from ..core.planning.listing import FileEntry, chooser, is_blob_id, is_sha256
from ..errors import CacheError
from .folder import cache_folder
from .inspecting import is_enough

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from os import PathLike
    from pathlib import Path

    from ..core.kept.cached import Seen
    from ..core.kept.record import SnapshotRecord
    from .options import PlanOptions


@dataclass(frozen=True, slots=True)
class Survey:
    """All models of a cache, and the bytes that they take together: what several of them share counts once."""

    folder: Path
    models: tuple[CachedModel, ...]
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot as it lies on disk.

    ``choices``: what may have been asked for; empty when nobody noted anything. ``own``: those of ``seen`` that are of it,
    or else that its patterns choose.
    """

    folder: Path
    seen: Mapping[str, Seen]
    record: SnapshotRecord | None
    choices: tuple[tuple[FileEntry, ...], ...]
    own: Mapping[str, Seen]

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of what can be opened and is the file itself rather than a pointer to it."""
        return _sizes(self.seen)

    def entries(self) -> tuple[FileEntry, ...] | None:
        """Its files as they lie there; None where one is a file of its own, whose digest nobody knows."""
        sizes, names = self.sizes, {path: seen.blob or "" for path, seen in self.own.items()}
        if not all(is_blob_id(blob) for path, blob in names.items() if path in sizes):
            return None
        files = ((path, sizes[path], names[path]) for path in sorted(names.keys() & sizes.keys()))
        return tuple(FileEntry(path, size, blob, blob if is_sha256(blob) else None) for path, size, blob in files)

    def status(self, backend: str | None, *, leftovers: bool) -> ModelStatus:
        """How much of what was asked for, or else of what ``backend`` (None: any) needs, is there."""
        sizes = _sizes(self.own)
        needing = list_backends() if backend is None else (find_backend(backend),)
        there = {path: seen.size for path, seen in self.seen.items() if seen.size is not None}
        loadable = (is_enough(each, self.folder, there) for each in needing)
        return status_of(self.choices, loadable, sizes, leftovers=leftovers or len(self.own) > len(sizes))


def _sizes(found: Mapping[str, Seen]) -> dict[str, int]:
    return {path: seen.size for path, seen in found.items() if seen.size is not None and not seen.is_pointer}


def status(spec: ModelSpec, options: PlanOptions) -> ModelStatus:
    """How much of ``spec`` is in the cache."""
    root = cache_folder(options.cache_dir)
    cache, repo = RepoCache(root, spec.repo_id), CachedRepo(root, spec.repo_id)
    commit = cache.commit_of(spec.revision or "")
    if commit is None:  # parts are of it only where there is no commit that they could be of instead
        return status_of((), (), {}, leftovers=not cache.commits_by_age() and repo.has_parts())
    found = snapshot(spec, cache, repo, commit)
    return found.status(spec.backend, leftovers=repo.has_parts(_asked_for(spec, cache, commit, found.choices)))


def _asked_for(
    spec: ModelSpec, cache: RepoCache, commit: str, choices: tuple[tuple[FileEntry, ...], ...]
) -> set[str] | None:
    """The contents that are parts of ``spec`` while they are incomplete; None, which is any, where nobody noted any."""
    wanted = cache.wanted(commit)
    if not choices and wanted is None:
        return None
    takes = _takes(spec)
    chosen = [file for file in wanted or () if takes(file.path)]
    return {file.blob_id for files in (*choices, chosen) for file in files}


def _takes(spec: ModelSpec) -> Callable[[str], bool]:
    return chooser(patterns(spec.allow_patterns), patterns(spec.ignore_patterns))


def snapshot(spec: ModelSpec, cache: RepoCache, repo: CachedRepo, commit: str) -> Snapshot:
    """The snapshot of ``commit``, to be judged as a copy of ``spec``."""
    record = cache.recorded(commit)
    noted_by_us = record is None or repo.is_whole_ours(commit)
    choices = () if record is None else tuple(_choices(spec, record, noted_by_us=noted_by_us))
    seen = repo.files(commit)
    takes = {file.path for files in choices for file in files}.__contains__ if choices else _takes(spec)
    own = {path: each for path, each in seen.items() if takes(path)}
    return Snapshot(cache.snapshot_path(commit), seen, record, choices, own)


def survey(requested: str | PathLike[str] | None) -> Survey:
    """Look at every model of the cache; a folder that may not be read is left out."""
    root = cache_folder(requested)
    models: list[CachedModel] = []
    sizes: dict[object, int] = {}
    for repo_id in repo_ids(root):
        repo = CachedRepo(root, repo_id)
        try:
            model = _cached_model(RepoCache(root, repo_id), repo, ModelSpec(repo_id, repo_id))
            contents = repo.contents()
        except CacheError:
            continue
        if model is not None:
            models.append(model)
            sizes |= {key: content.size for key, content in contents.items()}
    return Survey(root, tuple(models), sum(sizes.values()))


def _cached_model(cache: RepoCache, repo: CachedRepo, spec: ModelSpec) -> CachedModel | None:
    """None when there is no snapshot and no content: what a look-up that failed left behind."""
    contents, commits = repo.contents(), cache.commits_by_age()
    if not contents and not commits:
        return None
    has_parts = repo.has_parts()
    snapshots = {commit: snapshot(spec, cache, repo, commit) for commit in commits}
    judged = {commit: each.status(None, leftovers=has_parts) for commit, each in snapshots.items()}
    newest = next((commit for commit in commits if judged[commit] is ModelStatus.DOWNLOADED), next(iter(commits), None))
    return CachedModel(
        repo_id=spec.repo_id,
        revisions=tuple(sorted(name for name, commit in repo.revisions().items() if commit in snapshots)),
        commits=commits,
        path=None if newest is None else cache.snapshot_path(newest),
        size_bytes=sum(content.size for content in contents.values()),
        files=() if newest is None else tuple(sorted(snapshots[newest].sizes)),
        last_used=max((content.used for content in contents.values()), default=None),
        status=judged[newest] if newest else status_of((), (), {}, leftovers=bool(contents)),
    )


def _choices(spec: ModelSpec, record: SnapshotRecord, *, noted_by_us: bool) -> Iterator[tuple[FileEntry, ...]]:
    """What was recorded of ``spec``; without patterns of its own, all that was asked for then, or (``trees/``) may have been.

    Where its patterns were never asked for, what its backend would load of what was, as :func:`load` judges it.
    """
    exact = record.files_for(patterns(spec.allow_patterns), patterns(spec.ignore_patterns))
    anything = spec.allow_patterns is None and not spec.ignore_patterns
    if exact:
        yield exact
        if anything and not noted_by_us:
            yield from _loadable(exact)
    elif anything:
        yield tuple(dict.fromkeys(file for selection in record.selections for file in selection.files))
    elif spec.backend is not None:
        yield from recorded_choices(find_backend(spec.backend), record)


def _loadable(files: tuple[FileEntry, ...]) -> Iterator[tuple[FileEntry, ...]]:
    """For each backend that could load the repo, the files that it would ask for."""
    return filter(None, (choice_from(backend, files) for backend in list_backends()))
