"""What a file system makes of the names in a plan.

Rule: two files of a repo are never one file on disk. Where the file system takes two names for one (they differ in case,
or write one character in two ways) they are refused, both by name, before the first byte. Which names to ask about is told in
the core; nothing is concluded from the operating system: folders differ in this within one disk, so the folder itself is
asked. The same goes for characters and lengths that some file systems cannot hold.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from ...core.planning.doubts import folded, twins, unusual
from ...errors import CacheError
from .disk import open_temporary, remove
from .faults import ABSENT
from .layout import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ...core.planning.listing import FileEntry
    from .layout import Layout

_STEM = 60
"""Characters of a name that are tried: with the ending of a temporary they stay below every limit."""

_NO_NAME = {errno.EINVAL, errno.ENOENT, errno.EPERM, errno.EILSEQ}
"""What systems say of a name that cannot be (the folder is there)."""

_TRIES = 4
"""How often a temporary is made again that is gone before it was looked for."""

_SHORT = 80
"""Characters of a path, or of a name in it, that no system finds too long."""


def check(layout: Layout, commit: str, files: Sequence[FileEntry]) -> None:
    """Refuse what can be told without a write. Raises OSError, and CacheError for names that cannot all be there."""
    spelling = Spelling(layout.snapshot(commit))
    for file in files:
        place = layout.file(commit, file.path)
        if _is_too_long(layout, place):
            raise _impossible(
                file.path, place, "it is too long for this file system, or the path of the cache folder is"
            )
        other = spelling.other(file.path)
        if other is not None:
            raise clash(file.path, other, place)


def doubts(layout: Layout, commit: str, files: Sequence[FileEntry]) -> tuple[list[tuple[str, str]], list[str]]:
    """What only a write can tell: pairs of paths that may be one, and paths that may be impossible. Raises OSError."""

    def is_there(path: str) -> bool:
        return os.path.lexists(layout.file(commit, path))

    pairs = [pair for pair in twins(files) if not any(map(is_there, pair))]
    odd = [file.path for file in files if unusual(file.path) and not is_there(file.path)]
    return pairs, odd


def settle(layout: Layout, commit: str, pairs: Iterable[tuple[str, str]], odd: Iterable[str]) -> None:
    """Ask the file system, in our own folder, which has to be there; nothing of it stays. Raises OSError and CacheError."""
    for path in odd:
        if not all(_can_be(layout.guests, name) for name in unusual(path)):
            raise _impossible(path, layout.file(commit, path), "this file system cannot hold such a name")
    for one, other in pairs:
        names = zip(one.split("/"), other.split("/"), strict=True)
        if all(_are_one(layout.guests, *both) for both in names if both[0] != both[1]):
            raise clash(one, other, layout.file(commit, one))


class Spelling:
    """What the files below ``folder`` are really called. Each folder is read once, and again when more is there by now."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._read: dict[str, frozenset[str]] = {}

    def other(self, path: str) -> str | None:
        """The name of what stands at ``path``, where that is not ``path``; None when it is, or when nothing stands there."""
        folder, told = self._folder, ""
        for name in path.split("/"):
            at = os.path.join(folder, name)
            if name not in self._names(folder):
                if not os.path.lexists(at):
                    return None
                names = self._names(folder, again=True)  # others write here as well
                if name not in names:
                    return told + next((each for each in sorted(names) if folded(each) == folded(name)), "another name")
            folder, told = at, f"{told}{name}/"
        return None

    def _names(self, folder: str, *, again: bool = False) -> frozenset[str]:
        if again or folder not in self._read:
            try:
                self._read[folder] = frozenset(os.listdir(folder))
            except ABSENT:
                self._read[folder] = frozenset()
        return self._read[folder]


def clash(one: str, other: str, place: str) -> CacheError:
    """The refusal of two names that are one here."""
    message = (
        f"{one!r} and {other!r} are two files of the repo and one name on this file system, at {plain(place)}. A file "
        "system that tells them apart was expected. Nothing was written, because one would stand under the other's name; "
        "leave one of them out with allow_patterns or ignore_patterns, or choose another cache_dir."
    )
    return CacheError(message, path=plain(place))


def _impossible(path: str, place: str, why: str) -> CacheError:
    message = (
        f"{path!r} cannot be in the cache at {plain(place)}: {why}. A file system that holds every name of the repo was "
        "expected. Nothing was written; leave the file out with allow_patterns or ignore_patterns, or choose another cache_dir."
    )
    return CacheError(message, path=plain(place))


def _is_too_long(layout: Layout, place: str) -> bool:
    """The system is asked: limits differ, and count bytes here and characters there."""
    names = place.removeprefix(layout.snapshots).split(os.sep)
    if max(map(len, names)) < _SHORT and len(place) < _SHORT:
        return False
    try:
        for path in (place, *(os.path.join(layout.root, name) for name in names if name)):
            with suppress(*ABSENT):
                os.lstat(path)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return True
        if error.errno not in _NO_NAME:
            raise
    return False


def _can_be(folder: str, name: str) -> bool:
    def is_listed(made: str) -> bool:  # Windows takes what follows a colon for a stream
        return os.path.basename(made) in os.listdir(folder)

    try:
        return _probed(folder, name[:_STEM], is_listed)
    except OSError as error:
        if error.errno in _NO_NAME:
            return False
        raise


def _are_one(folder: str, one: str, other: str) -> bool:
    one, other = _differing(one, other)
    one, other = (end[::-1] for end in _differing(one[::-1], other[::-1]))

    def is_there(made: str) -> bool:
        return os.path.lexists(os.path.join(folder, other + os.path.basename(made).removeprefix(one)))

    return _probed(folder, one, is_there)


def _probed(folder: str, stem: str, seen: Callable[[str], bool]) -> bool:
    """Whether a temporary is ``seen``; once more when somebody took it for a crash's before it could be."""
    for _ in range(_TRIES):
        fd, made = open_temporary(folder, stem)
        try:
            if seen(made):
                return True
            if os.name == "nt" or os.fstat(fd).st_nlink:
                break
        finally:
            os.close(fd)
            remove(made)
    return False


def _differing(one: str, other: str) -> tuple[str, str]:
    """Both without what they begin with alike: a name of nearly every length is then short enough for a temporary's."""
    alike = next((at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), 0)
    return one[alike:], other[alike:]
