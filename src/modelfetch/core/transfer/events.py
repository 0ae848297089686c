"""The alphabet between the machine, which decides, and a driver, which acts: two closed unions.

Rule: a command says what to do and never how; an event says what happened and never what it means.
A file is named by its blob id, an exchange by a number that is used once, so an answer that comes late
can be told from one that is awaited. Sizes and positions are bytes, times are seconds of one monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...errors import ModelFetchError
    from ..ranges import ByteRange, RangeSet
    from ..wire.ends import End
    from ..wire.located import Location
    from .pieces import Piece


# ------------------------------------------------------------------ events


@dataclass(frozen=True, slots=True)
class Started:
    """The first event: begin."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed; a driver sends one when the machine's ``wake_at`` comes, or sooner."""


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """Somebody cancelled; ``discard``: and wants the kept bytes gone."""

    discard: bool = False


@dataclass(frozen=True, slots=True)
class Located:
    """The Hub said where a file's bytes are, and what they are called and how long (where it said so)."""

    exchange: int
    file: str
    location: Location
    etag: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """The file is ours, and these bytes of it were kept."""

    file: str
    kept: RangeSet


@dataclass(frozen=True, slots=True)
class OwnerSeen:
    """Somebody else is fetching the file and has ``on_disk`` bytes of it."""

    file: str
    on_disk: int = 0


@dataclass(frozen=True, slots=True)
class OwnerGone:
    """Nobody is fetching the file, and nothing of it is there."""

    file: str


@dataclass(frozen=True, slots=True)
class Present:
    """The file is already under its final name."""

    file: str


@dataclass(frozen=True, slots=True)
class Usurped:
    """The file was ours, but its journal is another's now: a lock lied."""

    file: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """The piece is on disk, and in the journal."""

    exchange: int
    file: str
    piece: Piece


@dataclass(frozen=True, slots=True)
class Passed:
    """So many bytes came that nobody wanted: a source without ranges sends the whole file."""

    exchange: int
    count: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The exchange is over. ``jitter`` is a fresh random number, 0 to 1, for a wait that may follow."""

    exchange: int
    end: End
    jitter: float = 0.0


@dataclass(frozen=True, slots=True)
class Hashed:
    """The running digest reached ``upto``; ``digest`` is given at the file's end."""

    file: str
    upto: int
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Audited:
    """The journalled pieces were read again; the disk does not hold what was written at ``lies``."""

    file: str
    lies: RangeSet


@dataclass(frozen=True, slots=True)
class Published:
    """The file is under its final name."""

    file: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The file was under its final name, and was gone before it had its place in the snapshot."""

    file: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """The snapshot is complete: record and ref are written."""


@dataclass(frozen=True, slots=True)
class Unsealed:
    """The snapshot is not complete, and nothing was written: ``files`` had their places, and are gone."""

    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """A step on the disk could not be taken."""

    file: str
    error: ModelFetchError


Event = (
    Started
    | Tick
    | CancelAsked
    | Located
    | Claimed
    | OwnerSeen
    | OwnerGone
    | Present
    | Usurped
    | Arrived
    | Passed
    | Ended
    | Hashed
    | Audited
    | Published
    | Lost
    | Sealed
    | Unsealed
    | Failed
)


# ------------------------------------------------------------------ commands


@dataclass(frozen=True, slots=True)
class Locate:
    """Ask the Hub where the file's bytes are; answer Located, then Ended, or Ended alone."""

    exchange: int
    file: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Try to become the file's one owner, without waiting; answer Claimed, OwnerSeen or Present."""

    file: str


@dataclass(frozen=True, slots=True)
class Look:
    """See how far the owner is, without becoming it; answer OwnerSeen, OwnerGone or Present."""

    file: str


@dataclass(frozen=True, slots=True)
class Fetch:
    """Bring these bytes to the part file, and journal each stretch once it is there; answer Arrived for each, then Ended.

    ``whole``: the source ignores ranges, so all of the file is asked for; answer Passed for what comes before.
    """

    exchange: int
    file: str
    range: ByteRange
    location: Location
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """End the exchange now; it still answers Ended, and Arrived before that for what it had written."""

    exchange: int


@dataclass(frozen=True, slots=True)
class Hash:
    """Run the file's digest on to ``upto``; answer Hashed."""

    file: str
    upto: int


@dataclass(frozen=True, slots=True)
class Audit:
    """Read every journalled piece again and compare its checksum; answer Audited."""

    file: str


@dataclass(frozen=True, slots=True)
class Discard:
    """Journal that these bytes are not to be trusted, and start the file's digest again."""

    file: str
    ranges: RangeSet


@dataclass(frozen=True, slots=True)
class Publish:
    """Give the file its final name and its place in the snapshot; answer Published or Lost."""

    file: str


@dataclass(frozen=True, slots=True)
class Adopt:
    """Link the content that is already there into the snapshot; answer Published, Lost or OwnerSeen."""

    file: str


@dataclass(frozen=True, slots=True)
class Release:
    """Stop owning the file; ``discard``: and delete what was kept of it, by us or by an earlier owner."""

    file: str
    discard: bool = False


@dataclass(frozen=True, slots=True)
class Seal:
    """Every file is there: write record and ref; answer Sealed, or Unsealed where some are not any more."""


@dataclass(frozen=True, slots=True)
class Complete:
    """Every planned file is verified and published."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The caller cancelled."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The download failed."""

    error: ModelFetchError


Outcome = Complete | Cancelled | Failure


@dataclass(frozen=True, slots=True)
class Finish:
    """The last command: it ended so."""

    outcome: Outcome


Command = Locate | Claim | Look | Fetch | Stop | Hash | Audit | Discard | Publish | Adopt | Release | Seal | Finish
