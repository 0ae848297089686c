"""What can go wrong on the disk, as the errors a caller acts on.

Rule: no OSError leaves the cache adapter. Every one goes through :func:`translate`, so that a full disk is
always an InsufficientStorageError and anything else always a CacheError that names the path.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.text import bytes_text
from ...errors import CacheError, InsufficientStorageError
from .layout import plain

if TYPE_CHECKING:
    from types import TracebackType

    from ...errors import ModelFetchError

_QUOTA = getattr(errno, "EDQUOT", None)  # Windows has none
FULL = {errno.ENOSPC, _QUOTA or errno.ENOSPC}
"""What systems say when there is no room."""

_USUAL_ADVICE = "check the folder's owner and rights, or choose another with cache_dir or HF_HUB_CACHE"
_MOVE_AWAY = (
    "a file stands where a folder belongs: move it away, or choose another folder with cache_dir or HF_HUB_CACHE"
)
_ADVICE = {
    errno.EFBIG: "choose a cache_dir on a file system that holds files of this size (FAT ends at 4 GiB), or raise the limit of "
    "this process (ulimit -f)",
    errno.EMFILE: "raise this process's limit of open files (ulimit -n), or close some",
    errno.ENFILE: "close programs that have many files open",
    errno.EIO: "the device itself reports an error: check it, or choose another with cache_dir or HF_HUB_CACHE",
    errno.EEXIST: _MOVE_AWAY,
    errno.EISDIR: "a folder stands where a file belongs: move it away, or choose another with cache_dir or HF_HUB_CACHE",
    errno.ENAMETOOLONG: "choose a cache_dir with a shorter path, with cache_dir or HF_HUB_CACHE",
    errno.ENOTDIR: _MOVE_AWAY,
    errno.EROFS: "the file system is mounted read-only: mount it for writing, or choose another with cache_dir or HF_HUB_CACHE",
}
"""What a reader can do, where looking at owners and rights does not help."""

_IN_THE_WAY = (errno.EEXIST, errno.EISDIR, errno.ENOTDIR)
"""What the system says when a name is taken by something of another kind."""

ABSENT = (FileNotFoundError, NotADirectoryError)
"""What the system says when a name leads nowhere."""


def translate(error: OSError, path: str, doing: str) -> ModelFetchError:
    """The error to raise for ``error``, met while ``doing`` (a gerund: "writing the journal") at ``path``."""
    where = plain(_named(error) or path)
    why = error.strerror or str(error) or type(error).__name__
    if error.errno in FULL:
        available = 0 if error.errno == _QUOTA else free_bytes(path)  # nobody tells what a quota leaves
        message = (
            f"The disk is full: {doing} failed at {where} ({why}; {bytes_text(available)} free). Room for the rest "
            "of the download was expected. The bytes fetched so far are kept; free some space and start it again."
        )
        return InsufficientStorageError(message, available=available)
    message = (
        f"The cache cannot be used: {doing} failed at {where} ({why}). A folder that can be read and written was "
        f"expected. Nothing that was there before is lost; {_ADVICE.get(error.errno or 0, _USUAL_ADVICE)}."
    )
    return CacheError(message, path=where)


def _named(error: OSError) -> str | None:
    """What stands in the way, as the system names it: of a move or a link, where it was to lead."""
    name = error.filename2 or error.filename
    return name if error.errno in _IN_THE_WAY and isinstance(name, str) and os.path.isabs(name) else None


class translated:  # noqa: N801 - it reads as what it does, and a generator would cost more than most blocks
    """Raise what :func:`translate` makes of an OSError of the block."""

    __slots__ = ("_doing", "_path")

    def __init__(self, path: str, doing: str) -> None:
        self._path, self._doing = path, doing

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, OSError):
            raise translate(error, self._path, self._doing) from error


def free_bytes(path: str) -> int:
    """Bytes a user may still write on the file system that ``path`` is, or will be, on; 0 when unknown."""
    for place in (Path(path), *Path(path).parents):
        try:
            return shutil.disk_usage(place).free
        except OSError:
            continue
    return 0
