"""The whole download as one machine: events in, commands out, and every decision made here.

Rule: the machine reads no clock and touches no world. A driver carries out its commands, in order, and
tells it what happened; the same machine runs under threads and in a simulator.
A file's legal moves are the table in ``file``; this module says which move an event is. The bytes an
exchange was asked for are its own until it has ended, so no byte is ever written by two of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from ...errors import ModelFetchError, NetworkError
from . import events as ev
from .assign import Step, ToFetch, ToLocate, ToOpen, next_step
from .blame import drifted, taken_away, unsteady
from .board import Board, Exchange
from .file import FileTransfer, Move, State
from .following import adopted, followed, given_way, grown, left_to_others, next_look, ownerless
from .observe import observe
from .schedule import Width
from .stall import Watch
from .verdict import Ending, GiveUp, GoOn, LocateAgain, TryAgain, judge
from .verifying import audited, digested, hashed_further, past_mending, reopened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..ranges import RangeSet
    from ..wire import ends
    from ..wire.refusal import Question
    from .policy import Policy
    from .progress import Observation

MOST_STOPS = 2
"""Times that an exchange is told to end; it may have been the process that slept through the first window, not it."""

MOST_LOST = 3
"""Times that a complete content may be gone before the end; whoever moves it has it, and needs it once."""

GRACE = 0.03
"""Seconds that an ending download waits for its exchanges to hand in what they have on disk."""

_NEVER = float("inf")
_UNOWNED = frozenset({State.WAITING, State.LOCATING, State.CLAIMING})


class Machine:
    """One download. Feed it events with :meth:`handle`; it is done when a ``Finish`` comes out.

    ``files``: one :class:`FileTransfer` for each content, ``asked``: what a message names as asked for.
    """

    def __init__(self, files: Iterable[FileTransfer], policy: Policy, asked: Question) -> None:
        self.outcome: ev.Outcome | None = None
        self._board = Board(files)
        self._policy = policy
        self._asked = asked
        self._out: list[ev.Command] = []
        self._now = 0.0
        self._width = Width.start(policy.max_connections, 0.0)
        self._rest_until = 0.0
        self._sealing = False
        self._ending: ev.Outcome | None = None
        self._discard = False
        self._grace_until = _NEVER

    # ------------------------------------------------------------------ the two questions a driver asks

    def handle(self, event: ev.Event, now: float) -> tuple[ev.Command, ...]:
        """What to do after ``event`` at ``now`` (seconds, never going back)."""
        if self.outcome is not None:
            return ()
        self._now, self._out = now, []
        self._react(event)
        if self._ending is None:
            self._go_on()
        if self._ending is not None:
            self._wind_up()
        return tuple(self._out)

    def wake_at(self) -> float:
        """When the next Tick is due (seconds); it does no harm to come sooner."""
        board, window = self._board, self._policy.stall_timeout
        times = [exchange.watch.since + window for exchange in board.exchanges.values()]
        times += [board.files[name].look_at for name in board.following]
        times += [board.files[name].tries.rest_until for name in board.open]
        times += [self._rest_until, self._grace_until]
        return min((time for time in times if time > self._now), default=_NEVER)

    # ------------------------------------------------------------------ reactions

    def _react(self, event: ev.Event) -> None:  # noqa: C901, PLR0912 - one line a case is the plainest dispatch
        match event:
            case ev.Started():
                self._width = Width.start(self._policy.max_connections, self._now)
            case ev.Tick():
                self._on_tick()
            case ev.CancelAsked(discard):
                self._discard |= discard
                self._end(ev.Cancelled())
            case ev.Located():
                self._on_located(event)
            case ev.Claimed(name, kept):
                self._on_claimed(self._board.files[name], kept)
            case ev.OwnerSeen(name, on_disk):
                self._on_owner_seen(self._board.files[name], on_disk)
            case ev.OwnerGone(name):
                self._take_up(*ownerless(self._board.files[name], self._now))
            case ev.Present(name):
                self._on_present(self._board.files[name])
            case ev.Usurped(name):
                self._on_usurped(self._board.files[name])
            case ev.Arrived():
                self._on_arrived(event)
            case ev.Passed(number, count):
                if number in self._board.exchanges:
                    self._board.brought(number, count)
            case ev.Ended(number, end, jitter):
                self._on_ended(number, end, jitter)
            case ev.Hashed():
                self._on_hashed(self._board.files[event.file], event)
            case ev.Audited(name, lies):
                self._on_audited(self._board.files[name], lies)
            case ev.Published(name):
                self._board.put(replace(self._board.files[name].to(Move.PUBLISHED), owned=False))
            case ev.Lost(name):
                self._on_lost(self._board.files[name])
            case ev.Sealed():
                self._end(ev.Complete())
            case ev.Unsealed(names):
                self._on_unsealed(names)
            case ev.Failed(_, error):
                self._fail(error)
            case _:
                assert_never(event)

    def _on_tick(self) -> None:
        for number, exchange in list(self._board.exchanges.items()):
            self._watch(number, exchange)
        for name in list(self._board.following):
            self._look_again(self._board.files[name])

    def _watch(self, number: int, exchange: Exchange) -> None:
        """Stop an exchange that brings too little; one that does not even stop is the end."""
        checked = exchange.checked(self._now, self._policy.stall_timeout, self._policy.floor(self._width.now))
        if checked.stops > MOST_STOPS:
            why = "the connection stalled and cannot be ended"
            self._fail(unsteady(self._board.files[exchange.file], why, self._asked))
            return
        self._board.exchanges[number] = checked
        if checked.stops > exchange.stops:
            self._do(ev.Stop(number))

    def _look_again(self, file: FileTransfer) -> None:
        if self._now >= file.look_at:
            self._board.put(replace(file, look_at=_NEVER))
            self._do(next_look(file, self._now))

    def _on_located(self, event: ev.Located) -> None:
        file = self._board.files[event.file]
        if event.exchange not in self._board.exchanges:
            return
        if (drift := drifted(file, event.etag, event.size, self._asked)) is not None:
            self._fail(drift)
            return
        file = replace(file, location=event.location)
        if file.state is State.LOCATING:
            file = file.to(Move.LOCATED)
            self._do(ev.Claim(file.blob_id))
        self._board.put(file)

    def _on_claimed(self, file: FileTransfer, kept: RangeSet) -> None:
        file = self._board.put(file.claimed(kept))
        if file.holes and file.location is None and self._now < file.tries.rest_until:
            self._take_up(*left_to_others(file))
        else:
            self._verify_more(file)

    def _on_owner_seen(self, file: FileTransfer, on_disk: int) -> None:
        if brought := grown(file, on_disk):
            self._board.arrived += brought
            self._take_heart()
        self._board.put(followed(file, on_disk, self._now))

    def _take_heart(self) -> None:
        """Somebody else brings bytes: who cannot reach the Hub does not give up before that one does."""
        for name in self._board.open:
            file = self._board.files[name]
            if file.state is State.LOCATING and file.tries.failures:
                self._board.put(replace(file, tries=replace(file.tries, failures=0)))

    def _on_present(self, file: FileTransfer) -> None:
        self._take_heart()
        self._take_up(*adopted(file))

    def _on_usurped(self, file: FileTransfer) -> None:
        """Another process took the file over although its lock was ours: leave it to that one, for now."""
        if not file.owned:
            return
        self._abandon(file)
        self._do(ev.Release(file.blob_id))
        self._board.put(given_way(file, self._now))

    def _abandon(self, file: FileTransfer) -> None:
        """What is under way for it is nothing to it any more, though it may take long to end."""
        for number in [key for key, exchange in self._board.exchanges.items() if exchange.file == file.blob_id]:
            self._do(ev.Stop(number))
            del self._board.exchanges[number]

    def _on_arrived(self, event: ev.Arrived) -> None:
        if event.exchange in self._board.exchanges:
            self._board.brought(event.exchange, event.piece.range.size)
            self._verify_more(self._board.put(self._board.files[event.file].arrived(event.piece.range)))

    def _on_ended(self, number: int, end: ends.End, jitter: float) -> None:
        exchange = self._board.exchanges.pop(number, None)
        if exchange is None:
            return
        file = self._board.files[exchange.file]
        file = file.unpromise(exchange.part) if exchange.part else replace(file, locating=False)
        file = self._board.put(file)
        match judge(end, Ending(exchange, file, self._asked, self._now, jitter)):
            case GoOn():
                pass
            case TryAgain(tries, rest_all, unranged, elsewhere):
                self._rest_until = max(self._rest_until, tries.rest_until if rest_all else 0.0)
                self._try_again(replace(file, tries=tries, unranged=file.unranged + unranged))
                if elsewhere:
                    self._board.put(self._board.files[file.blob_id].unplaced(refused=False))
            case LocateAgain():
                self._board.put(file.unplaced(refused=True))
            case GiveUp(error):
                self._fail(error)
            case other:
                assert_never(other)

    def _try_again(self, file: FileTransfer) -> None:
        """Later. Where the bytes are could not be asked: somebody else may be bringing them, or may want to."""
        if file.state is State.LOCATING:
            file = file.to(Move.UNREACHED)
            self._do(ev.Claim(file.blob_id))
        self._board.put(file)
        if file.state is State.FETCHING and file.location is None and not file.promised:
            self._take_up(*left_to_others(file))

    # ------------------------------------------------------------------ from bytes to a verified file

    def _verify_more(self, file: FileTransfer) -> None:
        self._take_up(*hashed_further(file))

    def _take_up(self, file: FileTransfer, command: ev.Command | None) -> None:
        self._board.put(file)
        if command is not None:
            self._do(command)

    def _on_hashed(self, file: FileTransfer, event: ev.Hashed) -> None:
        if file.owned and file.hashing:
            self._take_up(*digested(file, event))

    def _on_audited(self, file: FileTransfer, lies: RangeSet) -> None:
        if file.state is not State.AUDITING:
            return
        file = audited(file, lies)
        if (error := past_mending(file)) is not None:
            self._take_up(replace(file, owned=False), ev.Release(file.blob_id, discard=True))
            self._fail(error)
            return
        file, discard = reopened(file, lies)
        self._take_up(file, discard)
        self._verify_more(file)

    def _on_lost(self, file: FileTransfer) -> None:
        """Where there are no links another download moves it to its own place; then it is to be had there, or anew."""
        self._abandon(file)
        file = self._board.put(file.taken_away())
        if file.lost > MOST_LOST:
            self._fail(taken_away(file))
        else:
            self._do(ev.Claim(file.blob_id))

    def _on_unsealed(self, names: tuple[str, ...]) -> None:
        self._sealing = False
        for name in names:
            self._on_lost(self._board.files[name])

    # ------------------------------------------------------------------ what comes next

    def _go_on(self) -> None:
        board = self._board
        busy = len(board.exchanges) >= self._width.now
        self._width = self._width.measured(board.arrived, self._now, busy=busy)
        while self._now >= self._rest_until and len(board.exchanges) < self._width.now:
            step = next_step(board, self._width.now, self._now)
            if step is None:
                break
            self._take(step)
        if board.is_done and not self._sealing:
            self._sealing = True
            self._do(ev.Seal())

    def _take(self, step: Step) -> None:
        match step:
            case ToOpen(file):
                self._board.waiting.popleft()
                if file.cached:
                    self._on_present(file)
                else:
                    self._board.put(file.to(Move.CHOSEN))
            case ToLocate(file):
                number = self._board.begin(Exchange(file.blob_id, Watch(self._now)))
                self._board.put(replace(file, locating=True))
                self._do(ev.Locate(number, file.blob_id))
            case ToFetch(file, part, location, whole):
                self._board.put(file.promise(part))
                number = self._board.begin(Exchange(file.blob_id, Watch(self._now), part, location))
                self._do(ev.Fetch(number, file.blob_id, part, location, whole))
            case _:
                assert_never(step)

    def _do(self, command: ev.Command) -> None:
        """Have it done; once the download is ending nothing new is begun."""
        if self._ending is None or isinstance(command, ev.Stop | ev.Release | ev.Finish):
            self._out.append(command)

    # ------------------------------------------------------------------ the end

    def _fail(self, error: ModelFetchError) -> None:
        if isinstance(error, NetworkError):
            error.bytes_kept = self._board.on_disk
        self._end(ev.Failure(error))

    def _end(self, outcome: ev.Outcome) -> None:
        """Begin to end: stop every exchange, then wait a moment for what each has on disk."""
        if self._ending is not None:
            return
        self._ending = outcome
        self._grace_until = self._now + GRACE
        for number in self._board.exchanges:
            self._do(ev.Stop(number))

    def _wind_up(self) -> None:
        if self._ending is None or (self._board.exchanges and self._now < self._grace_until):
            return
        for file in self._board.files.values():
            left = self._discard and file.state in _UNOWNED and file.seen and not file.cached
            if file.owned or left:
                self._do(ev.Release(file.blob_id, discard=self._discard))
        self.outcome = self._ending
        self._do(ev.Finish(self._ending))

    # ------------------------------------------------------------------ what an observer sees

    def observe(self) -> Observation:
        """How far the download is."""
        return observe(self._board, self.outcome, resting=self._now < self._rest_until, now=self._now)

    @property
    def transferred(self) -> int:
        """Bytes of content that came over the network, fetched again or not."""
        return self._board.transferred
