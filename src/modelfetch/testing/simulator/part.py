"""An owned, unfinished content of the simulated cache: what ``ports.Part`` is on a real one.

Rule: the steps of one method are moments of the run, so a process may be killed between any two of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.ranges import ByteRange, RangeSet
from ...core.transfer.pieces import Piece
from ...core.transfer.ports import Interrupted, Usurped
from .content import TRUE, Content
from .disk import JournalFile
from .rules import hold

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.transfer.journal import Journal
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
        self._inside = 0
        self._forget = False
        self._doubted = False
        shelf.owner = self
        self._bytes = shelf.part = shelf.part or Content()
        self._told = shelf.journalled()
        self.kept = self._told.kept

    def take(self) -> None:
        """Put a fresh journal in place: from now on it is ours. Where locks lie, much may happen before that."""
        self._moment()
        self.shelf.before = self.shelf.journal
        self._journal = self.shelf.journal = self.open_journal(self._told)

    @property
    def file_name(self) -> str:
        """The file's name in the script."""
        return self.shelf.file.name

    def open_journal(self, told: Journal) -> JournalFile:
        """A fresh one, so that whatever an earlier one ended with does not matter."""
        return JournalFile(told, self.holder)

    def enter(self) -> float:
        """A writer comes in; nothing is let go of before it has left. How long the disk makes it wait (seconds)."""
        if self.gone or self._frozen:
            raise Interrupted
        self._inside += 1
        return self._disk.hang()

    def keep(self, asked: ByteRange, lies: list[Stretch]) -> Piece:
        """Write bytes, then journal them, and leave."""
        try:
            self._must_be_ours()
            self._disk.grow()
            self.write(asked, lies)
            self._moment()
            piece = self.record(Piece(asked, _checksum(asked, lies)))
        except Exception:  # not when it is killed: then nobody is left to leave
            self._leave()
            raise
        self._leave()
        return piece

    def write(self, asked: ByteRange, lies: list[Stretch]) -> None:
        """The first half: true bytes, but for ``lies``."""
        _come(self._bytes, asked, lies)
        self.shelf.loose.append((asked.start, asked.stop))

    def record(self, piece: Piece) -> Piece:
        """The second half. Rule 5: the journal never claims what was not written before."""
        asked = piece.range
        written = self._bytes.is_written(asked.start, asked.stop)
        hold(written, "{}: {} is journalled but not written", self.file_name, asked)
        self._must_be_ours()
        if self._disk.full:
            self._journal.tear(piece)
        self._disk.grow()
        self._journal.keep(piece)
        self.brought = self.brought.add(asked)
        return piece

    def discard(self, ranges: RangeSet) -> None:
        """Journal that bytes are not to be trusted, and start the digest again."""
        self._doubted = True
        self._disk.grow()
        self._must_be_ours()
        self._doubted = False
        self._journal.drop(ranges)
        self.brought = self.brought.minus(ranges)
        self._hashed, self.frontier, self._frozen = Content(), 0, False

    def begin_digest(self, upto: int) -> int:
        """Read on to ``upto``; how many bytes that is. Only what is journalled may be read."""
        hold(upto <= self._journal.kept.prefix, "{} is hashed to {}, which is not journalled", self.file_name, upto)
        self._frozen = upto == self.shelf.file.size
        self.shelf.reader = self if self.is_ours else self.shelf.reader
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
        self.shelf.publish(self._journal)
        self._moment()
        self.shelf.before, self.shelf.journal = self.shelf.journal, None
        self.gone = True
        self._disk.unlock(self.shelf, self)

    def release(self) -> None:
        """Stop owning it; the bytes stay."""
        if not self.gone:
            self.gone = True
            self._close()

    def forget(self) -> None:
        """Stop owning it and delete it."""
        self._forget = True
        self.release()

    def asks_again_for(self, asked: ByteRange) -> RangeSet:
        """The bytes of ``asked`` that are journalled, and true.

        None where the journal is another's by now, or could not be told what is not to be trusted any more.
        """
        if not self.is_ours or self._doubted:
            return RangeSet()
        there = self._bytes.read(asked.start, asked.stop)
        true = RangeSet.of(ByteRange(start, stop) for start, stop, label in there if label == TRUE)
        return true.minus(true.minus(self._journal.kept))

    @property
    def is_ours(self) -> bool:
        """Whether nobody took it over."""
        return self.shelf.journal is self._journal and self.shelf.part is self._bytes

    def _must_be_ours(self) -> None:
        if not self.is_ours:
            raise Interrupted if self.gone else Usurped(self.shelf.file.blob_id)

    def _leave(self) -> None:
        self._inside -= 1
        self._close()

    def _close(self) -> None:
        """The last one out clears up. Rule 5: read again, the journal says what it was told."""
        if not self.gone or self._inside:
            return
        self.shelf.reader = None if self.shelf.reader is self else self.shelf.reader
        if self.is_ours:
            hold(self._journal.is_true, "{}: its journal does not say what it was told", self.file_name)
            self._disk.let_go(self.shelf)
        if self.is_ours and (self._forget or not self._journal.kept):
            self.shelf.forget()
        self._disk.unlock(self.shelf, self)


def _come(content: Content, asked: ByteRange, lies: list[Stretch]) -> None:
    """What the source sends gets into ``content``: true bytes, but for ``lies``."""
    content.write(asked.start, asked.stop, TRUE)
    for start, stop, label in lies:
        if asked.start <= start < asked.stop:
            content.write(start, min(stop, asked.stop), label)


def _checksum(asked: ByteRange, lies: list[Stretch]) -> int:
    """Of the bytes as they came, whatever the disk has made of them since."""
    came = Content()
    _come(came, asked, lies)
    return came.checksum(asked.start, asked.stop)
