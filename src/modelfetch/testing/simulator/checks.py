"""The rules that are about what a machine asks for and shows; those about the disk stand where the disk is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...core.progress import DownloadStatus, Meter
from ...core.retry import LONGEST_WAIT, WAITS
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

    from ...core import events as ev
    from ...core.machine import Machine
    from ...core.progress import Observation
    from ...core.ranges import ByteRange
    from .content import File
    from .exchange import Exchange
    from .part import Part

_GIVEN_UP = frozenset({400, 404, 410, 416, 418})


@dataclass(slots=True)
class Trouble:
    """What one call met, so that an error it ends with can be held against it. Each is a count."""

    network: int = 0
    final: int = 0
    denied: int = 0
    drifted: int = 0

    def meet(self, fault: f.NetworkFault | None) -> None:
        """An exchange is under this fault."""
        match fault:
            case f.Status(status=401 | 403):
                self.denied += 1
            case f.Status(status=404):
                self.drifted += 1
            case f.Status(status=status, wait=wait):
                self.final += status in _GIVEN_UP or (wait or 0.0) > LONGEST_WAIT
                self.network += 1
            case f.Refusal():
                self.final += 1
            case f.Silence(deaf=deaf):
                self.final += deaf
                self.network += 1
            case f.Cut() | f.Short() | f.Trickle() | f.Unranged():
                self.network += 1
            case f.Drift():
                self.drifted += 1
            case f.Expire():
                self.denied += 1
            case _:
                pass

    def explains(self, error: ModelFetchError, struck: set[type]) -> bool:
        """Whether ``error`` had to be; ``struck`` are the kinds of fault that the run met so far, and that may linger."""
        broken = bool(self.final) or self.network > len(WAITS)
        reasons: dict[type[ModelFetchError], bool] = {
            NetworkError: broken,
            AccessError: bool(self.denied),
            PlanDriftError: bool(self.drifted),
            IntegrityError: f.Flip in struck,
            InsufficientStorageError: f.DiskFull in struck,
            CacheError: bool(struck & {f.DiskError, f.Rot, f.PowerCut}),
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
        hold(0 <= seen.on_disk <= self._total, f"{seen.on_disk} bytes on disk of {self._total}")
        hold(0 <= seen.reused <= seen.on_disk, f"{seen.reused} bytes reused of {seen.on_disk}")
        hold(self._shown <= shown.bytes_downloaded, f"progress fell from {self._shown} to {shown.bytes_downloaded}")
        hold(self._done <= shown.files_done <= self._paths, f"{shown.files_done} files done after {self._done}")
        hold(shown.bytes_total == self._total, "the total changed")
        self._shown, self._done = shown.bytes_downloaded, shown.files_done
        if shown.status is DownloadStatus.COMPLETE:
            hold(seen.on_disk == self._total, f"complete with {seen.on_disk} of {self._total} bytes")
            hold(shown.files_done == self._paths, f"complete with {shown.files_done} of {self._paths} files")


def reused_is_true(machine: Machine, files: Iterable[File], brought: dict[str, int]) -> None:
    """What a call says it reused is all that it did not bring itself."""
    own = sum(brought.values())
    total = sum(file.size * file.copies for file in files)
    said = machine.observe().reused
    hold(said == total - own, f"{said} bytes are said to be reused, {total - own} were")


def may_fetch(command: ev.Fetch, part: Part, exchanges: Iterable[Exchange]) -> None:
    """Rule 2: no byte that is kept is asked for; and no byte is asked for twice at once."""
    asked: ByteRange = command.range
    hold(asked.stop <= part.shelf.file.size, f"{asked} of {part.shelf.file} is asked for")
    if not command.whole:
        again = part.asks_again_for(asked)
        hold(not again, f"{part.file_name}: {again} is asked for again, although it is journalled and true")
    for other in exchanges:
        if other.asked is not None and not other.is_over and other.part is part:
            apart = other.asked.overlap(asked) is None
            hold(apart, f"{part.file_name}: {asked} is asked for while {other.asked} is on its way")
