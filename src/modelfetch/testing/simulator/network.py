"""What becomes of one exchange, decided when it begins.

Rule: a source is judged as the HTTP adapter judges it, so what reaches the machine is what could reach it on a wire.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...core.transfer import events as ev
from ...core.wire import ends
from ...core.wire.located import Location
from ...errors import NetworkError
from . import faults as f
from .content import ALWAYS_WRONG

if TYPE_CHECKING:
    from random import Random

    from ...core.ranges import ByteRange
    from .content import File, Stretch
    from .world import World

TRICKLE = 200.0
"""Bytes a second."""


@dataclass(slots=True)
class Course:
    """How an exchange goes: after ``delay`` seconds bytes come at ``rate`` up to ``stop``, then ``end``.

    ``end`` None: it never ends by itself, and ``deaf``: not even when it is told to. ``skips`` bytes come before
    those that were asked for. ``lies`` are what is wrong with the bytes.
    """

    delay: float
    rate: float
    stop: int
    end: ends.End | None
    deaf: bool = False
    skips: int = 0
    lies: list[Stretch] = field(default_factory=list)
    fault: f.NetworkFault | None = None


class Network:
    """Every exchange of a run, counted from 1; ``calm``: nothing goes wrong any more."""

    def __init__(self, world: World, random: Random) -> None:
        self.exchanges = 0
        self.calm = False
        self._random = random
        self._pace = world.pace
        self._limit = world.policy.bandwidth_limit
        self._sources = [fault for fault in world.faults if isinstance(fault, f.WrongSource)]
        self._files = world.files
        self._faults: dict[int, f.NetworkFault] = {}
        for fault in world.faults:
            if isinstance(fault, f.NetworkFault):
                for number in range(fault.exchange, fault.exchange + fault.times):
                    self._faults.setdefault(number, fault)
        self._issued = 0
        self._expired = 0
        self._gone = 0
        self.expiries = 0

    def locate(self, *, online: bool) -> Course:
        """The course of a request for a location; ``online``: by somebody whose own network works."""
        course, fault = self._begin(0, 1)
        if not online:
            return _unreachable(course)
        if isinstance(fault, f.Drift | f.Expire | f.Gone | f.Flip | f.Unranged):
            return course
        return self._bent(course, fault, 0, 0)

    def located(self, course: Course, number: int, file: File) -> ev.Located:
        """The location that a request brought."""
        self._issued += 1
        location = Location(f"https://cdn.test/{file.name}?{self._issued}")
        if not isinstance(course.fault, f.Drift):
            return ev.Located(number, file.blob_id, location, file.blob_id, file.size)
        other = "f" * len(file.blob_id) if course.fault.etag else file.blob_id
        return ev.Located(number, file.blob_id, location, other, file.size + (not course.fault.etag))

    def fetch(  # noqa: PLR0913 - what a request is
        self, file: File, asked: ByteRange, location: Location, *, whole: bool, online: bool, width: int
    ) -> Course:
        """The course of a request for bytes; ``width`` of them share what may be used of the network."""
        course, fault = self._begin(asked.stop, width)
        if not online:
            return _unreachable(course)
        if (end := self._no_longer_there(location, fault)) is not None:
            return Course(course.delay, course.rate, 0, end, fault=fault)
        if whole:
            course.skips = asked.start
        elif isinstance(fault, f.Unranged) and asked.size != file.size:
            return Course(course.delay, course.rate, 0, ends.Unranged(), fault=fault)
        course.lies = self._lies(file)
        if isinstance(fault, f.Flip):
            at = asked.start + int(fault.share * (asked.size - 1))
            course.lies.append((at, at + 1, fault.exchange))
        return self._bent(course, fault, asked.start, asked.size)

    def _no_longer_there(self, location: Location, fault: f.NetworkFault | None) -> ends.End | None:
        """What an exchange with a place ends with that was good once, else None."""
        issued = int(location.url.partition("?")[2] or 0)
        if isinstance(fault, f.Expire):
            self._expired = self._issued
            self.expiries += 1
        if isinstance(fault, f.Gone):
            self._gone = self._issued
        if issued <= self._gone:
            return ends.Broken("connection refused")
        return ends.Answered(403) if issued <= self._expired else None

    def _begin(self, stop: int, width: int) -> tuple[Course, f.NetworkFault | None]:
        self.exchanges += 1
        fault = None if self.calm else self._faults.get(self.exchanges)
        spread = self._random.uniform(0.5, 2.0)
        rate = self._pace.rate * spread
        if self._limit is not None:
            rate = min(rate, self._limit / width)
        return Course(self._pace.latency * spread, rate, stop, ends.Delivered(), fault=fault), fault

    def _lies(self, file: File) -> list[Stretch]:
        if self.calm:
            return []
        wrong = [int(source.share * (file.size - 1)) for source in self._sources if self._files[source.file] is file]
        return [(at, at + 1, ALWAYS_WRONG) for at in wrong]

    def _bent(self, course: Course, fault: f.NetworkFault | None, start: int, size: int) -> Course:
        match fault:
            case f.Cut(share=share):
                course.stop, course.end = start + int(share * size), ends.Broken("connection reset")
            case f.Short(share=share):
                course.stop = start + int(share * size)
            case f.Silence(share=share, deaf=deaf):
                course.stop, course.end, course.deaf = start + int(share * size), None, deaf
            case f.Trickle():
                course.rate = TRICKLE
            case f.Status(status=status, wait=wait):
                course.stop, course.end = start, ends.Answered(status, wait=wait)
            case f.Refusal():
                course.stop, course.end = start, ends.Refused(NetworkError("an unsafe redirect"))
            case _:
                pass
        return course


def _unreachable(course: Course) -> Course:
    course.stop, course.end = 0, ends.Broken("the network is unreachable")
    return course
