"""The simulated cache: part files, journals of real bytes, locks, and what a crash leaves of them.

Rule: a killed process loses nothing that it had written, for the system still has it. A power cut may take every
byte that was not brought to the device: stretches of part files go missing, and a journal ends anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ...core.journal import Journal, decode, encode, encode_dropped, encode_kept
from ...errors import CacheError, InsufficientStorageError
from .rules import hold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

    from ...core.journal import Piece
    from ...core.ranges import RangeSet
    from .content import Content, File


_LOST = 0.3
"""Share of the loose stretches that a power cut takes, and of the journals that it tears."""

_ROTTEN = -1


class Owner(Protocol):
    """Who has a lock, for which process; bytes before ``frontier`` were read for the digest, and do not rot any more."""

    frontier: int
    holder: object


class JournalFile:
    """One journal; ``kept`` is what it says, as far as it is known without reading it again."""

    __slots__ = ("kept", "text")

    def __init__(self, told: Journal) -> None:
        self.text = encode(told)
        self.kept = told.kept

    def keep(self, piece: Piece) -> None:
        """One more line."""
        self.text += encode_kept(piece)
        self.kept = self.kept.add(piece.range)

    def drop(self, gone: RangeSet) -> None:
        """Lines that take bytes back."""
        self.text += b"".join(encode_dropped(item) for item in gone)
        self.kept = self.kept.minus(gone)


@dataclass(slots=True)
class Shelf:
    """Everything about one content. ``loose``: stretches that are not on the device yet; ``owner`` has the lock.

    ``free_since``: when the lock was last let go (seconds).
    """

    file: File
    part: Content | None = None
    loose: list[tuple[int, int]] = field(default_factory=list)
    journal: JournalFile | None = None
    blob: Content | None = None
    owner: Owner | None = None
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

    def publish(self) -> None:
        """The part file gets its final name. Rule 1: what has that name is what was promised."""
        hold(self.part is not None, f"{self.file.name} has no part file to publish")
        self.blob, self.part = self.part, None
        hold(self.blob is not None and self.file.is_true(self.blob), f"{self.file.name} was published with wrong bytes")

    def forget(self) -> None:
        """Remove part and journal."""
        self.part, self.journal = None, None
        self.loose.clear()

    def lose_power(self, random: Random) -> None:
        """What is left after a power cut."""
        self.owner = None
        if self.part is None and self.blob is not None and random.random() < _LOST:
            self.part, self.blob = self.blob, None
        if self.part is not None:
            for start, stop in self.loose:
                if random.random() < _LOST:
                    self.part.erase(start, stop)
        self.loose.clear()
        if self.journal is not None:
            self.journal.text = _torn(self.journal.text, random)
            self.journal.kept = self.journalled().kept


def _torn(text: bytes, random: Random) -> bytes:
    if random.random() >= _LOST:
        return text
    left = text[: random.randrange(len(text) + 1)]
    return left + b"\0" * random.choice((0, len(text) - len(left)))


class Disk:
    """All shelves, the next failures, and whether locks are honest."""

    def __init__(self, files: Iterable[File], clock: Callable[[], float], *, honest: bool) -> None:
        self._clock = clock
        self.shelves = {file.blob_id: Shelf(file) for file in files}
        self.honest = honest
        self.full = 0
        self.broken = 0

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

    def unlock(self, shelf: Shelf, owner: Owner) -> None:
        """``owner`` lets go, if it has the lock."""
        if shelf.owner is owner:
            shelf.owner, shelf.free_since = None, self._clock()

    def bury(self, holder: object) -> None:
        """The system frees the locks of a process that is gone."""
        for shelf in self.shelves.values():
            if shelf.owner is not None and shelf.owner.holder is holder:
                self.unlock(shelf, shelf.owner)

    def lose_power(self, random: Random) -> None:
        """Every lock is free, and some of what was not on the device is gone."""
        for shelf in self.shelves.values():
            shelf.lose_power(random)

    def rot(self, share: float) -> None:
        """Change a byte of a part file, where there is one that was not hashed yet."""
        for shelf in self.shelves.values():
            at = int(share * (shelf.file.size - 1))
            hashed = shelf.owner.frontier if shelf.owner is not None else 0
            if shelf.part is not None and at >= hashed and shelf.part.is_written(at, at + 1):
                shelf.part.write(at, at + 1, _ROTTEN)
                return
