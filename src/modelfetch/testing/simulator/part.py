"""An owned, unfinished content of the simulated cache: what ``ports.Part`` is on a real one.

Rule: the steps of one method are moments of the run, so a process may be killed between any two of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.journal import Piece
from ...core.ports import Interrupted, Usurped
from ...core.ranges import ByteRange, RangeSet
from .content import TRUE, Content
from .disk import JournalFile
from .rules import hold

if TYPE_CHECKING:
    from collections.abc import Callable

    from .content import Stretch
    from .disk import Disk, Shelf


class Part:
    """A shelf while it is owned. ``kept`` is what an earlier owner left, ``brought`` what this one added.

    Raises Usurped and Interrupted as the real one does, CacheError and InsufficientStorageError when the world says
    so. ``moment`` is called between two steps, and does not come back in a process that is killed just then.
    """

    def __init__(self, disk: Disk, shelf: Shelf, holder: object, moment: Callable[[], None]) -> None:
        self.shelf = shelf
        self.holder = holder
        self.frontier = 0
        self.brought = RangeSet()
        self.gone = False
        self._disk = disk
        self._moment = moment
        self._hashed = Content()
        self._frozen = False
        shelf.owner = self
        self._bytes = shelf.part = shelf.part or Content()
        moment()
        told = shelf.journalled()
        self.kept = told.kept
        self._journal = shelf.journal = JournalFile(told)

    @property
    def file_name(self) -> str:
        """The file's name in the script."""
        return self.shelf.file.name

    def keep(self, asked: ByteRange, lies: list[Stretch]) -> Piece:
        """Write bytes, then journal them."""
        if self.gone or self._frozen:
            raise Interrupted
        self._must_be_ours()
        self._disk.grow()
        self.write(asked, lies)
        self._moment()
        return self.record(asked)

    def write(self, asked: ByteRange, lies: list[Stretch]) -> None:
        """The first half: true bytes, but for ``lies``."""
        self._bytes.write(asked.start, asked.stop, TRUE)
        for start, stop, label in lies:
            if asked.start <= start < asked.stop:
                self._bytes.write(start, min(stop, asked.stop), label)
        self.shelf.loose.append((asked.start, asked.stop))

    def record(self, asked: ByteRange) -> Piece:
        """The second half. Rule 5: the journal never claims what was not written before."""
        written = self._bytes.is_written(asked.start, asked.stop)
        hold(written, f"{self.file_name}: {asked} is journalled but not written")
        self._must_be_ours()
        piece = Piece(asked, self._bytes.checksum(asked.start, asked.stop))
        self._journal.keep(piece)
        self.brought = self.brought.add(asked)
        return piece

    def discard(self, ranges: RangeSet) -> None:
        """Journal that bytes are not to be trusted, and start the digest again."""
        self._disk.touch()
        self._must_be_ours()
        self._journal.drop(ranges)
        self.brought = self.brought.minus(ranges)
        self._hashed, self.frontier, self._frozen = Content(), 0, False

    def begin_digest(self, upto: int) -> int:
        """Read on to ``upto``; how many bytes that is. Only what is journalled may be read."""
        hold(upto <= self._journal.kept.prefix, f"{self.file_name} is hashed to {upto}, which is not journalled")
        self._frozen = upto == self.shelf.file.size
        begun, self.frontier = self.frontier, max(self.frontier, upto)
        for start, stop, label in self._bytes.read(begun, upto):
            self._hashed.write(start, stop, label)
        return self.frontier - begun

    def digest(self, upto: int) -> str | None:
        """The digest at the content's end."""
        return self.shelf.file.digest(self._hashed) if upto == self.shelf.file.size else None

    def audit(self) -> RangeSet:
        """The journalled bytes that the disk does not hold as they were written."""
        self._disk.touch()
        pieces = self.shelf.journalled().pieces
        return RangeSet.of(p.range for p in pieces if self._bytes.checksum(p.range.start, p.range.stop) != p.crc)

    def publish(self) -> None:
        """Bring the bytes to the device, give them their final name, let go."""
        if self.gone:
            raise Interrupted
        self._disk.touch()
        self._must_be_ours()
        self.shelf.loose.clear()
        self._moment()
        self._must_be_ours()
        self.shelf.publish()
        self._moment()
        self.shelf.journal = None
        self.gone = True
        self._unlock()

    def release(self) -> None:
        """Stop owning it; the bytes stay."""
        if not self.gone and self._is_ours and not self._journal.kept:
            self.shelf.forget()
        self.gone = True
        self._unlock()

    def forget(self) -> None:
        """Stop owning it and delete it."""
        if not self.gone and self._is_ours:
            self.shelf.forget()
        self.gone = True
        self._unlock()

    def asks_again_for(self, asked: ByteRange) -> RangeSet:
        """The bytes of ``asked`` that are journalled, and true; none where the journal is another's by now."""
        if not self._is_ours:
            return RangeSet()
        there = self._bytes.read(asked.start, asked.stop)
        true = RangeSet.of(ByteRange(start, stop) for start, stop, label in there if label == TRUE)
        return true.minus(true.minus(self._journal.kept))

    @property
    def _is_ours(self) -> bool:
        return self.shelf.journal is self._journal

    def _must_be_ours(self) -> None:
        if not self._is_ours:
            raise Usurped(self.shelf.file.blob_id)

    def _unlock(self) -> None:
        self._disk.unlock(self.shelf, self)
