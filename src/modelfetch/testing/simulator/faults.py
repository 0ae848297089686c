"""What can go wrong in a simulated run, as values: a run that breaks a rule is made smaller by dropping some.

Rule: every fault says itself when it strikes and ends by itself, so that a run without it is a run too. Exchanges
are counted over the whole run, from 1. Moments are the steps of the run, from 1: every event is one, and so is
the gap between two steps on the disk. A share is a place in what was asked for, 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass

# ------------------------------------------------------------------ the network, by exchange


@dataclass(frozen=True, slots=True)
class _Exchange:
    exchange: int
    times: int = 1


@dataclass(frozen=True, slots=True)
class Cut(_Exchange):
    """The connection breaks after ``share`` of the bytes; 0 is before the head."""

    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Short(_Exchange):
    """The answer ends after ``share`` of the bytes, and looks complete."""

    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Silence(_Exchange):
    """Nothing more comes after ``share`` of the bytes; ``deaf``: and the exchange does not even end when told to."""

    share: float = 0.0
    deaf: bool = False


@dataclass(frozen=True, slots=True)
class Trickle(_Exchange):
    """Bytes come too slowly to be worth waiting for."""


@dataclass(frozen=True, slots=True)
class Status(_Exchange):
    """An answer without bytes; ``wait`` is Retry-After in seconds."""

    status: int = 503
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class Expire(_Exchange):
    """Every location that was given out before is worth nothing any more."""


@dataclass(frozen=True, slots=True)
class Gone(_Exchange):
    """The hosts of all locations that were given out before take no connection any more."""


@dataclass(frozen=True, slots=True)
class Unranged(_Exchange):
    """A range is answered with the whole file."""


@dataclass(frozen=True, slots=True)
class Flip(_Exchange):
    """One byte comes wrong."""

    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Drift(_Exchange):
    """The Hub offers something else: of another size, or (``etag``) of another name."""

    etag: bool = False


@dataclass(frozen=True, slots=True)
class Refusal(_Exchange):
    """What no other try could mend, such as a redirect that is not to be followed."""


NetworkFault = Cut | Short | Silence | Trickle | Status | Expire | Gone | Unranged | Flip | Drift | Refusal


# ------------------------------------------------------------------ the computer, by moment


@dataclass(frozen=True, slots=True)
class _Moment:
    moment: int


@dataclass(frozen=True, slots=True)
class Kill(_Moment):
    """The process that acts just then is killed."""


@dataclass(frozen=True, slots=True)
class PowerCut(_Moment):
    """All processes are gone, and so is some of what had not been brought to the device."""


@dataclass(frozen=True, slots=True)
class Cancel(_Moment):
    """Somebody cancels."""

    discard: bool = False


@dataclass(frozen=True, slots=True)
class Freeze(_Moment):
    """The process that acts just then does nothing for ``seconds``, and keeps its locks; half of its connections break."""

    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Sleep(_Moment):
    """The laptop sleeps: the clock jumps by ``seconds``, and half of all connections do not survive that."""

    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Rot(_Moment):
    """A byte of some part file, not yet hashed, changes on the disk; ``share`` is where."""

    share: float = 0.0


@dataclass(frozen=True, slots=True)
class DiskFull(_Moment):
    """The next ``times`` writes find no room; half a line of a journal may."""

    times: int = 1


@dataclass(frozen=True, slots=True)
class DiskError(_Moment):
    """The next step on the disk fails."""


@dataclass(frozen=True, slots=True)
class SlowDisk(_Moment):
    """The next step on the disk takes ``seconds``."""

    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Taken(_Moment):
    """The next ``times`` complete contents are taken out of the cache just before they are given their place."""

    times: int = 1


@dataclass(frozen=True, slots=True)
class Pruned(_Moment):
    """Every complete content is deleted from the cache, whether it has its place already or not."""


ComputerFault = Kill | PowerCut | Cancel | Freeze | Sleep | Rot | DiskFull | DiskError | SlowDisk | Taken | Pruned


# ------------------------------------------------------------------ what is there from the beginning


@dataclass(frozen=True, slots=True)
class WrongSource:
    """The source always has one byte of that file wrong, for as long as faults happen at all."""

    file: int
    share: float


@dataclass(frozen=True, slots=True)
class LyingLocks:
    """Every lock is given to everybody."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another process that downloads the same from ``at`` (seconds) on; ``once``: nobody restarts it when it dies."""

    at: float
    once: bool


@dataclass(frozen=True, slots=True)
class Offline:
    """The network of one user alone (0: the first) is down from ``at`` on, for ``seconds``."""

    user: int
    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Foreign:
    """A huggingface_hub that wants that file ``at`` (seconds), holds its lock for ``hold`` seconds, then has it or dies."""

    at: float
    file: int
    hold: float
    publishes: bool


Fault = NetworkFault | ComputerFault | WrongSource | LyingLocks | Neighbour | Offline | Foreign
