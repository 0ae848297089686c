"""Giving a content its place in a snapshot, as huggingface_hub does it.

Rule: a snapshot's file is a relative symbolic link to the blob. Where the system makes none, a blob that no link
leads to is moved there, by who has its lock: another program may be about to move it as well. One that a link leads
to is copied, since another snapshot needs it.
A file appears at once or not at all, and never outside of the snapshot.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from threading import Lock as Mutex
from typing import TYPE_CHECKING

from ...core.transfer.ports import Held, Interrupted, Lost
from ...core.wire.settings import is_true
from .disk import place as put
from .disk import regular_size, remove, rename, temporary, write_all
from .linked import Linked
from .lock import take
from .names import Spelling, clash
from .planted import refuse_links

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .layout import Layout

_UNSUPPORTED = {errno.EPERM, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP}
"""What systems say that make no symbolic link: FAT, network shares, Windows without the privilege (1314)."""

_TRIES = 4
_COPIED_AT_ONCE = 1 << 20


class Links:
    """Makes the snapshot files of one repo. Thread-safe."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._stands_at: dict[str, str] = {}
        self._ours: set[str] = set()
        self._moving = Mutex()
        self._linked = Linked(layout)

    def published(self, blob_id: str) -> None:
        """The blob is there, and its lock is ours until it is :meth:`released`."""
        self._ours.add(blob_id)

    def released(self, blob_id: str) -> None:
        """Its lock is not ours any more."""
        self._ours.discard(blob_id)

    def found(self, blob_id: str, place: str) -> None:
        """The content is in the cache, at ``place``, which is not the blob's."""
        self._stands_at[blob_id] = place

    def make(self, commit: str, path: str, blob_id: str, stopped: Callable[[], bool]) -> bool:
        """Put ``blob_id`` at ``path`` of the snapshot; False when it was there already, and nothing was written.

        Raises OSError, Lost when the content is not there any more, Held while somebody else moves it, Interrupted when
        ``stopped()`` before it was copied, and CacheError for planted links and for what this file system calls by the same
        name.
        """
        for _ in range(_TRIES):  # another process may be moving the same content to the same place
            with suppress(FileNotFoundError, Lost):
                return self._make(commit, path, blob_id, stopped)
        try:
            return self._make(commit, path, blob_id, stopped)
        except FileNotFoundError as error:
            if os.path.lexists(self._layout.blob(blob_id)):
                raise
            raise Lost(blob_id) from error

    def _make(self, commit: str, path: str, blob_id: str, stopped: Callable[[], bool]) -> bool:
        place, blob = self._layout.file(commit, path), self._layout.blob(blob_id)
        refuse_links(self._layout, os.path.dirname(place))
        target = os.sep.join([".."] * (path.count("/") + 2) + ["blobs", blob_id])
        size, there = regular_size(blob, follow=True), regular_size(place, follow=False)
        if there is not None and size in {None, there}:
            return False  # the layout without links
        if there is None and size is not None and _link_of(place) == target:
            return False
        if os.path.lexists(place) and (other := Spelling(self._layout.snapshot(commit)).other(path)) is not None:
            raise clash(path, other, place)
        if size is not None and self._link(target, place):
            self._must_lead_somewhere(target, place, blob)
        else:
            self._place_bytes(commit, blob, place, blob_id, stopped)
        return True

    def _link(self, target: str, place: str) -> bool:
        """Make the link, replacing what is there; False where links are not to be had."""
        if is_true(os.environ.get("HF_HUB_DISABLE_SYMLINKS")):
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

    def _must_lead_somewhere(self, target: str, place: str, blob: str) -> None:
        """Who makes no links may have moved the blob just before there was one."""
        if regular_size(blob, follow=True) is None:
            if _link_of(place) == target:
                remove(place)
            raise Lost(blob)

    def _place_bytes(self, commit: str, blob: str, place: str, blob_id: str, stopped: Callable[[], bool]) -> None:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with self._moving:
            if regular_size(blob, follow=False) is None:
                self._copy(self._source(blob, self._stands_at.get(blob_id)), place, stopped)
                return
            with self._owned(blob_id):
                if self._linked.holds(blob_id, commit):
                    self._copy(blob, place, stopped)
                else:
                    rename(blob, place)
                    self._stands_at[blob_id] = place

    @contextmanager
    def _owned(self, blob_id: str) -> Iterator[None]:
        """The content's lock for the block, unless it is ours already. Raises Held."""
        if blob_id in self._ours:
            yield
            return
        lock = take(self._layout.lock(blob_id))
        if lock is None:
            raise Held(blob_id)
        try:
            yield
        finally:
            lock.release()

    def _source(self, blob: str, known: str | None) -> str:
        for source in (blob, known):
            if source is not None and regular_size(source, follow=True) is not None:
                return source
        raise Lost(blob)

    def _copy(self, source: str, place: str, stopped: Callable[[], bool]) -> None:
        def fill(fd: int) -> None:
            with open(source, "rb", buffering=0) as original:
                while not (over := stopped()) and (block := original.read(_COPIED_AT_ONCE)):
                    write_all(fd, block)
            if over:
                raise Interrupted

        os.makedirs(self._layout.guests, exist_ok=True)
        put(self._layout.guests, place, fill)

    def _aside(self) -> str:
        """Temporaries are made among our guests: in a snapshot a loader would see them."""
        refuse_links(self._layout, self._layout.guests)
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
