"""Backends: who loads a model, and which of its files that takes.

Rule: a backend is a description first. Which files it wants and needs can be asked without its package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import BackendError
from .ctranslate2 import CTRANSLATE2
from .mlx import MLX

if TYPE_CHECKING:
    from .files import BackendFiles

_KNOWN = {backend.name: backend for backend in (CTRANSLATE2, MLX)}

BACKENDS = tuple(_KNOWN)
"""The names of all backends."""


def backend_files(name: str) -> BackendFiles:
    """The files of the backend called ``name``. Raises BackendError for a name nobody registered."""
    try:
        return _KNOWN[name]
    except KeyError:
        message = (
            f"There is no backend called {name!r}. One of {', '.join(_KNOWN)} was expected. Nothing was done; fix the name, "
            "or leave the backend out."
        )
        raise BackendError(message, backend=name) from None
