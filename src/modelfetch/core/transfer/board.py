"""The machine's state: every file, every exchange, and the totals that follow from them.

Rule: a file changes only through :meth:`Board.put`, which keeps the totals true, so that a look at a
download of any size costs the same.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from itertools import count as numbers
from typing import TYPE_CHECKING

from .file import FileTransfer, State
from .stall import Watch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..ranges import ByteRange
    from ..wire.located import Location

_CLOSED = frozenset({State.WAITING, State.DONE})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request under way: for ``part`` of ``file``, or for its location when ``part`` is None.

    ``stops``: times that it was told to stop because too little came, and it has not ended yet.
    """

    file: str
    watch: Watch
    part: ByteRange | None = None
    location: Location | None = None
    stops: int = 0

    def checked(self, now: float, window: float, floor: float) -> Exchange:
        """As it is at ``now``: with one stop more when it brought less than ``floor`` bytes in ``window`` seconds."""
        watch = self.watch.check(now, window, floor)
        if watch is self.watch:
            return self
        return replace(self, watch=watch or Watch(now), stops=self.stops + (watch is None))


class Board:
    """Files by blob id, exchanges by number, and sums over both (bytes count once for every path)."""

    def __init__(self, files: Iterable[FileTransfer]) -> None:
        self.files = {file.blob_id: file for file in files}
        self.exchanges: dict[int, Exchange] = {}
        self._numbers = numbers(1)
        order = sorted(self.files.values(), key=lambda file: (not file.cached, -file.size, file.paths))
        self.waiting = deque(file.blob_id for file in order)
        self.open: dict[str, None] = {}
        self.following: dict[str, None] = {}
        self.paths_done = 0
        self.arrived = 0
        self.transferred = 0
        self.on_disk = sum(_bytes_at_rest(file) * len(file.paths) for file in order)
        self.own = 0

    def put(self, file: FileTransfer) -> FileTransfer:
        """Set ``file`` and return it."""
        old = self.files[file.blob_id]
        weight = len(file.paths)
        self.files[file.blob_id] = file
        self.on_disk += weight * (_bytes_at_rest(file) - _bytes_at_rest(old))
        self.own += file.own_bytes - old.own_bytes
        if file.state is not old.state:
            self._moved(file, old.state)
        return file

    def _moved(self, file: FileTransfer, before: State) -> None:
        following = file.state is State.FOLLOWING
        _member(self.following, file.blob_id, wanted=following)
        _member(self.open, file.blob_id, wanted=not following and file.state not in _CLOSED)
        self.paths_done += len(file.paths) * ((file.state is State.DONE) - (before is State.DONE))

    @property
    def is_done(self) -> bool:
        """Whether every file is in its place."""
        return not (self.waiting or self.open or self.following)

    def begin(self, exchange: Exchange) -> int:
        """Enter an exchange and return its number."""
        number = next(self._numbers)
        self.exchanges[number] = exchange
        return number

    def brought(self, number: int, count: int) -> None:
        """So many bytes came over exchange ``number``."""
        exchange = self.exchanges[number]
        self.exchanges[number] = replace(exchange, watch=exchange.watch.arrived(count))
        self.arrived += count
        self.transferred += count


def _bytes_at_rest(file: FileTransfer) -> int:
    return file.size if file.cached else file.on_disk


def _member(group: dict[str, None], name: str, *, wanted: bool) -> None:
    if wanted:
        group[name] = None
    else:
        group.pop(name, None)
