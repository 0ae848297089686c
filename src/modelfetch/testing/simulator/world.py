"""One seed, one world: the files, the network's pace, the caller's policy and everything that will go wrong.

Rule: a world is a value, printed by its repr; the same world gives the same run, to the last event.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from ...core.transfer.policy import Policy
from . import faults as f
from .content import File

if TYPE_CHECKING:
    from collections.abc import Callable

MIB = 1 << 20

_SIZES = (0, 1, 12, 5_000, 70_000, 900_000, 3 * MIB, 5 * MIB, 9 * MIB, 13 * MIB, 21 * MIB, 34 * MIB)
_STATUSES = (429, 500, 502, 503, 503, 403, 401, 404, 416, 418)
_WAITS = (None, None, None, 0.0, 1.0, 7.0, 20.0, 59.0, 61.0)
_SMALL = (0, 1, 12, 5_000, 70_000)
_COUNTS = (1, 1, 1, 2, 2, 3, 5)
_LAGS = (0.0, 0.0, 0.001, 0.03, 0.2)
_BLOCKS = (MIB // 2, MIB, 2 * MIB, 4 * MIB)
_SECONDS = (0.2, 1.0, 4.0, 10.0)
_SLOWEST = 64e3


@dataclass(frozen=True, slots=True)
class Pace:
    """How the network and the host behave when nothing is wrong: seconds, bytes a second, bytes.

    ``lag``: between something happening and the machine being told.
    """

    latency: float
    rate: float
    block: int
    lag: float


@dataclass(frozen=True, slots=True)
class World:
    """Everything that a run depends on."""

    seed: int
    files: tuple[File, ...]
    policy: Policy
    pace: Pace
    faults: tuple[f.Fault, ...] = ()

    @classmethod
    def drawn(cls, seed: int) -> World:
        """The world of ``seed``: about a third are quiet, most have a few faults, some have many."""
        random = Random(seed)
        files = _files(random)
        total = sum(file.size for file in files)
        rate = max(_SLOWEST, total / random.choice(_SECONDS))
        policy = Policy(
            max_connections=random.choice((None, None, 1, 2, 3)),
            stall_timeout=random.choice((4.0, 5.0, 5.0, 10.0, 30.0)),
            bandwidth_limit=random.choice((None, None, None, rate / 2)),
        )
        pace = Pace(random.uniform(0.001, 0.2), rate, random.choice(_BLOCKS), random.choice(_LAGS))
        count = random.choice((0, 1, 1, 2, 3, 4, 6, 10))
        drawn = [_fault(random, len(files)) for _ in range(count)]
        if random.random() < 0.1:  # noqa: PLR2004 - a tenth
            drawn += [f.LyingLocks(), f.Neighbour(random.uniform(0.0, 5.0), once=False)]
        return cls(seed, files, policy, pace, tuple(drawn))


def _files(random: Random) -> tuple[File, ...]:
    """A few of any size, or, once in thirty, many small ones."""
    if random.random() < 1 / 30:
        return tuple(_file(random, number, _SMALL) for number in range(random.choice((10, 20, 40))))
    return tuple(_file(random, number, _SIZES) for number in range(random.choice(_COUNTS)))


def _file(random: Random, number: int, sizes: tuple[int, ...]) -> File:
    size = random.choice(sizes)
    digits = 64 if size > MIB else 40
    return File(f"f{number}", size, f"{number + 1:0{digits}x}", copies=random.choice((1, 1, 1, 2)))


def _fault(random: Random, files: int) -> f.Fault:
    kind = random.choices(tuple(_DRAWS), tuple(weight for weight, _ in _DRAWS.values()))[0]
    return _DRAWS[kind][1](random, files)


def _exchange(random: Random) -> int:
    return 1 + int(random.expovariate(0.15))


def _moment(random: Random) -> int:
    return 1 + int(random.expovariate(0.015))


def _times(random: Random) -> int:
    return random.choice((1, 1, 1, 2, 4, 7, 12))


def _share(random: Random) -> float:
    return random.choice((0.0, random.random(), random.random(), 1.0))


def _status(random: Random, _: int) -> f.Fault:
    return f.Status(_exchange(random), _times(random), random.choice(_STATUSES), random.choice(_WAITS))


def _silence(random: Random, _: int) -> f.Fault:
    return f.Silence(_exchange(random), random.choice((1, 1, 2, 7)), _share(random), deaf=random.random() < 0.1)  # noqa: PLR2004 - a tenth


def _foreign(random: Random, files: int) -> f.Fault:
    hold = random.choice((0.5, 2.0, 8.0))
    return f.Foreign(random.uniform(0.0, 5.0), random.randrange(files), hold, publishes=random.random() < 0.5)  # noqa: PLR2004 - a half


_DRAWS: dict[type, tuple[int, Callable[[Random, int], f.Fault]]] = {
    f.Cut: (6, lambda r, _: f.Cut(_exchange(r), _times(r), _share(r))),
    f.Short: (2, lambda r, _: f.Short(_exchange(r), _times(r), _share(r))),
    f.Silence: (3, _silence),
    f.Trickle: (1, lambda r, _: f.Trickle(_exchange(r), r.choice((1, 1, 7)))),
    f.Status: (4, _status),
    f.Expire: (2, lambda r, _: f.Expire(_exchange(r))),
    f.Gone: (1, lambda r, _: f.Gone(_exchange(r))),
    f.Unranged: (2, lambda r, _: f.Unranged(_exchange(r), r.choice((1, 3, 99)))),
    f.Flip: (4, lambda r, _: f.Flip(_exchange(r), _times(r), _share(r))),
    f.Drift: (1, lambda r, _: f.Drift(_exchange(r), etag=r.random() < 0.5)),  # noqa: PLR2004 - a half
    f.Refusal: (1, lambda r, _: f.Refusal(_exchange(r))),
    f.Kill: (6, lambda r, _: f.Kill(_moment(r))),
    f.PowerCut: (3, lambda r, _: f.PowerCut(_moment(r))),
    f.Cancel: (4, lambda r, _: f.Cancel(_moment(r), discard=r.random() < 0.3)),  # noqa: PLR2004 - about a third
    f.Freeze: (2, lambda r, _: f.Freeze(_moment(r), r.choice((1.0, 4.0, 11.0, 15.0)))),
    f.Sleep: (1, lambda r, _: f.Sleep(_moment(r), r.choice((0.0, 3.0, 40.0, 4000.0)))),
    f.Rot: (3, lambda r, _: f.Rot(_moment(r), r.random())),
    f.DiskFull: (3, lambda r, _: f.DiskFull(_moment(r), _times(r))),
    f.DiskError: (1, lambda r, _: f.DiskError(_moment(r))),
    f.SlowDisk: (2, lambda r, _: f.SlowDisk(_moment(r), r.choice((0.5, 2.0, 5.0, 12.0)))),
    f.Taken: (1, lambda r, _: f.Taken(_moment(r), r.choice((1, 1, 2, 5)))),
    f.Pruned: (2, lambda r, _: f.Pruned(_moment(r))),
    f.WrongSource: (1, lambda r, files: f.WrongSource(r.randrange(files), r.random())),
    f.LyingLocks: (1, lambda _, __: f.LyingLocks()),
    f.Neighbour: (6, lambda r, _: f.Neighbour(r.choice((0.0, r.uniform(0.0, 5.0))), once=r.random() < 0.5)),  # noqa: PLR2004 - a half
    f.Offline: (2, lambda r, _: f.Offline(r.choice((0, 1, 1)), r.uniform(0.0, 5.0), r.choice((1.0, 5.0, 20.0)))),
    f.Foreign: (3, _foreign),
}
"""How often each fault is drawn, and how."""
