"""What a backend answers, whoever wrote it.

Rule: whatever a function of a backend raises comes out as a BackendError that names the backend, with the original as its
cause. Errors of this package pass as they are.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import BackendError, ModelFetchError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .backend import Backend


@contextmanager
def guarded(backend: Backend, field: str) -> Iterator[None]:
    """A place to call the function that ``backend`` has in ``field``."""
    try:
        yield
    except ModelFetchError:
        raise
    except Exception as error:
        message = (
            f"{field} of the backend {backend.name} failed: {first_line(error)} ({type(error).__name__}). An answer was "
            "expected. Nothing was done; mend the backend, or register another one under its name."
        )
        raise BackendError(message, backend=backend.name) from error


def first_line(error: BaseException) -> str:
    """What an error says, short enough for a message."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".:")[:300] if lines else "it gave no reason"
