"""The import of mlx_lm, without what it does to the rest of the process.

Rule: who asks for a model gets a model. ``mlx_lm/utils.py`` lowers the number of files that the whole process may have open to
2,048 of at most 4,096, for good: a lowered hard limit cannot be raised again, and where it is lower already the import
fails. So ``resource.setrlimit`` is held still meanwhile. ``mlx_lm/__init__.py`` sets a variable of transformers'.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from threading import Lock, get_ident
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SET_BY_MLX_LM = "TRANSFORMERS_NO_ADVISORY_WARNINGS"
_importing = Lock()


@contextmanager
def imported_calmly() -> Iterator[None]:
    """A place to import in: what this thread does to the limit of open files and to that variable does not last."""
    with _importing, _variable_kept(_SET_BY_MLX_LM), _open_files_kept():
        yield


@contextmanager
def _variable_kept(name: str) -> Iterator[None]:
    before = os.environ.get(name)
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before


@contextmanager
def _open_files_kept() -> Iterator[None]:
    if sys.platform == "win32":
        yield
        return
    import resource  # noqa: PLC0415 - Unix alone has it

    real, here = resource.setrlimit, get_ident()

    def setrlimit(which: int, limits: tuple[int, int], /) -> None:
        if which != resource.RLIMIT_NOFILE or get_ident() != here:
            real(which, limits)

    resource.setrlimit = setrlimit
    try:
        yield
    finally:
        resource.setrlimit = real
