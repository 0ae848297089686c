"""Five bugs, planted: a simulator that does not find each of them is no proof of anything.

Rule: a mutant changes one decision and nothing else.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...core import events as ev
from ...core.machine import Machine
from ...core.ranges import RangeSet
from .part import Part
from .simulation import Kinds

if TYPE_CHECKING:
    from ...core.journal import Piece
    from ...core.ranges import ByteRange
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

    def record(self, asked: ByteRange) -> Piece:
        """Journal first."""
        piece = super().record(asked)
        super().write(*self._late)
        return piece


class ForgetsHoles(Machine):
    """Takes the bytes of a connection that broke for bytes that are still on their way."""

    def handle(self, event: ev.Event, now: float) -> tuple[ev.Command, ...]:
        """As the machine, but for a reset."""
        broken = isinstance(event, ev.Ended) and isinstance(event.end, ev.Broken)
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


MUTANTS: dict[str, Kinds] = {
    "publish before verify": Kinds(machine=PublishesUnverified),
    "journal before data": Kinds(part=JournalsFirst),
    "forget a hole after a reset": Kinds(machine=ForgetsHoles),
    "double count after a re-fetch": Kinds(machine=CountsTwice),
    "take over a living owner": Kinds(machine=TakesOverTheLiving),
}
"""What to simulate instead of the real thing, by the bug's name."""
