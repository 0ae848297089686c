"""What becomes of one exchange, decided when it begins.

Rule: a source is judged as the HTTP adapter judges it, so what reaches the machine is what could reach it on a wire.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...core import events as ev
from ...errors import NetworkError
from . import faults as f

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
    end: ev.End | None
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
        self._sources = [fault for fault in world.faults if isinstance(fault, f.WrongSource)]
        self._files = world.files
        self._faults: dict[int, f.NetworkFault] = {}
        for fault in world.faults:
            if isinstance(fault, f.NetworkFault):
                for number in range(fault.exchange, fault.exchange + fault.times):
                    self._faults.setdefault(number, fault)
        self._issued = 0
        self._expired = 0

    def locate(self) -> Course:
        """The course of a request for a location."""
        course, fault = self._begin(0)
        if isinstance(fault, f.Drift | f.Expire | f.Flip | f.Unranged):
            return course
        return self._bent(course, fault, 0, 0)

    def located(self, course: Course, number: int, file: File) -> ev.Located:
        """The location that a request brought."""
        self._issued += 1
        location = ev.Location(f"{file.name}?{self._issued}")
        if not isinstance(course.fault, f.Drift):
            return ev.Located(number, file.blob_id, location, file.blob_id, file.size)
        other = "f" * len(file.blob_id) if course.fault.etag else file.blob_id
        return ev.Located(number, file.blob_id, location, other, file.size + (not course.fault.etag))

    def fetch(self, file: File, asked: ByteRange, location: ev.Location, *, whole: bool) -> Course:
        """The course of a request for bytes."""
        course, fault = self._begin(asked.stop)
        if isinstance(fault, f.Expire):
            self._expired = self._issued
        if int(location.url.partition("?")[2] or 0) <= self._expired:
            return Course(course.delay, course.rate, 0, ev.Answered(403), fault=course.fault)
        if whole:
            course.skips = asked.start
        elif isinstance(fault, f.Unranged) and asked.size != file.size:
            return Course(course.delay, course.rate, 0, ev.Unranged(), fault=fault)
        course.lies = self._lies(file)
        if isinstance(fault, f.Flip):
            at = asked.start + int(fault.share * (asked.size - 1))
            course.lies.append((at, at + 1, fault.exchange))
        return self._bent(course, fault, asked.start, asked.size)

    def _begin(self, stop: int) -> tuple[Course, f.NetworkFault | None]:
        self.exchanges += 1
        fault = None if self.calm else self._faults.get(self.exchanges)
        spread = self._random.uniform(0.5, 2.0)
        return Course(self._pace.latency * spread, self._pace.rate * spread, stop, ev.Delivered(), fault=fault), fault

    def _lies(self, file: File) -> list[Stretch]:
        if self.calm:
            return []
        wrong = [int(source.share * (file.size - 1)) for source in self._sources if self._files[source.file] is file]
        return [(at, at + 1, -2) for at in wrong]

    def _bent(self, course: Course, fault: f.NetworkFault | None, start: int, size: int) -> Course:
        match fault:
            case f.Cut(share=share):
                course.stop, course.end = start + int(share * size), ev.Broken("connection reset")
            case f.Short(share=share):
                course.stop = start + int(share * size)
            case f.Silence(share=share, deaf=deaf):
                course.stop, course.end, course.deaf = start + int(share * size), None, deaf
            case f.Trickle():
                course.rate = TRICKLE
            case f.Status(status=status, wait=wait):
                course.stop, course.end = start, ev.Answered(status, wait=wait)
            case f.Refusal():
                course.stop, course.end = start, ev.Refused(NetworkError("an unsafe redirect"))
            case _:
                pass
        return course
