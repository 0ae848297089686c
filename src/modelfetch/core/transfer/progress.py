"""How far along: what a person is shown, folded from what the machine observes.

Rule: the numbers of bytes and of files never go backwards. When bytes turn out bad, or somebody takes a complete
file away, and they are fetched again, the number is held until it is passed again; the time left is that of what is
really to come. Speed is what arrived in the last seconds, measured when it is read, so a download that stands still is
seen to slow down and stop. Percent is rounded down: 100 means done.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from .stall import QUIET

SPEED_WINDOW = 5.0
"""Seconds that speed looks back: long enough to be steady, short enough to be true."""

ETA_AFTER = 1.0
"""Seconds of speed before a remaining time is told: the first moments are far from steady."""

SAMPLE_EVERY = 0.25
"""Seconds between remembered samples, so that at most 22 are kept."""


class DownloadStatus(Enum):
    """What a download is doing. The last three are final.

    PENDING: there is no plan yet. CHECKING: there is one, and nothing arrived so far. DOWNLOADING: bytes come, or another
    process brings them. VERIFYING: every byte is here, and the last digests are being computed.
    """

    PENDING = "pending"
    CHECKING = "checking"
    DOWNLOADING = "downloading"
    VERIFYING = "verifying"
    COMPLETE = "complete"
    ERROR = "error"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will come."""
        return self in {DownloadStatus.COMPLETE, DownloadStatus.ERROR, DownloadStatus.CANCELLED}


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """One look at a download; immutable, so it may be read on any thread.

    ``bytes_total`` is the whole plan's and constant; ``bytes_downloaded`` are file bytes on disk, reused
    ones included, and never goes backwards, nor does ``files_done``; ``bytes_reused`` did not have to be fetched by this
    download.
    ``speed`` is bytes a second, ``eta`` seconds (None: cannot be told), ``stalled``: no byte has
    arrived anywhere for three seconds. ``current_file`` is a path in the repo. ``error`` is the name of
    the error's class and ``message`` its text, or what the download waits for, or what it removed when it was
    complete. ``seq`` counts up by one.
    """

    status: DownloadStatus = DownloadStatus.PENDING
    bytes_downloaded: int = 0
    bytes_total: int = 0
    bytes_reused: int = 0
    files_done: int = 0
    files_total: int = 0
    current_file: str | None = None
    speed: float = 0.0
    eta: float | None = None
    stalled: bool = False
    message: str = ""
    error: str | None = None
    seq: int = 0

    @property
    def fraction(self) -> float:
        """0.0 to 1.0; 1.0 for an empty plan that is complete."""
        if self.bytes_total == 0:
            return 1.0 if self.status is DownloadStatus.COMPLETE else 0.0
        return self.bytes_downloaded / self.bytes_total

    @property
    def percent(self) -> int:
        """0 to 100, rounded down."""
        return self.bytes_downloaded * 100 // self.bytes_total if self.bytes_total else int(self.fraction * 100)


def at_rest(progress: DownloadProgress, status: DownloadStatus) -> DownloadProgress:
    """``progress`` as ``status`` ended it: as far as it had come, and nothing moves any more."""
    return replace(progress, status=status, speed=0.0, eta=None, stalled=False)


@dataclass(frozen=True, slots=True)
class Observation:
    """What the machine sees: bytes on disk and files done (both may fall), and bytes that ever arrived (this may not)."""

    status: DownloadStatus
    on_disk: int
    arrived: int
    reused: int
    files_done: int
    current_file: str | None = None
    message: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Meter:
    """The fold's state: totals, the high-water marks of bytes and files, recent samples (seconds, bytes arrived)."""

    bytes_total: int
    files_total: int
    high: int = 0
    done: int = 0
    arrived: int = 0
    moved_at: float = 0.0
    samples: tuple[tuple[float, int], ...] = ()
    seq: int = 0

    def fold(self, seen: Observation, now: float) -> tuple[Meter, DownloadProgress]:
        """The meter after ``seen``, and what is shown of it at ``now`` (seconds)."""
        moved = seen.arrived != self.arrived or not self.samples
        meter = replace(
            self,
            high=max(self.high, min(seen.on_disk, self.bytes_total)),
            done=max(self.done, seen.files_done),
            arrived=seen.arrived,
            moved_at=now if moved else self.moved_at,
            samples=self._sampled(seen.arrived, now),
            seq=self.seq + 1,
        )
        return meter, meter.shown(seen, now)

    def _sampled(self, arrived: int, now: float) -> tuple[tuple[float, int], ...]:
        """The samples with this one; the first is the moment before the first byte, or checking would count as slow."""
        if not arrived:
            return ((now, 0),)
        recent = tuple(sample for sample in self.samples[:-1] if now - sample[0] <= SPEED_WINDOW)
        last = self.samples[-1:]
        if recent and last and last[0][0] - recent[-1][0] < SAMPLE_EVERY:
            return (*recent, (now, arrived))
        return (*recent, *last, (now, arrived))

    @property
    def _measured_for(self) -> float:
        return self.samples[-1][0] - self.samples[0][0]

    def _speed(self) -> float:
        (began, first), (now, last) = self.samples[0], self.samples[-1]
        return (last - first) / (now - began) if now > began else 0.0

    def shown(self, seen: Observation, now: float) -> DownloadProgress:
        """What is shown of ``seen`` at ``now``."""
        running = seen.status is DownloadStatus.DOWNLOADING
        speed = self._speed() if running else 0.0
        left = max(0, self.bytes_total - seen.on_disk)
        return DownloadProgress(
            status=seen.status,
            bytes_downloaded=self.high,
            bytes_total=self.bytes_total,
            bytes_reused=min(seen.reused, self.high),
            files_done=self.done,
            files_total=self.files_total,
            current_file=seen.current_file,
            speed=speed,
            eta=left / speed if speed and self._measured_for >= ETA_AFTER else None,
            stalled=running and now - self.moved_at >= QUIET,
            message=seen.message,
            error=seen.error,
            seq=self.seq,
        )
