"""One content on its way to the disk: its part file and the journal beside it, while they are ours.

Rule 1: bytes are journalled after they were written, so the journal never claims what is not there.
Rule 2: whoever replaced the journal last owns the part. An owner whose journal is no longer at its path has
been usurped (a lock lied) and neither journals, writes nor publishes any more.
Rule 3: the content gets its final name by a rename, after its bytes are on the device.
"""

from __future__ import annotations

import os
from contextlib import suppress
from threading import Lock as Mutex
from typing import TYPE_CHECKING
from zlib import crc32

from ...core.ranges import ByteRange, RangeSet
from ...core.transfer.journal import encode_dropped, encode_kept
from ...core.transfer.pieces import Piece
from ...core.transfer.ports import Interrupted, Usurped
from .claim import is_at, journalled
from .digest import RunningDigest
from .disk import Bytes, remove, rename, sync
from .faults import translated
from .gate import Gate

if TYPE_CHECKING:
    from collections.abc import Callable

    from .claim import Opened
    from .layout import Layout
    from .lock import Lock


class Part:
    """A part file that is ours. Every method may be called from any thread, and changes nothing once it is released.

    Raises InsufficientStorageError and CacheError for what the disk refuses, and the internal
    :class:`Usurped` and :class:`Interrupted`. ``kept`` is what an earlier owner left.
    """

    def __init__(  # noqa: PLR0913 - what an owner holds; only claim.py builds one
        self,
        layout: Layout,
        blob_id: str,
        size: int,
        opened: Opened,
        *,
        lock: Lock,
        published: Callable[[str], None],
        closed: Callable[[bool], None],
    ) -> None:
        self.blob_id = blob_id
        self.size = size
        self.kept = opened.kept
        self._part, self._journal, self._blob = layout.part(blob_id), layout.journal(blob_id), layout.blob(blob_id)
        self._bytes = Bytes(opened.part)
        self._opened = opened
        self._lock = lock
        self._on_published, self._on_closed = published, closed
        self._gate = Gate(self._close)
        self._mutex = Mutex()
        self._hashing = Mutex()
        self._digest = RunningDigest(blob_id, size)
        self._holds = opened.kept
        self._torn = False
        self._forget = False
        self._published = False

    def keep(self, offset: int, view: bytes | bytearray | memoryview) -> Piece:
        """Put all of ``view`` at ``offset``, then journal it.

        Raises Usurped, and Interrupted once the part was released or the whole file is being hashed.
        """
        if offset + len(view) > self.size:
            message = f"bytes {offset}..{offset + len(view)} are not all within the file's {self.size}"
            raise ValueError(message)
        piece = Piece(ByteRange(offset, offset + len(view)), crc32(view))
        with self._gate.writing() as entered, translated(self._part, "writing the part file"):
            if not entered:
                raise Interrupted
            self._must_be_ours()
            self._bytes.write(offset, memoryview(view))
            self._append(encode_kept(piece))
            with self._mutex:
                self._holds = self._holds.add(piece.range)
        return piece

    def discard(self, ranges: RangeSet) -> None:
        """Journal that these bytes are not to be trusted, and start the digest again. Raises Usurped."""
        with self._gate.using() as entered, self._hashing, translated(self._journal, "writing the journal"):
            if not entered:
                return
            self._must_be_ours()
            self._append(b"".join(encode_dropped(gone) for gone in ranges))
            with self._mutex:
                self._holds = self._holds.minus(ranges)
            self._digest.reset()
            self._gate.thaw()

    def digest(self, upto: int, stopped: Callable[[], bool]) -> str | None:
        """Run the digest on to byte ``upto``; the hex digest at the file's end, else None. Raises Interrupted.

        From when the end is asked for, :meth:`keep` is refused until :meth:`discard`: what was hashed is what
        will be published. ``stopped`` is asked before each 1 MiB.
        """
        with self._gate.using() as entered, self._hashing, translated(self._part, "reading the part file"):
            if not entered:
                return None
            stop = self._stopper(stopped)
            if upto == self.size:
                self._gate.freeze(stop)
            return self._digest.run(self._bytes, upto, stop)

    def audit(self, stopped: Callable[[], bool]) -> RangeSet:
        """The journalled bytes that the disk does not hold as they were written. Raises Interrupted.

        The pieces are read from the journal: kept in memory they would grow with the model.
        """
        with self._gate.using() as entered, self._hashing, translated(self._part, "reading the part file"):
            if not entered:
                return RangeSet()
            stop = self._stopper(stopped)
            pieces = journalled(self._journal, self.blob_id, self.size).pieces
            return RangeSet.of(piece.range for piece in pieces if self._digest.lies(self._bytes, piece, stop))

    def publish(self) -> None:
        """Give the content its final name. Raises Usurped.

        The lock is held on until :meth:`release`: where there are no links, who has it moves the content to its place.

        What stands at the final name (a dangling link, a link into the shared store, a wrong size) is
        replaced, never written through. Call it after :meth:`digest` came out right.
        """
        with self._gate.using() as entered, translated(self._blob, "publishing the file"):
            if not entered:
                return
            self._set_mode()
            sync(self._bytes.fd)
            with self._mutex:
                if not self._gate.is_shut:  # released meanwhile: the bytes stay where they are
                    self._rename()
                    self._published = True

    def release(self) -> None:
        """Let go and keep the bytes. When nothing was kept, nothing of ours stays. Never waits."""
        self._gate.shut()

    def forget(self) -> None:
        """Let go and remove what was kept."""
        self._forget = True
        self._gate.shut()

    def _append(self, lines: bytes) -> None:
        """One write, so that lines of several threads do not mix; a torn line is ended before the next.

        The descriptor is that of our own journal: were it replaced just now, nobody would read what is written.
        """
        with self._mutex, translated(self._journal, "writing the journal"):
            whole = b"\n" + lines if self._torn else lines
            self._torn = True
            self._torn = os.write(self._opened.journal, whole) != len(whole)

    def _must_be_ours(self) -> None:
        """Also when the journal is ours, the part may be gone: where locks lie, an earlier owner may have published it."""
        if not (self._is_ours() and is_at(self._part, self._opened.part_mark)):
            # whoever let go of it does not care whose it is: by now it may be ours again, through another part
            raise Interrupted if self._gate.is_shut else Usurped(self.blob_id)

    def _is_ours(self) -> bool:
        return is_at(self._journal, self._opened.mark)

    def _stopper(self, stopped: Callable[[], bool]) -> Callable[[], bool]:
        """A release stops a long read as well."""
        return lambda: self._gate.is_shut or stopped()

    def _set_mode(self) -> None:
        """The mode of a fresh file in this folder, where an older part file has another."""
        if self._opened.mode is not None and hasattr(os, "fchmod"):
            with suppress(OSError):
                os.fchmod(self._bytes.fd, self._opened.mode)

    def _rename(self) -> None:
        self._must_be_ours()
        if os.name == "nt":  # an open file cannot be renamed there
            os.close(self._bytes.fd)
            self._bytes.fd = -1
        try:
            rename(self._part, self._blob)
        except FileNotFoundError:  # somebody removed the folder while it was empty
            os.makedirs(os.path.dirname(self._blob), exist_ok=True)
            self._must_be_ours()
            rename(self._part, self._blob)
        self._on_published(self.blob_id)

    def _close(self) -> None:
        """The last one out: close, remove what shall not stay, unlock. Called once, by the gate."""
        try:
            ours = self._is_ours()
        except OSError:
            ours = False
        for fd in (self._bytes.fd, self._opened.journal):
            with suppress(OSError):
                os.close(fd)
        in_vain = not self._published and (self._forget or not self._holds)
        if ours and in_vain:
            remove(self._part)
        if ours and (in_vain or self._published):
            remove(self._journal)
        self._lock.release()
        self._on_closed(in_vain)
