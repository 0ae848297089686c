"""The rules that are about what a machine asks for and shows; those about the disk stand where the disk is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...core.transfer import events as ev
from ...core.transfer.machine import MOST_LOST
from ...core.transfer.progress import DownloadStatus, Meter
from ...core.wire import ends
from ...core.wire.retry import FRESH_BYTES, LONGEST_WAIT, WAITS
from ...errors import (
    AccessError,
    CacheError,
    InsufficientStorageError,
    IntegrityError,
    ModelFetchError,
    NetworkError,
    PlanDriftError,
)
from . import faults as f
from .rules import hold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...core.ranges import ByteRange
    from ...core.transfer.machine import Machine
    from ...core.transfer.progress import Observation
    from .content import File
    from .exchange import Exchange
    from .part import Part

_GIVEN_UP = frozenset({400, 404, 410, 416, 418})


@dataclass(slots=True)
class Streak:
    """Exchanges of one file that failed in a row, ``most`` of them so far, and bytes that came since the last."""

    failures: int = 0
    fresh: int = 0
    most: int = 0

    def failed(self) -> None:
        """One more did."""
        self.failures, self.fresh = self.failures + 1, 0
        self.most = max(self.most, self.failures)

    def arrived(self, count: int) -> None:
        """So many bytes came; enough of them, and the next failure is a first one again."""
        self.fresh += count
        if self.fresh >= FRESH_BYTES:
            self.failures = 0


@dataclass(slots=True)
class Trouble:
    """What one call met, so that an error it ends with can be held against it: counts, and a streak for each file."""

    final: int = 0
    denied: int = 0
    drifted: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    streaks: dict[str, Streak] = field(default_factory=dict)

    def meet(self, fault: f.NetworkFault | None) -> None:
        """An exchange is under this fault."""
        match fault:
            case f.Status(status=401 | 403):
                self.denied += 1
            case f.Status(status=404):
                self.drifted += 1
            case f.Status(status=status, wait=wait):
                self.final += status in _GIVEN_UP or (wait or 0.0) > LONGEST_WAIT
            case f.Refusal():
                self.final += 1
            case f.Silence(deaf=deaf):
                self.final += deaf
            case f.Drift():
                self.drifted += 1
            case f.Expire():
                self.denied += 1
            case _:
                pass

    def hear(self, event: ev.Event, exchange: Exchange) -> None:
        """``exchange`` brought something, or ended."""
        streak = self.streaks.setdefault(exchange.file.blob_id, Streak())
        if isinstance(event, ev.Ended):
            if event.end != ends.Delivered() or isinstance(exchange.course.fault, f.Short):
                streak.failed()
        elif isinstance(event, ev.Arrived) and exchange.part is not None and not exchange.part.gone:
            streak.arrived(event.piece.range.size)

    def explains(self, error: ModelFetchError, struck: set[type], expiries: int) -> bool:
        """Whether ``error`` had to be; ``struck`` are the kinds of fault that the run met so far, and that may linger.

        ``expiries``: times that every location expired, whoever was asking; one alone is survived.
        """
        most_lost = max(self.lost.values(), default=0)
        broken = bool(self.final) or any(streak.most > len(WAITS) for streak in self.streaks.values())
        reasons: dict[type[ModelFetchError], bool] = {
            NetworkError: broken,
            AccessError: bool(self.denied) or expiries > 1,
            PlanDriftError: bool(self.drifted),
            IntegrityError: f.Flip in struck,
            InsufficientStorageError: f.DiskFull in struck,
            CacheError: bool(struck & {f.DiskError, f.Rot, f.PowerCut}) or most_lost > MOST_LOST,
        }
        return any(isinstance(error, kind) and reason for kind, reason in reasons.items())


class Gauge:
    """Rule 3: what is shown never falls, never passes the total, and is the total at the end."""

    def __init__(self, files: Iterable[File]) -> None:
        listed = list(files)
        self._total = sum(file.size * file.copies for file in listed)
        self._paths = sum(file.copies for file in listed)
        self._meter = Meter(self._total, self._paths)
        self._seen: Observation | None = None
        self._shown = 0
        self._done = 0

    def look(self, machine: Machine, now: float) -> None:
        """Look at it now."""
        seen = machine.observe()
        if seen == self._seen:
            return
        self._seen = seen
        self._meter, shown = self._meter.fold(seen, now)
        hold(0 <= seen.on_disk <= self._total, "{} bytes on disk of {}", seen.on_disk, self._total)
        hold(0 <= seen.reused <= seen.on_disk, "{} bytes reused of {}", seen.reused, seen.on_disk)
        hold(self._shown <= shown.bytes_downloaded, "progress fell from {} to {}", self._shown, shown.bytes_downloaded)
        hold(self._done <= shown.files_done <= self._paths, "{} files done after {}", shown.files_done, self._done)
        hold(shown.bytes_total == self._total, "the total changed")
        self._shown, self._done = shown.bytes_downloaded, shown.files_done
        if shown.status is DownloadStatus.COMPLETE:
            hold(seen.on_disk == self._total, "complete with {} of {} bytes", seen.on_disk, self._total)
            hold(shown.files_done == self._paths, "complete with {} of {} files", shown.files_done, self._paths)


def reused_is_true(machine: Machine, files: Iterable[File], brought: dict[str, int]) -> None:
    """What a call says it reused is all that it did not bring itself."""
    own = sum(brought.values())
    total = sum(file.size * file.copies for file in files)
    said = machine.observe().reused
    hold(said == total - own, "{} bytes are said to be reused, {} were", said, total - own)


def may_fetch(command: ev.Fetch, part: Part, exchanges: Iterable[Exchange]) -> None:
    """Rule 2: no byte that is kept is asked for; and no byte is asked for twice at once."""
    asked: ByteRange = command.range
    hold(asked.stop <= part.shelf.file.size, "{} of {} is asked for", asked, part.shelf.file)
    if not command.whole:
        again = part.asks_again_for(asked)
        hold(not again, "{}: {} is asked for again, although it is journalled and true", part.file_name, again)
    for other in exchanges:
        if other.asked is not None and not other.is_over and other.part is part:
            apart = other.asked.overlap(asked) is None
            hold(apart, "{}: {} is asked for while {} is on its way", part.file_name, asked, other.asked)
