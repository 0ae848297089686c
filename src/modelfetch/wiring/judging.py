"""Can the snapshot of one commit be loaded, and by whom: judged before any file of it is opened.

Rule: an older commit may stand in for one that is not all here. It may not for one that is here and damaged, or that more than
one backend would take: to load another than was asked for would hide that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..backends import Inference, find_backend, infer_backend
from ..backends.completeness import lack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..adapters.cache import RepoCache
    from ..backends import Backend
    from ..core.models.spec import ModelSpec
    from ..core.planning.listing import FileEntry


@dataclass(frozen=True, slots=True)
class Loadable:
    """All that ``backend`` needs is in ``folder``. ``sizes``: bytes of the files there, by path."""

    commit: str
    folder: Path
    backend: Backend
    sizes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing of the commit is here."""

    is_final: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """A commit with these files (``paths``) is no backend's, or (contested) more than one's."""

    inference: Inference
    paths: tuple[str, ...]

    @property
    def is_final(self) -> bool:
        """Whether no older commit may stand in."""
        return self.inference.is_contested


@dataclass(frozen=True, slots=True)
class Incomplete:
    """Not all that ``backend`` needs is in ``folder``."""

    folder: Path
    backend: Backend
    missing: tuple[str, ...]
    is_final: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Damaged:
    """All is in ``folder``, but ``file`` has ``size`` bytes instead of those that were recorded."""

    folder: Path
    file: FileEntry
    size: int
    is_final: ClassVar[bool] = True


Unloadable = Absent | Unclaimed | Incomplete | Damaged
"""Why a commit cannot be loaded; ``is_final``: whether no older one may stand in."""


def judged(spec: ModelSpec, cache: RepoCache, commit: str) -> Loadable | Unloadable:
    """Whether ``commit`` can be loaded as ``spec``. Raises BackendError and CacheError where that cannot be told."""
    sizes, record = cache.sizes(commit), cache.recorded(commit)
    if not sizes:
        return Absent()
    recorded = {file.path for selection in (record.selections if record else ()) for file in selection.files}
    inference = Inference(spec.backend, "") if spec.backend else infer_backend(recorded | sizes.keys())
    if inference.backend is None:
        return Unclaimed(inference, tuple(sorted(recorded | sizes.keys())))
    folder, backend = cache.snapshot_path(commit), find_backend(inference.backend)
    lacking = lack(backend, record, sizes)
    if lacking.missing:
        return Incomplete(folder, backend, lacking.missing)
    if lacking.other_size:
        file = lacking.other_size[0]
        return Damaged(folder, file, sizes[file.path])
    return Loadable(commit, folder, backend, sizes)
