"""A machine in a test's hands: events in, commands out, and a clock that the test sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from modelfetch.core.ranges import ByteRange, RangeSet
from modelfetch.core.transfer import events as ev
from modelfetch.core.transfer.file import FileTransfer
from modelfetch.core.transfer.machine import Machine
from modelfetch.core.transfer.pieces import Piece
from modelfetch.core.transfer.policy import Policy
from modelfetch.core.transfer.stall import FLOOR, WINDOW
from modelfetch.core.wire import ends
from modelfetch.core.wire.located import Location
from modelfetch.core.wire.refusal import Question

if TYPE_CHECKING:
    from modelfetch.core.transfer.board import Board

MIB = 1 << 20
ASKED = Question("org/model", "c" * 40, "https://hub.example")
DONE = ends.Delivered()
NOTHING = RangeSet()

C = TypeVar("C")


def a_file(letter: str = "a", size: int = MIB, *, copies: int = 1, cached: bool = False, seen: int = 0) -> FileTransfer:
    """A file that nothing has happened to; its blob id is its letter, 64 times."""
    paths = tuple(f"{letter}-{number}.bin" for number in range(copies))
    return FileTransfer(letter * 64, size, paths, cached=cached, seen=seen)


def span(start: int, stop: int) -> RangeSet:
    """A set of one range."""
    return RangeSet.of([ByteRange(start, stop)])


class Driven:
    """A machine, what it said last, and what time it is (seconds)."""

    def __init__(
        self,
        *files: FileTransfer,
        connections: int | None = None,
        stall: float = WINDOW,
        floor: int = FLOOR,
        limit: float | None = None,
    ) -> None:
        self.machine = Machine(files or [a_file()], Policy(connections, stall, limit, floor), ASKED)
        self.now = 100.0
        self.said: list[ev.Command] = []

    def tell(self, *events: ev.Event, after: float = 0.0) -> list[ev.Command]:
        """What it wants done after ``events``, ``after`` seconds later."""
        self.now += after
        self.said = [command for event in events for command in self.machine.handle(event, self.now)]
        return self.said

    def wants(self, kind: type[C]) -> C:
        """The one command of that kind that was said last."""
        (found,) = self.all(kind)
        return found

    def all(self, kind: type[C]) -> list[C]:
        """Every command of that kind that was said last."""
        return [command for command in self.said if isinstance(command, kind)]

    def begin(self) -> list[ev.Locate]:
        """Start; the locations it asks for."""
        self.tell(ev.Started())
        return self.all(ev.Locate)

    def locate(self, locate: ev.Locate, url: str = "https://cdn.example/1") -> list[ev.Command]:
        """The Hub answers."""
        return self.tell(ev.Located(locate.exchange, locate.file, Location(url)), ev.Ended(locate.exchange, DONE))

    def own(self, kept: RangeSet = NOTHING) -> list[ev.Fetch]:
        """Start, locate and own every file of which it asks for the location; what it fetches then."""
        fetches = []
        for locate in self.begin():
            self.locate(locate)
            self.tell(ev.Claimed(locate.file, kept))
            fetches += self.all(ev.Fetch)
        return fetches

    def arrive(self, fetch: ev.Fetch, part: ByteRange | None = None) -> list[ev.Command]:
        """A piece is on disk; all of it unless ``part`` says which."""
        return self.tell(ev.Arrived(fetch.exchange, fetch.file, Piece(part or fetch.range, 0)))

    def deliver(self, fetch: ev.Fetch) -> list[ev.Command]:
        """All of it is on disk, and the exchange is over."""
        commands = self.arrive(fetch)
        self.said = [*commands, *self.tell(ev.Ended(fetch.exchange, DONE))]
        return self.said

    def end(self, fetch: ev.Fetch | ev.Locate, end: ends.End, after: float = 0.0) -> list[ev.Command]:
        """The exchange is over."""
        return self.tell(ev.Ended(fetch.exchange, end), after=after)

    def fill(self, kept: RangeSet = NOTHING) -> ev.Hash:
        """Bring one small file until its digest is wanted at its end."""
        (fetch,) = self.own(kept)
        self.deliver(fetch)
        return self.wants(ev.Hash)

    def hashed(self, digest: str | None, hashing: ev.Hash | None = None) -> list[ev.Command]:
        """The digest is there."""
        wanted = hashing or self.wants(ev.Hash)
        return self.tell(ev.Hashed(wanted.file, wanted.upto, digest))

    def tick(self, after: float = 0.0) -> list[ev.Command]:
        """Time passes."""
        return self.tell(ev.Tick(), after=after)

    def sleep(self) -> list[ev.Command]:
        """Time passes until the machine wants to be woken."""
        self.now = self.machine.wake_at()
        return self.tell(ev.Tick())

    @property
    def board(self) -> Board:
        return self.machine._board
