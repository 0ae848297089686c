"""The simulated cache: part files, journals of real bytes, locks, and what a crash leaves of them.

Rule: a killed process loses nothing that it had written, for the system still has it. A power cut may take every
byte that was not brought to the device: stretches of part files go missing or are torn, a journal ends anywhere or
has a hole, and what was renamed has its old name again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, assert_never

from ...core.transfer.journal import Journal, decode, encode, encode_dropped, encode_kept
from ...core.transfer.ports import Lost
from ...errors import CacheError, InsufficientStorageError
from . import faults as f
from .content import ROTTEN
from .rules import hold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

    from ...core.ranges import RangeSet
    from ...core.transfer.pieces import Piece
    from .content import Content, File


_LOST = 0.3
"""Share of the loose stretches that a power cut takes, of those that it tears, of the journals that it tears, and
of the names that it undoes."""


class Owner(Protocol):
    """Who has a lock, for which process; bytes before ``frontier`` were read for its digest."""

    frontier: int
    holder: object


class JournalFile:
    """One journal; ``kept`` is what it says, as far as it is known without reading it again. ``holder``: whose it is."""

    __slots__ = ("_torn", "holder", "kept", "text")

    def __init__(self, told: Journal, holder: object) -> None:
        self.holder = holder
        self.text = encode(told)
        self.kept = told.kept
        self._torn = False

    def keep(self, piece: Piece) -> None:
        """One more line."""
        self._append(encode_kept(piece))
        self.kept = self.kept.add(piece.range)

    def drop(self, gone: RangeSet) -> None:
        """Lines that take bytes back."""
        self._append(b"".join(encode_dropped(item) for item in gone))
        self.kept = self.kept.minus(gone)

    def tear(self, piece: Piece) -> None:
        """There was only room for half of its line."""
        line = encode_kept(piece)
        self._append(line[: len(line) // 2])
        self._torn = True

    @property
    def is_true(self) -> bool:
        """Whether reading it gives what it was told."""
        told = decode(self.text)
        return told is not None and told.kept == self.kept

    def _append(self, lines: bytes) -> None:
        """A torn line is ended before the next."""
        self.text += b"\n" + lines if self._torn else lines
        self._torn = False


@dataclass(slots=True)
class Shelf:
    """Everything about one content. ``loose``: stretches that are not on the device yet; ``owner`` has the lock.

    ``reader``: whose digest will decide. Where locks lie, that may be another than who got the lock last.
    ``before``: the journal that was there before this one, or before it was removed. ``free_since``: when the lock was
    last let go, or, where locks lie, the journal (seconds).
    """

    file: File
    part: Content | None = None
    loose: list[tuple[int, int]] = field(default_factory=list)
    journal: JournalFile | None = None
    before: JournalFile | None = None
    blob: Content | None = None
    owner: Owner | None = None
    reader: Owner | None = None
    free_since: float = 0.0

    def journalled(self) -> Journal:
        """What the journal's bytes say, as far as the part file is long enough."""
        nothing = Journal(self.file.blob_id, self.file.size)
        told = None if self.journal is None else decode(self.journal.text)
        if told is None or self.part is None or (told.blob_id, told.size) != (nothing.blob_id, nothing.size):
            return nothing
        length = self.part.stretches[-1][1] if self.part.stretches else 0
        return told.within(length)

    @property
    def bytes_seen(self) -> int:
        """What a neighbour sees of it."""
        return self.journal.kept.size if self.journal is not None and self.part is not None else 0

    def publish(self, journal: JournalFile) -> None:
        """The part file gets its final name. Rule 1: what has that name is what was promised.

        Rule 6: who publishes owns it, that is, the ``journal`` in its place.
        """
        hold(self.journal is journal, "{} was published by somebody whose it is not", self.file.name)
        hold(self.part is not None, "{} has no part file to publish", self.file.name)
        self.blob, self.part = self.part, None
        hold(
            self.blob is not None and self.file.is_true(self.blob), "{} was published with wrong bytes", self.file.name
        )

    def forget(self) -> None:
        """Remove part and journal."""
        self.part, self.journal = None, None
        self.loose.clear()

    @property
    def frontier(self) -> int:
        """Bytes before it were read for a digest that will decide; what becomes of them later is another story."""
        return max((who.frontier for who in (self.owner, self.reader) if who is not None), default=0)

    def lose_power(self, random: Random) -> None:
        """What is left after a power cut."""
        self.owner = self.reader = None
        if random.random() < _LOST:
            self._undo_names()
        if self.part is not None:
            for start, stop in self.loose:
                self._lose(start, stop, random)
        self.loose.clear()
        if self.journal is not None:
            self.journal.text = _torn(self.journal.text, random)
            self.journal.kept = self.journalled().kept

    def _undo_names(self) -> None:
        if self.part is None and self.blob is not None:
            self.part, self.blob = self.blob, None
        if self.blob is None:
            self.journal = self.before

    def _lose(self, start: int, stop: int, random: Random) -> None:
        """All of it, the end of it, or nothing."""
        fate = random.random()
        if self.part is not None and fate < 2 * _LOST:
            self.part.erase(start if fate < _LOST else random.randrange(start, stop), stop)


