"""Can a backend load what is in a folder: as much of the answer as the files give, before anything is imported.

Rule: to load a model and to say how much of it is here take the same look, so that what the files themselves ask for and
is not there is missed by both. Whether what is there is sound is for loading and verifying to say. A file that cannot be
read is the cache's fault; one that went meanwhile is not there.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..adapters.cache import translated
from ..backends.guarded import guarded
from ..backends.opening import look_into, refuse_pointers
from ..errors import BackendError, IntegrityError, NotCachedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..backends import Backend


def inspect(backend: Backend, folder: Path, sizes: Mapping[str, int]) -> None:
    """Look into the files of ``folder`` (their bytes, by path) that ``backend`` takes.

    Raises NotCachedError, IntegrityError, CacheError, BackendError.
    """
    with guarded(backend, "check"), reading(folder):
        look_into(backend, folder, sizes)


def is_enough(backend: Backend, folder: Path, sizes: Mapping[str, int]) -> bool:
    """Whether ``backend`` finds all that it needs in ``folder``, and no pointers; whether it is sound is another matter.

    Raises CacheError.
    """
    if backend.missing(sizes):
        return False
    try:
        with reading(folder):
            refuse_pointers(backend, folder, sizes)
    except (IntegrityError, NotCachedError):
        return False
    try:
        with guarded(backend, "check"), reading(folder):
            backend.check(folder)
    except NotCachedError:
        return False
    except (BackendError, IntegrityError):
        pass
    return True


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """A place to read files of ``folder`` in. Raises NotCachedError and CacheError for what OSErrors mean."""
    with translated(str(folder), "looking into the model"):
        try:
            yield
        except FileNotFoundError as error:
            name = Path(error.filename or folder).name
            message = (
                f"{name} is not in {folder} any more. It was expected, because it was there a moment ago. Nothing was loaded; "
                "download the model to complete it."
            )
            raise NotCachedError(message, missing=(name,)) from error
