"""From a complete snapshot to a loaded model.

Rule: whatever can be seen cheaply is looked at before a backend's package is imported; whatever the backend's own loader raises
comes out as a BackendError with the original as its cause.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ..core.kept.pointer import BEGINNING, is_pointer, may_be_pointer
from ..errors import BackendError, IntegrityError, ModelFetchError
from .backend import takes
from .guarded import first_line, guarded
from .header import opened
from .platform import this_platform

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .backend import Backend


def refuse_platform(backend: Backend) -> None:
    """Raise BackendError where ``backend`` cannot run."""
    here = this_platform()
    with guarded(backend, "unavailable_on"):
        why = backend.unavailable_on(here)
    if why:
        message = (
            f"The backend {backend.name} cannot run on this machine ({here.system}, {here.machine}): {why}. A platform "
            "that it is made for was expected. Nothing was loaded; choose a model for another backend."
        )
        raise BackendError(message, backend=backend.name)


def look_into(backend: Backend, folder: Path, sizes: Mapping[str, int]) -> None:
    """Read as much of the files in ``folder`` as shows whether ``backend`` can load them. ``sizes``: their bytes, by path.

    Raises NotCachedError, IntegrityError, BackendError, and OSError for a file that cannot be read.
    """
    refuse_pointers(backend, folder, sizes)
    backend.check(folder)


def refuse_pointers(backend: Backend, folder: Path, sizes: Mapping[str, int]) -> None:
    """As :func:`refuse_pointer`, for each file that ``backend`` takes."""
    for path, size in sizes.items():
        if takes(path, backend.patterns):
            refuse_pointer(folder, path, size)


def open_model(backend: Backend, model: str, folder: Path, options: Mapping[str, object]) -> object:
    """What ``backend`` loads from ``folder``. ``model``: how messages call it.

    Raises BackendError, and what else of ours the loader raises. What is no Exception, such as KeyboardInterrupt, passes.
    """
    _refuse_absent_package(backend, model)
    try:
        return backend.load(folder, **options)
    except ModelFetchError:
        raise
    except ImportError as error:
        raise _not_importable(backend, model, error) from error
    except Exception as error:
        raise _failed(backend, model, folder, options, error) from error


def refuse_pointer(folder: Path, path: str, size: int) -> None:
    """Raise IntegrityError when the file of ``size`` bytes that should be ``path`` of a repo is a Git LFS pointer."""
    if not may_be_pointer(size):
        return
    with opened(folder / path) as file:
        if not is_pointer(file.read(len(BEGINNING))):
            return
    message = (
        f"{path} is a Git LFS pointer, a short text that stands for the real file ({folder / path}). The file itself was "
        "expected. Nothing was loaded; remove the model with remove_cached() and download it again (a git clone "
        "without git-lfs leaves such files)."
    )
    raise IntegrityError(message, path=path, expected="the file itself", actual="a Git LFS pointer")


def _refuse_absent_package(backend: Backend, model: str) -> None:
    if backend.package is None or _can_be_found(backend.package):
        return
    message = (
        f"{model} is complete in the cache, but the package {backend.package} is not installed, and the backend "
        f"{backend.name} loads it with that. Nothing was loaded; {_remedy(backend)}."
    )
    raise BackendError(message, backend=backend.name)


def _can_be_found(package: str) -> bool:
    """Whether it could be imported; a package is not imported for it."""
    name = package.partition(".")[0]
    return name in sys.modules or find_spec(name) is not None


def _not_importable(backend: Backend, model: str, error: ImportError) -> BackendError:
    message = (
        f"{model} is complete in the cache, but what the backend {backend.name} loads it with cannot be imported: "
        f"{first_line(error)}. Nothing was loaded; {_remedy(backend)}."
    )
    return BackendError(message, backend=backend.name)


def _remedy(backend: Backend) -> str:
    return f"install it with: pip install '{backend.install}'" if backend.install else "install it"


def _failed(
    backend: Backend, model: str, folder: Path, options: Mapping[str, object], error: Exception
) -> BackendError:
    given = ", ".join(f"{name}={value!r:.40}" for name, value in options.items())
    message = (
        f"The backend {backend.name} could not load {model}{f' with {given}' if given else ''}: {first_line(error)} "
        f"({type(error).__name__}). All files that it needs are in {folder}, each of the right size. Nothing was "
        f"loaded; {'change the options, or ' if given else ''}see whether this version of the package knows this kind "
        "of model; verify_cached() tells whether the files are right to the byte."
    )
    return BackendError(message, backend=backend.name)
