"""What is told of a model that cannot be loaded.

Rule: what is not here comes with the words that download it, and a model is named as it can be typed. Nothing is opened here,
and nothing is asked of the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..backends import find_backend, list_backends
from ..core.models.catalog import DEFAULT_REVISION
from ..core.text import listed
from ..errors import BackendError, IntegrityError, NotCachedError

if TYPE_CHECKING:
    from ..adapters.cache import RepoCache
    from ..core.models.spec import ModelSpec
    from .judging import Damaged, Incomplete, Unclaimed

_SHOWN = 5
"""Paths in one message."""


def absent(spec: ModelSpec, cache: RepoCache) -> NotCachedError:
    """Nothing of the revision is here."""
    backend = None if spec.backend is None else find_backend(spec.backend)
    others = cache.commits_by_age()
    hint = f" Of other revisions there is {', '.join(others[:3])}; pass revision= to load one." if others else ""
    message = (
        f"{shown(spec)} at {spec.revision!r} is not in the cache ({cache.folder}). A model that was downloaded before "
        "was expected. Nothing was loaded and no request was made; download it with "
        f"{_remedy(spec)}.{hint}"
    )
    return NotCachedError(message, missing=() if backend is None else backend.missing(()))


def unclaimed(spec: ModelSpec, found: Unclaimed) -> BackendError:
    """Nobody can say which backend is to load it."""
    known = ", ".join(backend.name for backend in list_backends())
    return BackendError(
        f"Nobody said which backend loads {shown(spec)}, and {found.inference.reason} ({listed(found.paths, _SHOWN)}). A repo that "
        f"exactly one backend takes was expected. Nothing was loaded; pass backend=, one of {known}."
    )


def incomplete(spec: ModelSpec, found: Incomplete) -> NotCachedError:
    """The backend misses files."""
    message = (
        f"{shown(spec)} is not complete in the cache: the backend {found.backend.name} needs {listed(found.missing, _SHOWN)} as "
        f"well, in {found.folder}. Nothing was loaded and no request was made; download the rest with "
        f"{_remedy(spec)}."
    )
    return NotCachedError(message, missing=found.missing)


def damaged(spec: ModelSpec, found: Damaged) -> IntegrityError:
    """A file has another size than recorded."""
    path, expected, actual = found.file.path, f"{found.file.size} bytes", f"{found.size} bytes"
    message = (
        f"{path} of {shown(spec)} is not what was downloaded: {expected} were recorded, and "
        f"{found.folder / path} has {actual}. Nothing was loaded; remove the model with remove_cached() and "
        "download it again."
    )
    return IntegrityError(message, path=path, expected=expected, actual=actual)


def shown(spec: ModelSpec) -> str:
    """How messages call the model."""
    return spec.repo_id if spec.name == spec.repo_id else f"{spec.name} ({spec.repo_id})"


def _remedy(spec: ModelSpec) -> str:
    revision = "" if spec.revision in {None, DEFAULT_REVISION} else f", revision={spec.revision!r}"
    backend = "" if spec.backend is None else f", backend={spec.backend!r}"
    return f"modelfetch.download({spec.name!r}{revision}{backend})"
