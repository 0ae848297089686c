"""The errors a caller can meet, cut by what the caller does next.

Rule: this module imports nothing of the package, so that every other module may import it.
Every error is built as ``Cls(message, *, attribute=...)``, carries its data as attributes and pickles.
A message says what happened, what was expected, what was done about it and what the reader can do. It may quote what
a server sent, so what could drive a terminal is taken out of every message here.

```
ModelFetchError
├── ModelNotFoundError        fix the name
├── AccessError               log in or ask for access
│   ├── AuthenticationError
│   └── GatedModelError
├── NetworkError              try again
├── InsufficientStorageError  free disk space
├── InsufficientMemoryError   choose a smaller model
├── IntegrityError            the source sent other bytes than promised
├── UnsafeFilesError          allow them, or choose files that cannot run code
├── PlanDriftError            plan again
├── NotCachedError            download first
├── DownloadInProgressError   wait, or follow the running one
├── CacheError                the cache cannot be read or written
└── BackendError              the model cannot be loaded
DownloadCancelled             not a failure
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .core.transfer.progress import DownloadProgress


_UNSHOWN = dict.fromkeys(
    (
        *(code for code in range(0xA0) if code < 0x20 or code >= 0x7F),  # noqa: PLR2004 - C0, DEL and C1 begin and end there
        *range(0x2028, 0x202F),  # line separators, and what turns text around
        *range(0x2066, 0x206A),  # as above
        *range(0xD800, 0xE000),  # surrogates, which no stream takes
    ),
    "\ufffd",
)
del _UNSHOWN[0x0A]


class _Carrier(Exception):  # noqa: N818 - a shared base that is never raised itself
    """An exception whose attributes survive pickling (to another process, thread pool or log)."""

    def __init__(self, message: str) -> None:
        super().__init__(str(message).translate(_UNSHOWN))
        self.message: str = self.args[0]

    def __reduce__(self) -> tuple[Callable[..., _Carrier], tuple[type, dict[str, object]]]:
        return _revive, (type(self), dict(self.__dict__))


def _revive(cls: type[_Carrier], attributes: dict[str, object]) -> _Carrier:
    error = cls.__new__(cls, attributes["message"])
    error.__dict__.update(attributes)
    error.args = (attributes["message"],)
    return error


class ModelFetchError(_Carrier):
    """The root: whatever keeps a model from being planned, downloaded, verified or loaded."""


class ModelNotFoundError(ModelFetchError):
    """No such alias, repo, revision or file: the name has to be fixed (or the repo is private).

    ``repo_id`` and ``revision``: what was asked for, None where it did not get that far.
    """

    def __init__(self, message: str, *, repo_id: str | None = None, revision: str | None = None) -> None:
        super().__init__(message)
        self.repo_id = repo_id
        self.revision = revision


class AccessError(ModelFetchError):
    """The Hub knows the model but does not give it to this caller. ``repo_id``: which, None where no repo was asked for."""

    def __init__(self, message: str, *, repo_id: str | None = None) -> None:
        super().__init__(message)
        self.repo_id = repo_id


class AuthenticationError(AccessError):
    """The token is missing, wrong or expired: log in again."""


class GatedModelError(AccessError):
    """The model's licence has to be accepted on its page by the account whose token is used."""


class NetworkError(ModelFetchError):
    """The Hub could not be reached, broke off, stalled, or answered what no Hub answers.

    ``retry_after``: seconds the Hub asked to wait, where it said so.
    ``bytes_kept``: bytes of this download that are safely on disk and will not be fetched again.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, bytes_kept: int = 0) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.bytes_kept = bytes_kept


class InsufficientStorageError(ModelFetchError):
    """The disk is too small, or became full. ``required`` and ``available`` are bytes."""

    def __init__(self, message: str, *, required: int | None = None, available: int | None = None) -> None:
        super().__init__(message)
        self.required = required
        self.available = available


class InsufficientMemoryError(ModelFetchError):
    """The model needs more memory than there is. ``required`` and ``available`` are bytes."""

    def __init__(self, message: str, *, required: int | None = None, available: int | None = None) -> None:
        super().__init__(message)
        self.required = required
        self.available = available


class IntegrityError(ModelFetchError):
    """The source sent, or a file holds, other content than was promised.

    ``path``: the file's path in the repo. ``expected`` and ``actual``: digests, or what was found instead.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        expected: str | None = None,
        actual: str | None = None,
    ) -> None:
        super().__init__(message)
        self.path = path
        self.expected = expected
        self.actual = actual


class UnsafeFilesError(ModelFetchError):
    """The plan would bring files that can run code when they are loaded, and ``allow_unsafe=False`` was asked for.

    ``files``: their paths in the repo ``repo_id``.
    """

    def __init__(self, message: str, *, files: Iterable[str] = (), repo_id: str | None = None) -> None:
        super().__init__(message)
        self.files = tuple(files)
        self.repo_id = repo_id


class PlanDriftError(ModelFetchError):
    """The Hub no longer offers what was planned: plan again.

    ``repo_id``: whose plan it was. ``path``: the file's path in the repo, None where it is not about one file.
    """

    def __init__(self, message: str, *, repo_id: str | None = None, path: str | None = None) -> None:
        super().__init__(message)
        self.repo_id = repo_id
        self.path = path


class NotCachedError(ModelFetchError):
    """The model is not (completely) in the cache. ``missing`` lists repo paths that are absent."""

    def __init__(self, message: str, *, missing: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.missing = tuple(missing)


class DownloadInProgressError(ModelFetchError):
    """Another download is running where only one may: wait for it, or follow it. ``model``: the name of what runs."""

    def __init__(self, message: str, *, model: str | None = None) -> None:
        super().__init__(message)
        self.model = model


class CacheError(ModelFetchError):
    """The cache cannot be read or written. ``path`` is the file or folder concerned."""

    def __init__(self, message: str, *, path: str | None = None) -> None:
        super().__init__(message)
        self.path = path


class BackendError(ModelFetchError):
    """The model cannot be loaded: package missing, wrong files, or a backend nobody registered.

    ``backend``: its name, None where no backend could be told.
    """

    def __init__(self, message: str, *, backend: str | None = None) -> None:
        super().__init__(message)
        self.backend = backend


class DownloadCancelled(_Carrier):
    """The caller cancelled. What had reached the disk stays there.

    ``progress``: the download's last :class:`DownloadProgress`, all zeros when nothing had been planned yet; None where
    it was no download that was cancelled (planning, verifying).
    """

    def __init__(self, message: str, *, progress: DownloadProgress | None = None) -> None:
        super().__init__(message)
        self.progress = progress
