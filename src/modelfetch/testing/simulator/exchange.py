"""One exchange of a simulated process, under way.

Rule: after it was stopped nothing more is written, and it still says that it ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.ranges import ByteRange
from ...core.transfer import events as ev
from ...core.transfer.ports import Interrupted, Usurped
from ...core.wire import ends
from ...errors import ModelFetchError
from .faults import Short

if TYPE_CHECKING:
    from .content import File
    from .network import Course
    from .part import Part
    from .process import Process

HAND_ON = 2.0
"""Seconds after which bytes are handed on even where they are less than a block."""


class Exchange:
    """A request for a file's location, or (``asked``) for bytes of it that go to ``part``."""

    __slots__ = ("_hangs", "asked", "at", "course", "file", "is_over", "is_stopped", "number", "part", "process")

    def __init__(  # noqa: PLR0913 - what an exchange is
        self,
        process: Process,
        number: int,
        file: File,
        course: Course,
        *,
        asked: ByteRange | None = None,
        part: Part | None = None,
    ) -> None:
        self.process = process
        self.number = number
        self.file = file
        self.course = course
        self.asked = asked
        self.part = part
        self.at = asked.start - course.skips if asked is not None else 0
        self.is_over = False
        self.is_stopped = False
        self._hangs = False
        process.later(course.delay, self._answer if part is None else self._next)

    def stop(self) -> None:
        """End it; one that hangs in a write ends after that."""
        self.is_stopped = True
        if self._hangs:
            return
        if not self.is_over and not self.course.deaf:
            self._end(ends.Broken("stopped"))
        self.is_over = True

    def break_off(self) -> None:
        """The connection is gone."""
        if self._hangs:
            self.is_stopped = True
        elif not self.is_over:
            self._end(ends.Broken("the connection did not survive"))

    def _answer(self) -> None:
        if self.is_over or self.course.end is None:
            return
        if self.course.end == ends.Delivered() and not isinstance(self.course.fault, Short):
            self.process.tell(self.process.world.network.located(self.course, self.number, self.file))
        self._end(self.course.end)

    def _next(self) -> None:
        """Wait for the next block, or come to the end."""
        if self.is_over:
            return
        rate, passing = self.course.rate, self.asked is not None and self.at < self.asked.start
        stop = self.asked.start if self.asked is not None and passing else self.course.stop
        count = min(self.process.world.world.pace.block, int(rate * HAND_ON), stop - self.at)
        if count > 0:
            self.process.later(count / rate, lambda: (self._pass_by if passing else self._bring)(count))
        elif self.course.end is not None:
            self._end(self.course.end)

    def _pass_by(self, count: int) -> None:
        if not self.is_over:
            self.at += count
            self.process.tell(ev.Passed(self.number, count))
            self._next()

    def _bring(self, count: int) -> None:
        part = self.part
        if self.is_over or part is None:
            return
        asked = ByteRange(self.at, self.at + count)
        self.process.world.count_served(self.file, asked)
        try:
            seconds = part.enter()
        except Interrupted:
            self._end(ends.Broken("stopped"))
            return
        if seconds:
            self._hangs = True
            self.process.hang(seconds)
            self.process.later(seconds, lambda: self._write(part, asked))
        else:
            self._write(part, asked)

    def _write(self, part: Part, asked: ByteRange) -> None:
        self._hangs = False
        try:
            piece = part.keep(asked, self.course.lies)
        except Interrupted:
            self._end(ends.Broken("stopped"))
        except ModelFetchError as error:
            self._end(ends.Refused(error))
        except Usurped:  # it never says that it ended: those bytes are another's
            self.is_over = True
            self.process.tell(ev.Usurped(self.file.blob_id))
        else:
            self.at = asked.stop
            self.process.tell(ev.Arrived(self.number, self.file.blob_id, piece))
            if self.is_stopped:
                self._end(ends.Broken("stopped"))
            self._next()

    def _end(self, end: ends.End) -> None:
        self.is_over = True
        self.process.tell(ev.Ended(self.number, end, self.process.world.random.random()))
