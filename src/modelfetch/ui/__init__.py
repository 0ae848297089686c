"""Progress as a person sees it, one module for each place: ``mf.ui.tqdm.bar()``.

Rule: a surface is loaded when it is first named, because it may need a package that another host does not have.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import notebook, rich, tqdm

__all__ = ["notebook", "rich", "tqdm"]


def __getattr__(name: str) -> object:
    if name in __all__:
        return import_module(f".{name}", __name__)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