def _torn(text: bytes, random: Random) -> bytes:
    """Cut off somewhere, or with zeros to its end, or with zeros in the middle."""
    if random.random() >= _LOST:
        return text
    begin = random.randrange(len(text) + 1)
    end = random.choice((begin, len(text), random.randrange(begin, len(text) + 1)))
    return text[:begin] + bytes(end - begin) + (text[end:] if end > begin else b"")


class Disk:
    """All shelves, the next failures, and whether locks are honest."""

    def __init__(self, files: Iterable[File], clock: Callable[[], float], *, honest: bool) -> None:
        self._clock = clock
        self.shelves = {file.blob_id: Shelf(file) for file in files}
        self.honest = honest
        self.full = 0
        self.broken = 0
        self.taken = 0
        self.slow = 0.0

    def hang(self) -> float:
        """Seconds that the next step takes beyond what it usually does."""
        seconds, self.slow = self.slow, 0.0
        return seconds

    def touch(self) -> None:
        """Take a step on the disk. Raises CacheError when one is to fail."""
        if self.broken:
            self.broken -= 1
            message = "the simulated disk failed"
            raise CacheError(message)

    def grow(self) -> None:
        """Write. Raises InsufficientStorageError when there is to be no room."""
        self.touch()
        if self.full:
            self.full -= 1
            message = "the simulated disk is full"
            raise InsufficientStorageError(message)

    def link(self, shelf: Shelf) -> None:
        """Give a complete content its place. Raises Lost when it is to be taken away just before, or was.

        A link leads to the blob; who moves it, moves it for all.
        """
        self.touch()
        if self.taken and shelf.blob is not None:
            self.taken -= 1
            self._take_away(shelf)
        if shelf.blob is None:
            raise Lost(shelf.file.blob_id)

    def seal(self) -> tuple[str, ...]:
        """Write that a selection is complete; or, where it is not any more, the contents that are gone."""
        self.grow()
        return tuple(name for name, shelf in self.shelves.items() if shelf.blob is None)

    def _take_away(self, shelf: Shelf) -> None:
        """Somebody deletes a complete content, or moves it where it is not found."""
        if shelf.blob is not None:
            shelf.blob = None
            self.let_go(shelf)

    def unlock(self, shelf: Shelf, owner: Owner) -> None:
        """``owner`` lets go, if it has the lock."""
        if shelf.owner is owner:
            shelf.owner = None
            self.let_go(shelf)

    def let_go(self, shelf: Shelf) -> None:
        """From now on it is free: nobody has its lock, or, where locks lie, its journal."""
        shelf.free_since = self._clock()

    def forget(self, name: str, *, wanted: bool) -> None:
        """Delete what an earlier owner left, where that is wanted and nobody has it."""
        if wanted and self.shelves[name].owner is None:
            self.shelves[name].forget()

    def bury(self, holder: object) -> None:
        """The system frees the locks of a process that is gone."""
        for shelf in self.shelves.values():
            if shelf.owner is not None and shelf.owner.holder is holder:
                self.unlock(shelf, shelf.owner)
            if shelf.reader is not None and shelf.reader.holder is holder:
                shelf.reader = None
            if shelf.journal is not None and shelf.journal.holder is holder:
                self.let_go(shelf)

    def lose_power(self, random: Random) -> None:
        """Every lock is free, and some of what was not on the device is gone."""
        for shelf in self.shelves.values():
            shelf.lose_power(random)

    def holds_what_was_promised(self) -> None:
        """Rule 1, once more: what was published is still what was promised."""
        for shelf in self.shelves.values():
            hold(shelf.blob is None or shelf.file.is_true(shelf.blob), "{} did not stay what it was", shelf.file.name)

    def meet(self, fault: f.Rot | f.DiskFull | f.DiskError | f.SlowDisk | f.Taken | f.Pruned) -> None:
        """Something goes wrong with it."""
        match fault:
            case f.Rot(share=share):
                self._rot(share)
            case f.DiskFull(times=times):
                self.full += times
            case f.DiskError():
                self.broken += 1
            case f.Taken(times=times):
                self.taken += times
            case f.Pruned():
                for shelf in self.shelves.values():
                    self._take_away(shelf)
            case f.SlowDisk(seconds=seconds):
                self.slow += seconds
            case _:
                assert_never(fault)

    def calm_down(self) -> None:
        """Nothing goes wrong any more."""
        self.full = self.broken = self.taken = 0
        self.slow = 0.0

    def _rot(self, share: float) -> None:
        """Change a byte of a part file, where there is one that was not hashed yet."""
        for shelf in self.shelves.values():
            at = int(share * (shelf.file.size - 1))
            if shelf.part is not None and at >= shelf.frontier and shelf.part.is_written(at, at + 1):
                shelf.part.write(at, at + 1, ROTTEN)
                return
