"""One file's way from a name in a listing to a verified file: the states, and the table of legal moves.

Rule 1: everything that may happen to a file is a row of TABLE; what is not in it cannot happen.
Rule 2: a file is published out of VERIFYING alone, that is, after its digest came out right.
Rule 3: bytes count as kept when they are on disk, and stop counting when they are not to be trusted.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from ..ranges import RangeSet
from ..wire.retry import Tries

if TYPE_CHECKING:
    from ..ranges import ByteRange
    from ..wire.located import Location


class State(Enum):
    """Where a file is on its way."""

    WAITING = "waiting"  # its turn has not come
    LOCATING = "locating"  # the Hub is asked where its bytes are; nothing is on disk yet
    CLAIMING = "claiming"  # its lock is tried
    FOLLOWING = "following"  # somebody else fetches it
    FETCHING = "fetching"  # ours: holes are being filled
    VERIFYING = "verifying"  # no hole is left: its digest decides
    AUDITING = "auditing"  # the digest is wrong: was it the disk or the source?
    PUBLISHING = "publishing"  # it gets its final name and its place in the snapshot
    DONE = "done"


class Move(Enum):
    """What can happen to a file, already judged."""

    CHOSEN = "chosen"
    LOCATED = "located"
    UNREACHED = "unreached"  # we cannot ask where its bytes are, but somebody else may be fetching them
    OWNED = "owned"
    TAKEN = "taken"  # somebody else has it
    PRESENT = "present"  # it is already under its final name
    USURPED = "usurped"  # somebody else has it although its lock was ours
    FILLED = "filled"
    RIGHT = "right"
    WRONG = "wrong"
    REOPENED = "reopened"  # untrusted bytes were dropped, there are holes again
    PUBLISHED = "published"
    LOST = "lost"  # it had its final name or its place, and somebody took it away before the end


TABLE: dict[State, dict[Move, State]] = {
    State.WAITING: {Move.CHOSEN: State.LOCATING, Move.PRESENT: State.PUBLISHING},
    State.LOCATING: {Move.LOCATED: State.CLAIMING, Move.UNREACHED: State.CLAIMING},
    State.CLAIMING: {
        Move.OWNED: State.FETCHING,
        Move.TAKEN: State.FOLLOWING,
        Move.PRESENT: State.PUBLISHING,
    },
    State.FOLLOWING: {
        Move.TAKEN: State.FOLLOWING,
        Move.PRESENT: State.PUBLISHING,
        Move.OWNED: State.FETCHING,
    },
    State.FETCHING: {
        Move.FILLED: State.VERIFYING,
        Move.UNREACHED: State.LOCATING,
        Move.USURPED: State.FOLLOWING,
    },
    State.VERIFYING: {
        Move.RIGHT: State.PUBLISHING,
        Move.WRONG: State.AUDITING,
        Move.USURPED: State.FOLLOWING,
    },
    State.AUDITING: {Move.REOPENED: State.FETCHING, Move.USURPED: State.FOLLOWING},
    State.PUBLISHING: {
        Move.PUBLISHED: State.DONE,
        Move.LOST: State.CLAIMING,
        Move.TAKEN: State.FOLLOWING,
        Move.USURPED: State.FOLLOWING,
    },
    State.DONE: {Move.LOST: State.CLAIMING},
}


# tuples: asked many times for every block, and an enum's hash is slow
_OURS = (State.FETCHING, State.VERIFYING, State.AUDITING)
_COMPLETE = (State.PUBLISHING, State.DONE)


class IllegalMoveError(Exception):
    """A move that the table does not hold: a fault of a driver or of the machine, never of the world."""


def moved(state: State, move: Move) -> State:
    """The state after ``move``. Raises IllegalMoveError and changes nothing when the table has no such row."""
    try:
        return TABLE[state][move]
    except KeyError:
        message = f"a file that is {state.value} cannot be {move.value}"
        raise IllegalMoveError(message) from None


@dataclass(frozen=True, slots=True)
class FileTransfer:
    """One content on its way: ``paths`` are all the places in the snapshot that want it.

    Bytes: ``kept`` are on disk and journalled, ``found`` those of them that an earlier owner left,
    ``promised`` are being fetched; ``hashed`` is how far the digest ran, ``seen`` what was there
    before the file was ours: another owner's bytes, or those that an earlier one left.

    Patience: ``rejected`` counts digests that came out wrong for what the source sent, ``repaired``
    those that came out wrong because of the disk; ``refreshed``: the location was renewed after a
    refusal, and nothing has arrived since; ``unranged``: times the source ignored a range;
    ``usurped``: times it was taken from us; ``lost``: times it was gone once complete; ``look_at`` and
    ``patient_until`` (seconds): when to look at another owner again, and until when to leave it alone even though its
    lock seems free.
    """

    blob_id: str
    size: int
    paths: tuple[str, ...]
    state: State = State.WAITING
    cached: bool = False
    kept: RangeSet = RangeSet()
    found: RangeSet = RangeSet()
    promised: RangeSet = RangeSet()
    hashed: int = 0
    seen: int = 0
    location: Location | None = field(default=None, repr=False)
    locating: bool = False
    hashing: bool = False
    owned: bool = False
    refreshed: bool = False
    rejected: int = 0
    repaired: int = 0
    wrong: str = ""
    unranged: int = 0
    usurped: int = 0
    lost: int = 0
    look_at: float = 0.0
    patient_until: float = 0.0
    tries: Tries = Tries()

    def to(self, move: Move) -> FileTransfer:
        """The file after ``move``."""
        return replace(self, state=moved(self.state, move))

    @property
    def holes(self) -> RangeSet:
        """The bytes that are neither on disk nor being fetched."""
        return self.kept.holes(self.size).minus(self.promised)

    @property
    def on_disk(self) -> int:
        """Bytes of it that are on disk, ours or another owner's."""
        if self.state in _COMPLETE:
            return self.size
        if self.state in _OURS:
            return self.kept.size
        return min(self.seen, self.size)

    @property
    def is_filled(self) -> bool:
        """Whether every byte is journalled."""
        return self.kept.size == self.size

    @property
    def own_bytes(self) -> int:
        """Bytes on disk that this download brought itself."""
        return self.kept.size - self.found.size

    def claimed(self, kept: RangeSet) -> FileTransfer:
        """Ours, with what an earlier owner left."""
        return replace(self.to(Move.OWNED), owned=True, kept=kept, found=kept, hashed=0, hashing=False)

    def given_up(self) -> FileTransfer:
        """No longer ours, because we cannot learn where its bytes are; what is kept stays seen."""
        return replace(self._disowned(Move.UNREACHED), seen=self.kept.size)

    def taken_away(self) -> FileTransfer:
        """Gone once it was complete, ours or another's: nothing is known of it any more."""
        return replace(self._disowned(Move.LOST), cached=False, seen=0, lost=self.lost + 1)

    def robbed(self) -> FileTransfer:
        """Another's by now, although its lock was ours. Where it was said to be will be old when it is ours again."""
        return replace(self._disowned(Move.USURPED), location=None, refreshed=False, usurped=self.usurped + 1)

    def _disowned(self, move: Move) -> FileTransfer:
        """After ``move``, and nothing of it ours."""
        nothing = RangeSet()
        bare = replace(self.to(move), owned=False, kept=nothing, found=nothing, promised=nothing)
        return replace(bare, locating=False, hashing=False, hashed=0)

    def arrived(self, part: ByteRange) -> FileTransfer:
        """With ``part`` on disk; bytes that were kept already are not new."""
        kept = self.kept.add(part)
        new = kept.size - self.kept.size
        return replace(self, kept=kept, refreshed=False, tries=self.tries.arrived(new))

    def without(self, gone: RangeSet) -> FileTransfer:
        """Without bytes that are not to be trusted; the digest starts again."""
        return replace(self, kept=self.kept.minus(gone), found=self.found.minus(gone), hashed=0)

    def unplaced(self, *, refused: bool) -> FileTransfer:
        """With no location: the one that it had is used up."""
        return replace(self, location=None, refreshed=self.refreshed or refused)

    def promise(self, part: ByteRange) -> FileTransfer:
        """With ``part`` asked for."""
        return replace(self, promised=self.promised.add(part))

    def unpromise(self, part: ByteRange) -> FileTransfer:
        """With ``part`` no longer asked for."""
        return replace(self, promised=self.promised.remove(part))
