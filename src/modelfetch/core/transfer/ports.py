"""The ports: what a driver of the machine needs of the world, as protocols, and what the world may answer.

Rule: an adapter fills one port and knows no other adapter; what is wired to what is decided in ``wiring``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..kept.record import Selection
    from ..planning.listing import FileEntry
    from ..ranges import ByteRange, RangeSet
    from ..wire.ends import End
    from ..wire.located import Location
    from .pieces import Piece


class Usurped(Exception):  # noqa: N818 - a signal between port and driver, never an error that anybody sees
    """The content is another owner's by now, although its lock was ours."""


class Lost(Exception):  # noqa: N818 - a signal between port and driver, never an error that anybody sees
    """The content was there, and is not any more: another process moved it, or somebody deleted it."""


class Held(Exception):  # noqa: N818 - a signal between port and driver, never an error that anybody sees
    """The content is there, and somebody else is still giving it a place."""


class Interrupted(Exception):  # noqa: N818 - a signal between port and driver, never an error that anybody sees
    """The work was no longer wanted before it was done."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Somebody else has the content, and ``bytes_seen`` bytes of it are on disk."""

    bytes_seen: int


@dataclass(frozen=True, slots=True)
class Present:
    """The content is there, complete."""


@dataclass(frozen=True, slots=True)
class Absent:
    """Neither the content nor anything of it is there."""


class Reply(Protocol):
    """An HTTP answer: its head, and a body to be read to its end or dropped."""

    status: int
    headers: Mapping[str, str]

    def read_some(self, into: memoryview, within: float | None = None) -> int:
        """Read what is there, at least one byte; 0 at the end. Raises TimeoutError after ``within`` seconds, and may go on."""

    def close(self) -> None:
        """Give the connection back if the body was read to its end, else close it."""


class Line(Protocol):
    """Carries one exchange at a time; another thread can end that at any moment."""

    brought: int
    """Bytes of body so far."""

    @property
    def is_shut(self) -> bool:
        """Whether it was ended from outside."""

    def send(self, method: str, url: str, headers: Mapping[str, str]) -> Reply:
        """The answer's head, redirects not followed. Raises OSError when the connection fails."""

    def shut(self) -> None:
        """End it: whatever is blocked on it wakes up within milliseconds. Never blocks."""


class Source(Protocol):
    """Where the content of one repo at one commit comes from. Both methods block, and say how it ended."""

    def locate(self, path: str, line: Line, found: Callable[[Location, str | None, int | None], None]) -> End:
        """Ask where a file is; ``found`` is told its location, and its ETag and size where they are given."""

    def fetch(  # noqa: PLR0913 - one fetch is that many facts
        self,
        location: Location,
        asked: ByteRange,
        size: int,
        line: Line,
        receive: Callable[[int, memoryview], None],
        *,
        block: int | None,
        whole: bool,
    ) -> End:
        """Bring the bytes ``asked`` of a file of ``size`` bytes; ``receive`` gets position and bytes, in order.

        With ``whole`` the source knows no ranges: what it sends before ``asked`` is received as well.
        """


class Part(Protocol):
    """An owned, unfinished content: its bytes, its journal, its lock. Any thread may call."""

    kept: RangeSet
    """The bytes that an earlier owner left."""

    def keep(self, offset: int, view: memoryview) -> Piece:
        """Put bytes on disk, then in the journal. Raises Usurped."""

    def discard(self, ranges: RangeSet) -> None:
        """Journal that bytes are not to be trusted, and start the digest again. Raises Usurped."""

    def digest(self, upto: int, stopped: Callable[[], bool]) -> str | None:
        """Run the digest on to ``upto``; the digest in hex at the content's end. Raises Interrupted."""

    def audit(self, stopped: Callable[[], bool]) -> RangeSet:
        """The journalled bytes that the disk does not hold as they were written. Raises Interrupted."""

    def publish(self) -> None:
        """Give it its final name; nobody else moves it before :meth:`release`. Raises Usurped."""

    def release(self) -> None:
        """Stop owning it; the bytes stay."""

    def forget(self) -> None:
        """Stop owning it and delete it."""


class Cache(Protocol):
    """One repo's folder in a Hugging Face cache."""

    def claim(self, file: FileEntry, commit: str) -> Part | Busy | Present:
        """Become the content's one owner, without waiting."""

    def look(self, file: FileEntry) -> Busy | Present | Absent:
        """The same facts without becoming the owner."""

    def note(self, commit: str, revision: str, selection: Selection) -> None:
        """Write down what is asked for; before any of it has a place."""

    def link(self, commit: str, path: str, blob_id: str, stopped: Callable[[], bool]) -> None:
        """Give complete content a place in the snapshot.

        Raises Lost when it is gone, Held while another one has it, and Interrupted when ``stopped()`` while it is copied.
        """

    def forget(self, file: FileEntry) -> None:
        """Delete what an earlier owner left of the content, unless somebody has it."""

    def seal(self, commit: str, revision: str, selection: Selection) -> tuple[str, ...]:
        """Write down that the selection is complete; or, if it is not any more, the contents that are gone."""
