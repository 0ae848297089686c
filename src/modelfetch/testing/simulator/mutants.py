"""Bugs, planted: a simulator that does not find each of them is no proof of anything.

Rule: a mutant changes one decision and nothing else.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...core.ranges import RangeSet
from ...core.transfer import events as ev
from ...core.transfer.machine import Machine
from ...core.wire import ends
from .disk import JournalFile
from .part import Part
from .run import Kinds

if TYPE_CHECKING:
    from ...core.ranges import ByteRange
    from ...core.transfer.journal import Journal
    from ...core.transfer.pieces import Piece
    from .content import Stretch


class PublishesUnverified(Machine):
    """Takes every digest for the right one."""

    def handle(self, event: ev.Event, now: float) -> tuple[ev.Command, ...]:
        """As the machine, but for the digest."""
        if isinstance(event, ev.Hashed) and event.digest is not None:
            event = replace(event, digest=event.file)
        return super().handle(event, now)


class JournalsFirst(Part):
    """Journals bytes, then writes them."""

    def write(self, asked: ByteRange, lies: list[Stretch]) -> None:
        """Later."""
        self._late = asked, lies

    def record(self, piece: Piece) -> Piece:
        """Journal first."""
        super().record(piece)
        super().write(*self._late)
        return piece


class ForgetsHoles(Machine):
    """Takes the bytes of a connection that broke for bytes that are still on their way."""

    def handle(self, event: ev.Event, now: float) -> tuple[ev.Command, ...]:
        """As the machine, but for a reset."""
        broken = isinstance(event, ev.Ended) and isinstance(event.end, ends.Broken)
        exchange = self._board.exchanges.get(event.exchange) if isinstance(event, ev.Ended) and broken else None
        commands = super().handle(event, now)
        if exchange is not None and exchange.part is not None:
            file = self._board.files[exchange.file]
            self._board.put(file.promise(exchange.part))
        return commands


class CountsTwice(Machine):
    """Does not take back the bytes that are fetched again."""

    def handle(self, event: ev.Event, now: float) -> tuple[ev.Command, ...]:
        """As the machine, but for the sum."""
        before = self._board.on_disk
        commands = super().handle(event, now)
        if any(isinstance(command, ev.Discard) for command in commands):
            self._board.on_disk = before
        return commands


class TakesOverTheLiving(Machine):
    """Believes that an owner who did not get on since the last look is dead."""

    def handle(self, event: ev.Event, now: float) -> tuple[ev.Command, ...]:
        """As the machine, but for an owner who stands still."""
        if isinstance(event, ev.OwnerSeen) and 0 < event.on_disk <= self._board.files[event.file].seen:
            return super().handle(ev.Claimed(event.file, RangeSet()), now)
        return super().handle(event, now)


class WritesOnInATornJournal(Part):
    """Goes on in the journal that it finds, whatever that ends with."""

    def open_journal(self, told: Journal) -> JournalFile:
        """The old one."""
        journal = JournalFile(told, self.holder)
        if self.shelf.journal is not None and told.kept:
            journal.text = self.shelf.journal.text
        return journal


class CountsTheOwnersBytesTwice(Machine):
    """Adds what an owner brought to what is already counted of it."""

    def handle(self, event: ev.Event, now: float) -> tuple[ev.Command, ...]:
        """As the machine, but for the sum."""
        before = self._board.on_disk
        commands = super().handle(event, now)
        if isinstance(event, ev.OwnerSeen):
            self._board.on_disk += max(0, self._board.on_disk - before)
        return commands


class LeavesExchangesRunning(Machine):
    """Ends without stopping what is under way."""

    def handle(self, event: ev.Event, now: float) -> tuple[ev.Command, ...]:
        """As the machine, but for a cancel."""
        commands = super().handle(event, now)
        cancelled = isinstance(event, ev.CancelAsked)
        return tuple(command for command in commands if not (cancelled and isinstance(command, ev.Stop)))


class NeverForgivesAFailure(Machine):
    """Counts failures over the whole download: new bytes do not start the count again."""

    def handle(self, event: ev.Event, now: float) -> tuple[ev.Command, ...]:
        """As the machine, but for what arrived."""
        tries = self._board.files[event.file].tries if isinstance(event, ev.Arrived) else None
        commands = super().handle(event, now)
        if isinstance(event, ev.Arrived) and tries is not None:
            self._board.put(replace(self._board.files[event.file], tries=tries))
        return commands


class PublishesWhatIsAnothers(Part):
    """Does not look whether it was usurped."""

    def _must_be_ours(self) -> None:
        pass


class ResumesFromNothing(Machine):
    """Fetches everything again, whatever an earlier owner left."""

    def handle(self, event: ev.Event, now: float) -> tuple[ev.Command, ...]:
        """As the machine, but for what was kept."""
        if isinstance(event, ev.Claimed):
            event = replace(event, kept=RangeSet())
        return super().handle(event, now)


class WaitsForTheDead(Machine):
    """Never tries to take a file over."""

    def handle(self, event: ev.Event, now: float) -> tuple[ev.Command, ...]:
        """As the machine, but for the second claim of a file."""
        commands = super().handle(event, now)
        again = isinstance(event, ev.Tick)
        return tuple(
            ev.Look(command.file) if again and isinstance(command, ev.Claim) else command for command in commands
        )


class TakesTheLostForPlaced(Machine):
    """Believes that what was there once has its place."""

    def handle(self, event: ev.Event, now: float) -> tuple[ev.Command, ...]:
        """As the machine, but for what was taken away."""
        return super().handle(ev.Published(event.file) if isinstance(event, ev.Lost) else event, now)


class TakesTheEndForSealed(Machine):
    """Believes that what had its place is still there at the end."""

    def handle(self, event: ev.Event, now: float) -> tuple[ev.Command, ...]:
        """As the machine, but for what was gone at the end."""
        return super().handle(ev.Sealed() if isinstance(event, ev.Unsealed) else event, now)


MUTANTS: dict[str, Kinds] = {
    "publish before verify": Kinds(machine=PublishesUnverified),
    "journal before data": Kinds(part=JournalsFirst),
    "forget a hole after a reset": Kinds(machine=ForgetsHoles),
    "double count after a re-fetch": Kinds(machine=CountsTwice),
    "take over a living owner": Kinds(machine=TakesOverTheLiving),
    "write on in a torn journal": Kinds(part=WritesOnInATornJournal),
    "count an owner's bytes twice": Kinds(machine=CountsTheOwnersBytesTwice),
    "leave an exchange running after a cancel": Kinds(machine=LeavesExchangesRunning),
    "never forgive a failure": Kinds(machine=NeverForgivesAFailure),
    "publish what is another's": Kinds(part=PublishesWhatIsAnothers),
    "resume from nothing": Kinds(machine=ResumesFromNothing),
    "wait for a dead owner": Kinds(machine=WaitsForTheDead),
    "take the lost for placed": Kinds(machine=TakesTheLostForPlaced),
    "take what is gone at the end for sealed": Kinds(machine=TakesTheEndForSealed),
}
"""What to simulate instead of the real thing, by the bug's name."""
