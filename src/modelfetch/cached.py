"""The verbs over what is in the cache.

Rule: these verbs never make a request, whatever the cache holds and whether or not the Hub could be reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .arguments import checked
from .core.models.builtin import DEFAULT_CATALOG
from .wiring import PlanOptions, clean, load, remove, specify_cached, status, survey, verify

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from .cancel import SupportsIsSet
    from .core.kept.cached import CachedModel, VerifyReport
    from .core.kept.clean import CleanReport
    from .core.kept.status import ModelStatus
    from .core.models.spec import ModelSpec


def list_cached(cache_dir: str | PathLike[str] | None = None) -> tuple[CachedModel, ...]:
    """Every model that has a folder in the cache, whoever brought it, in the order of repo ids.

    Complete, partial and broken ones alike; other kinds of repos, and what is left of a look-up that failed, are left
    out, and so is a model's folder that cannot be read. A cache folder that is not there is empty.
    ``cache_dir``: None for huggingface_hub's. May be called on any thread. Raises CacheError for a cache that cannot be
    read at all; TypeError and ValueError for a ``cache_dir`` that is no path.
    """
    return survey(checked("cache_dir", cache_dir)).models


def load_cached(  # noqa: PLR0913 - each is a choice a caller may want to make
    model: str | ModelSpec,
    *,
    backend: str | None = None,
    revision: str | None = None,
    cache_dir: str | PathLike[str] | None = None,
    catalog: Mapping[str, ModelSpec] | None = None,
    reuse: bool = True,
    **backend_options: Any,
) -> Any:
    """The loaded model, from the files in the cache: what the backend's own loader returns. Blocks; call it on any thread.

    That is a ``faster_whisper.WhisperModel`` for ctranslate2, and the pair ``(model, tokenizer)`` of mlx-lm for mlx.
    ``backend``: None takes the spec's, or the one backend that recognises the files. ``reuse``: return what was
    loaded before with the same options, and keep what is loaded now (see ``loaded_models``); False loads one for this call
    alone. ``revision``, ``cache_dir``, ``catalog``: as for :func:`plan_download`.
    ``backend_options``: handed to the loader, such as ``device`` and ``compute_type``, or ``cache_limit``.

    The files are looked at before anything heavy is imported: all that the backend needs has to be there, of the size that
    it had when it was downloaded. Where the revision's own snapshot is not complete, the newest complete one that no
    other revision names is taken. Of many threads that ask at once, one loads.

    Raises NotCachedError (``missing`` names the files), IntegrityError (a truncated file, a Git LFS pointer), BackendError
    (package missing, platform, wrong files, unknown backend; or what the loader raised, as its cause),
    ModelNotFoundError, CacheError; TypeError and ValueError for an option of the wrong type or value.
    """
    model, reuse = checked("model", model), checked("reuse", reuse)
    options = _options(backend, revision, cache_dir, catalog)
    return load(specify_cached(model, options), options, reuse=reuse, backend_options=backend_options)


def model_status(
    model: str | ModelSpec,
    *,
    backend: str | None = None,
    revision: str | None = None,
    cache_dir: str | PathLike[str] | None = None,
    catalog: Mapping[str, ModelSpec] | None = None,
) -> ModelStatus:
    """How much of ``model`` is in the cache, judged file by file.

    It is held against what was recorded when it was downloaded: by modelfetch, the files that were asked for; by
    huggingface_hub (in ``trees/``), all files of the repo, of which those that a backend would ask for are enough. Where
    nothing was recorded, it is held against what the backend (any when none is named) needs, be it by name or because the
    files themselves ask for it, as an index does for its shards. A file of another size, a link that leads nowhere and a Git
    LFS pointer count as missing; whether the bytes are the right ones is for :func:`verify_cached` to say.
    ``revision``, ``cache_dir``, ``catalog``: as for :func:`plan_download`. May be called on any thread.
    Raises ModelNotFoundError, BackendError, CacheError; TypeError and ValueError for an option of the wrong type or value.
    """
    model, options = checked("model", model), _options(backend, revision, cache_dir, catalog)
    return status(specify_cached(model, options), options)


def verify_cached(  # noqa: PLR0913 - each is a choice a caller may want to make
    model: str | ModelSpec,
    *,
    backend: str | None = None,
    revision: str | None = None,
    cache_dir: str | PathLike[str] | None = None,
    catalog: Mapping[str, ModelSpec] | None = None,
    cancel: SupportsIsSet | None = None,
) -> VerifyReport:
    """Read every file of ``model`` again, and say which have the bytes that they should have.

    Held against the digests recorded when it was downloaded (by us, or in huggingface_hub's ``trees/``), else against
    the blob's name, which is its digest. Missing is what was recorded and is not there; where nothing was recorded,
    what ``backend`` cannot do without. Nothing is repaired: remove the model and download it again.
    It reads all bytes, on this thread, at about the disk's speed; ``cancel``: a CancelToken, or anything with
    ``is_set()``, looked at for every MiB. ``revision``, ``cache_dir``, ``catalog``: as for :func:`plan_download`.

    Raises NotCachedError when there is no snapshot of that revision, DownloadCancelled, ModelNotFoundError,
    BackendError, CacheError; TypeError and ValueError for an option of the wrong type or value.
    """
    model, stop = checked("model", model), checked("cancel", cancel)
    options = _options(backend, revision, cache_dir, catalog)
    return verify(specify_cached(model, options), options, _never if stop is None else stop.is_set)


def remove_cached(
    model: str | ModelSpec,
    *,
    backend: str | None = None,
    revision: str | None = None,
    cache_dir: str | PathLike[str] | None = None,
    catalog: Mapping[str, ModelSpec] | None = None,
) -> int:
    """Remove ``model`` from the cache and return the bytes that this freed; 0 when it was not there.

    Without a revision (neither given, nor after ``@``, nor in the spec) the repo goes as a whole: all commits, parts
    and notes, whatever the patterns say. With one, the commit that it names goes, with every branch and tag that names
    it, and the contents that no other commit of the repo has; the last commit takes the repo with it.
    What other repos share stays, and frees nothing. A file that a program has open stays readable to it on POSIX;
    Windows refuses, which is a CacheError. The lock files stay: others may be waiting for them.
    ``backend``: chooses nothing here, and has to be one that there is. ``cache_dir``, ``catalog``: as for
    :func:`plan_download`. Blocks until all is gone; call it on any thread.

    Raises DownloadInProgressError while the model is being downloaded (one that was just cancelled is waited for, a second
    at most), CacheError (also for files in huggingface_hub's shared store where no huggingface_hub that knows it is
    installed), ModelNotFoundError, BackendError. What is refused is refused before anything is removed. Killed half way
    it leaves no snapshot that looks complete. Raises TypeError and ValueError for an option of the wrong type or value.
    """
    return remove(checked("model", model), _options(backend, revision, cache_dir, catalog))


def clean_cached(cache_dir: str | PathLike[str] | None = None, *, partial: bool = False) -> CleanReport:
    """Remove kept bytes that belong to nothing, from every repo of the cache; say what went, and what stayed and why.

    A cancelled or failed download leaves its bytes to the next call. They belong to nothing once the branch has moved
    on, so that nobody will ask for them again; a successful download of the repo removes them as well.
    ``partial``: also what any unfinished download has kept, unless it runs now; the next call then starts over.

    Complete files and what other programs keep are never touched, and downloads may run meanwhile, in any process. What
    the system refuses to delete is in the report. ``cache_dir``: None for huggingface_hub's. May be called on any thread.
    Raises CacheError when the cache folder cannot be read; TypeError and ValueError for an option of the wrong type or value.
    """
    return clean(checked("cache_dir", cache_dir), partial=checked("partial", partial))


def _never() -> bool:
    return False


def _options(
    backend: str | None,
    revision: str | None,
    cache_dir: str | PathLike[str] | None,
    catalog: Mapping[str, ModelSpec] | None,
) -> PlanOptions:
    """What every verb of one model was asked."""
    return PlanOptions(
        catalog=DEFAULT_CATALOG if catalog is None else catalog, backend=backend, revision=revision, cache_dir=cache_dir
    )
