"""The whole download as one machine: events in, commands out, and every decision made here.

Rule: the machine reads no clock and touches no world. A driver carries out its commands, in order, and
tells it what happened; the same machine runs under threads, in a child process and in a simulator.
A file's legal moves are the table in ``transfer``; this module says which move an event is. The bytes an
exchange was asked for are its own until it has ended, so no byte is ever written by two of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, assert_never

from ..errors import CacheError, IntegrityError, ModelFetchError, NetworkError, PlanDriftError
from . import events as ev
from .assign import Step, ToFetch, ToLocate, ToOpen, next_step
from .board import Board, Exchange
from .listing import is_commit, is_sha256
from .progress import DownloadStatus, Observation
from .ranges import RangeSet
from .refusal import Question, is_transient, refusal
from .schedule import Width
from .stall import Watch, floor_under
from .transfer import FileTransfer, Move, State

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLLOW_EVERY = 0.25
"""Seconds between two looks at another owner: a dead one is replaced well within two seconds."""

PATIENCE = 10.0
"""Seconds without growth before a file is taken back from an owner that took it from us: locks lie there."""

GRACE = 0.05
"""Seconds that an ending download waits for its exchanges to hand in what they have on disk."""

HASH_STEP = 8 << 20
"""Bytes that a finished prefix has to grow by before it is hashed further."""

MOST_REJECTIONS = 2
"""Wrong digests for what the source sent, before it is believed to have nothing better."""

MOST_REPAIRS = 3
"""Wrong digests because of the disk, before the disk is believed to be broken."""

_REFUSED = frozenset({401, 403})
_NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Policy:
    """What the caller may choose: connections (None: adaptive), seconds, bytes a second (None: no limit)."""

    max_connections: int | None = None
    stall_timeout: float = 30.0
    bandwidth_limit: float | None = None


class Machine:
    """One download. Feed it events with :meth:`handle`; it is done when a ``Finish`` comes out.

    ``files``: one :class:`FileTransfer` for each content, ``asked``: what a message names as asked for.
    """

    def __init__(self, files: Iterable[FileTransfer], policy: Policy, asked: Question) -> None:
        self.outcome: ev.Outcome | None = None
        self._board = Board(files)
        self._policy = policy
        self._asked = asked
        self._numbers = count(1)
        self._out: list[ev.Command] = []
        self._now = 0.0
        self._width = Width.start(policy.max_connections, 0.0)
        self._rest_until = 0.0
        self._fetching = False
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
                self._discard = discard
                self._end(ev.Cancelled())
            case ev.Located():
                self._on_located(event)
            case ev.Claimed(name, kept):
                self._on_claimed(self._board.files[name], kept)
            case ev.OwnerSeen(name, on_disk):
                self._on_owner_seen(self._board.files[name], on_disk)
            case ev.Present(name):
                self._on_present(self._board.files[name])
            case ev.Usurped(name):
                self._on_usurped(self._board.files[name])
            case ev.Arrived():
                self._on_arrived(event)
            case ev.Ended(number, end, jitter):
                self._on_ended(number, end, jitter)
            case ev.Hashed():
                self._on_hashed(self._board.files[event.file], event)
            case ev.Audited(name, lies):
                self._on_audited(self._board.files[name], lies)
            case ev.Published(name):
                self._board.put(self._board.files[name].to(Move.PUBLISHED))
            case ev.Sealed():
                self._end(ev.Complete())
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
        window = self._policy.stall_timeout
        watch = exchange.watch.check(self._now, window, floor_under(self._policy.bandwidth_limit, window, self._width.now))
        if watch is exchange.watch:
            return
        if watch is not None:
            self._board.exchanges[number] = replace(exchange, watch=watch)
        elif not exchange.stalled:
            self._board.exchanges[number] = replace(exchange, stalled=True, watch=Watch(self._now))
            self._do(ev.Stop(number))
        else:
            self._give_up(self._board.files[exchange.file], "the connection stalled and cannot be ended", None)

    def _look_again(self, file: FileTransfer) -> None:
        if self._now >= file.look_at:
            self._board.put(replace(file, look_at=_NEVER))
            patient = self._now < file.patient_until
            self._do(ev.Look(file.blob_id) if patient else ev.Claim(file.blob_id))

    def _on_located(self, event: ev.Located) -> None:
        file = self._board.files[event.file]
        if event.exchange not in self._board.exchanges:
            return
        if (drift := _drift(file, event)) is not None:
            self._fail(
                PlanDriftError(
                    f"{self._asked.repo_id}/{file.paths[0]} is no longer what was planned: the Hub now offers {drift}. The "
                    "planned content was expected. Nothing of it was fetched; plan again.",
                    repo_id=self._asked.repo_id,
                    path=file.paths[0],
                )
            )
            return
        file = replace(file, location=event.location)
        if file.state is State.LOCATING:
            file = file.to(Move.LOCATED)
            self._do(ev.Claim(file.blob_id))
        self._board.put(file)

    def _on_claimed(self, file: FileTransfer, kept: RangeSet) -> None:
        self._verify_more(self._board.put(file.claimed(kept)))

    def _on_owner_seen(self, file: FileTransfer, on_disk: int) -> None:
        grown = max(0, on_disk - file.seen) if file.state is State.FOLLOWING else 0
        self._board.arrived += grown
        self._board.put(
            replace(
                file.to(Move.TAKEN),
                seen=max(on_disk, file.seen),
                look_at=self._now + FOLLOW_EVERY,
                patient_until=self._now + PATIENCE if grown and file.patient_until else file.patient_until,
            )
        )

    def _on_present(self, file: FileTransfer) -> None:
        self._board.put(file.to(Move.PRESENT))
        self._do(ev.Adopt(file.blob_id))

    def _on_usurped(self, file: FileTransfer) -> None:
        """Another process took the file over although its lock was ours: leave it to that one, for now."""
        if not file.owned:
            return
        for number in [key for key, exchange in self._board.exchanges.items() if exchange.file == file.blob_id]:
            self._do(ev.Stop(number))
            del self._board.exchanges[number]
        self._do(ev.Release(file.blob_id))
        empty = RangeSet()
        file = replace(file, owned=False, kept=empty, promised=empty, fetched=0, locating=False)
        seen = file.to(Move.USURPED)
        self._board.put(replace(seen, look_at=self._now + FOLLOW_EVERY, patient_until=self._now + PATIENCE))

    def _on_arrived(self, event: ev.Arrived) -> None:
        if event.exchange in self._board.exchanges:
            self._board.brought(event.exchange, event.piece.range)
            self._verify_more(self._board.put(self._board.files[event.file].arrived(event.piece.range)))

    # ------------------------------------------------------------------ the end of an exchange

    def _on_ended(self, number: int, end: ev.End, jitter: float) -> None:
        exchange = self._board.exchanges.pop(number, None)
        if exchange is None:
            return
        file = self._board.files[exchange.file]
        file = file.unpromise(exchange.part) if exchange.part else replace(file, locating=False)
        file = self._board.put(file)
        if self._ending is not None:
            return
        match ev.Broken("the connection stalled") if exchange.stalled else end:
            case ev.Delivered():
                self._on_delivered(file, exchange, jitter)
            case ev.Broken(message):
                self._try_again(file, jitter, message)
            case ev.Unranged():
                file = replace(file, unranged=file.unranged + 1)
                self._try_again(file, jitter, "the source answered a range with the whole file")
            case ev.Answered() as answer:
                self._on_answered(file, exchange, answer, jitter)
            case ev.Refused(error):
                self._fail(error)
            case other:
                assert_never(other)

    def _on_delivered(self, file: FileTransfer, exchange: Exchange, jitter: float) -> None:
        """A delivery has to have delivered: a well-formed answer may still be short."""
        missing = file.location is None if exchange.part is None else file.holes.touches(exchange.part)
        if missing:
            self._try_again(file, jitter, "the answer was shorter than it said")

    def _on_answered(self, file: FileTransfer, exchange: Exchange, end: ev.Answered, jitter: float) -> None:
        if is_transient(end):
            self._try_again(file, jitter, f"the source answered HTTP {end.status}", end)
        elif exchange.part is not None and end.status in _REFUSED and exchange.location != file.location:
            return  # that location was already given up
        elif exchange.part is not None and end.status in _REFUSED and not file.refreshed:
            self._board.put(replace(file, location=None, refreshed=True))
        else:
            self._fail(refusal(end, self._question(file)))

    def _try_again(self, file: FileTransfer, jitter: float, why: str, end: ev.Answered | None = None) -> None:
        wait = end.wait if end else None
        tries = file.tries.failed(self._now, jitter, wait)
        if tries is None:
            self._give_up(file, why, end)
            return
        if wait is not None:
            self._rest_until = max(self._rest_until, tries.rest_until)
        self._board.put(replace(file, tries=tries))

    def _give_up(self, file: FileTransfer, why: str, end: ev.Answered | None) -> None:
        if end is not None:
            self._fail(refusal(end, self._question(file)))
            return
        self._fail(
            NetworkError(
                f"{file.paths[0]} of {self._asked.repo_id} could not be fetched from {self._asked.endpoint}: {why}, "
                f"{file.tries.failures + 1} times in a row. A steady connection was expected. What was already fetched is "
                "kept; try again, the download goes on where it stopped."
            )
        )

    def _question(self, file: FileTransfer) -> Question:
        return replace(self._asked, path=file.paths[0])

    # ------------------------------------------------------------------ from bytes to a verified file

    def _verify_more(self, file: FileTransfer) -> None:
        if file.state is State.FETCHING and file.is_filled:
            file = self._board.put(file.to(Move.FILLED))
        if file.hashing or file.state not in {State.FETCHING, State.VERIFYING}:
            return
        prefix = file.kept.prefix
        if file.state is State.VERIFYING or prefix - file.hashed >= HASH_STEP:
            self._board.put(replace(file, hashing=True))
            self._do(ev.Hash(file.blob_id, prefix))

    def _on_hashed(self, file: FileTransfer, event: ev.Hashed) -> None:
        if not file.owned or not file.hashing:
            return
        file = self._board.put(replace(file, hashing=False, hashed=event.upto))
        if event.digest is None or file.state is not State.VERIFYING:
            self._verify_more(file)
        elif event.digest == file.blob_id:
            self._board.put(file.to(Move.RIGHT))
            self._do(ev.Publish(file.blob_id))
        else:
            self._board.put(replace(file.to(Move.WRONG), wrong=event.digest))
            self._do(ev.Audit(file.blob_id))

    def _on_audited(self, file: FileTransfer, lies: RangeSet) -> None:
        """The disk lied: fetch those bytes. The disk is true, so the source lied: fetch them all, once."""
        if file.state is not State.AUDITING:
            return
        file = replace(file, repaired=file.repaired + bool(lies), rejected=file.rejected + (not lies))
        if file.rejected >= MOST_REJECTIONS or file.repaired > MOST_REPAIRS:
            self._board.put(file)
            self._do(ev.Release(file.blob_id, discard=True))
            self._fail(_corrupt(file) if file.rejected >= MOST_REJECTIONS else _forgetful(file))
            return
        gone = lies or RangeSet.whole(file.size)
        self._do(ev.Discard(file.blob_id, gone))
        location = file.location if lies else None
        self._verify_more(self._board.put(replace(file.without(gone).to(Move.REOPENED), location=location)))

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
                number = self._begin(Exchange(file.blob_id, Watch(self._now)))
                self._board.put(replace(file, locating=True))
                self._do(ev.Locate(number, file.blob_id))
            case ToFetch(file, part, whole):
                self._fetching = True
                self._board.put(file.promise(part))
                location = file.location or ev.Location("")
                number = self._begin(Exchange(file.blob_id, Watch(self._now), part, location))
                self._do(ev.Fetch(number, file.blob_id, part, location, whole))
            case _:
                assert_never(step)

    def _begin(self, exchange: Exchange) -> int:
        number = next(self._numbers)
        self._board.exchanges[number] = exchange
        return number

    def _do(self, command: ev.Command) -> None:
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
            if file.owned and file.state is not State.DONE:
                self._do(ev.Release(file.blob_id, discard=self._discard))
        self.outcome = self._ending
        self._do(ev.Finish(self._ending))

    # ------------------------------------------------------------------ what an observer sees

    def observe(self) -> Observation:
        """How far the download is."""
        board = self._board
        return Observation(
            status=self._status(),
            on_disk=board.on_disk,
            arrived=board.arrived,
            reused=max(0, board.on_disk - board.own),
            files_done=board.paths_done,
            current_file=next((board.files[name].paths[0] for name in (*board.open, *board.following)), None),
            message=self._message(),
            error=type(self.outcome.error).__name__ if isinstance(self.outcome, ev.Failure) else None,
        )

    @property
    def transferred(self) -> int:
        """Bytes of content that came over the network, fetched again or not."""
        return self._board.transferred

    def _status(self) -> DownloadStatus:
        match self.outcome:
            case ev.Complete():
                return DownloadStatus.COMPLETE
            case ev.Cancelled():
                return DownloadStatus.CANCELLED
            case ev.Failure():
                return DownloadStatus.ERROR
            case None:
                return self._running_status()
            case _:
                assert_never(self.outcome)

    def _running_status(self) -> DownloadStatus:
        states = {self._board.files[name].state for name in self._board.open}
        if State.FETCHING in states or self._board.following:
            return DownloadStatus.DOWNLOADING
        if states & {State.VERIFYING, State.AUDITING, State.PUBLISHING} and not self._board.waiting:
            return DownloadStatus.VERIFYING
        return DownloadStatus.DOWNLOADING if self._fetching else DownloadStatus.CHECKING

    def _message(self) -> str:
        if isinstance(self.outcome, ev.Failure):
            return str(self.outcome.error)
        resting = [name for name in self._board.open if self._board.files[name].tries.rest_until > self._now]
        if self._now < self._rest_until or (resting and not self._board.exchanges):
            return "waiting before another try"
        if self._board.following and not self._board.exchanges:
            return "another process is downloading this file"
        return ""


def _drift(file: FileTransfer, event: ev.Located) -> str | None:
    """What the Hub offers instead of the planned content, or None when it offers just that.

    An ETag that is no digest of the planned kind says nothing: mirrors make up their own.
    """
    same_kind = is_sha256 if is_sha256(file.blob_id) else is_commit
    if event.etag is not None and same_kind(event.etag) and event.etag != file.blob_id:
        return f"content {event.etag[:12]}... instead of {file.blob_id[:12]}..."
    if event.size is not None and event.size != file.size:
        return f"{event.size} bytes instead of {file.size}"
    return None


def _corrupt(file: FileTransfer) -> IntegrityError:
    return IntegrityError(
        f"{file.paths[0]} came with the digest {file.wrong} twice, {file.blob_id} was promised. The bytes were fetched "
        "again once, then thrown away; nothing was published. Try another endpoint, or tell the repo's owner.",
        path=file.paths[0],
        expected=file.blob_id,
        actual=file.wrong,
    )


def _forgetful(file: FileTransfer) -> CacheError:
    return CacheError(
        f"The disk does not keep what is written to it: {file.paths[0]} was repaired {MOST_REPAIRS} times and reads "
        "differently each time. Bytes that stay were expected. They were thrown away; check the disk.",
    )
