"""Giving a content its place in a snapshot, as huggingface_hub does it.

Rule: a snapshot's file is a relative symbolic link to the blob. Where the system makes none, a blob that was
just published is moved there, and one that was there before is copied, since another snapshot may need it.
A file appears at once or not at all, and never outside of the snapshot.
"""

# ruff: noqa: PTH103, PTH110, PTH114, PTH115, PTH118, PTH120, PTH211 - plain strings, see layout.py

from __future__ import annotations

import errno
import os
import shutil
from threading import Lock
from typing import TYPE_CHECKING

from ...errors import CacheError
from .disk import regular_size, remove, rename, temporary
from .layout import plain

if TYPE_CHECKING:
    from .layout import Layout

_UNSUPPORTED = {errno.EPERM, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP}
"""What systems say that make no symbolic link: FAT, network shares, Windows without the privilege (1314)."""

_TRUE = {"1", "ON", "YES", "TRUE"}


class Links:
    """Makes the snapshot files of one repo. Thread-safe."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._stands_at: dict[str, str] = {}
        self._moving = Lock()

    def published(self, blob_id: str) -> None:
        """The blob is new: nobody else can refer to it yet."""
        self._stands_at[blob_id] = self._layout.blob(blob_id)

    def found(self, blob_id: str, place: str) -> None:
        """The content is in the cache, at ``place``, which need not be the blob's."""
        self._stands_at.setdefault(blob_id, place)

    def make(self, commit: str, path: str, blob_id: str) -> bool:
        """Put ``blob_id`` at ``path`` of the snapshot; False when it was there already, and nothing was written.

        Raises OSError, and CacheError for planted links.
        """
        place, blob = self._layout.file(commit, path), self._layout.blob(blob_id)
        self._refuse_links(os.path.dirname(place))
        target = os.sep.join([".."] * (path.count("/") + 2) + ["blobs", blob_id])
        size, there = regular_size(blob, follow=True), regular_size(place, follow=False)
        if there is not None and size in {None, there}:
            return False  # the layout without links
        if there is None and size is not None and _link_of(place) == target:
            return False
        if size is not None and self._link(target, place):
            self._stands_at.pop(blob_id, None)  # from now on the blob has to stay
        else:
            self._place_bytes(blob, place, blob_id)
        return True

    def _refuse_links(self, folder: str) -> None:
        """No folder from the snapshot down may be a link: it would lead the file somewhere else."""
        while True:
            if os.path.islink(folder):
                where = plain(folder)
                message = (
                    f"{where} is a symbolic link. A folder of the snapshot was expected. Nothing was written through "
                    "it; remove the link, then start the download again."
                )
                raise CacheError(message, path=where)
            if folder == self._layout.snapshots:
                return
            folder = os.path.dirname(folder)

    def _link(self, target: str, place: str) -> bool:
        """Make the link, replacing what is there; False where links are not to be had."""
        if os.environ.get("HF_HUB_DISABLE_SYMLINKS", "").upper() in _TRUE:
            return False
        try:
            _symlink(target, place)
        except FileExistsError:
            return self._replace_by_link(target, place)
        except NotImplementedError:
            return False
        except OSError as error:
            if error.errno in _UNSUPPORTED:
                return False
            raise
        return True

    def _replace_by_link(self, target: str, place: str) -> bool:
        aside = self._aside()
        try:
            os.symlink(target, aside)
            rename(aside, place)
        except OSError as error:
            remove(aside)
            if error.errno in _UNSUPPORTED:
                return False
            raise
        return True

    def _place_bytes(self, blob: str, place: str, blob_id: str) -> None:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with self._moving:
            known = self._stands_at.get(blob_id)
            if known == blob and os.path.exists(blob):  # new, and no link was made to it
                rename(blob, place)
                self._stands_at[blob_id] = place
            else:
                self._copy(self._source(blob, known), place)

    def _source(self, blob: str, known: str | None) -> str:
        for source in (blob, known):
            if source is not None and regular_size(source, follow=True) is not None:
                return source
        where = plain(blob)
        message = (
            f"A content is gone from the cache: {where} was there a moment ago. A cache that nobody deletes from "
            "meanwhile was expected. Nothing was written; start the download again."
        )
        raise CacheError(message, path=where)

    def _copy(self, source: str, place: str) -> None:
        aside = self._aside()
        try:
            shutil.copyfile(source, aside)
            rename(aside, place)
        except BaseException:
            remove(aside)
            raise

    def _aside(self) -> str:
        """Temporaries are made among our guests: in a snapshot a loader would see them."""
        os.makedirs(self._layout.guests, exist_ok=True)
        return temporary(self._layout.guests, "link")


def _symlink(target: str, place: str) -> None:
    """A link at ``place``, whose folder is made when it is not there."""
    try:
        os.symlink(target, place)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.symlink(target, place)


def _link_of(place: str) -> str | None:
    try:
        return os.readlink(place)
    except OSError:
        return None
