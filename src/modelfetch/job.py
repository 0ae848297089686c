"""One running download, seen from outside: a handle that any thread may hold.

Rule: pull first, push is a convenience over it. A look (:meth:`DownloadJob.snapshot`) takes no lock; the latest
value wins and nothing queues up. The job settles exactly once, a cancel settles it within 100 ms whatever its
threads are stuck in, and the terminal snapshot reaches every subscriber before ``result`` returns.
"""

from __future__ import annotations

import atexit
import queue
import threading
import time
import weakref
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from .cancel import CancelToken
from .core.progress import DownloadProgress, DownloadStatus
from .errors import DownloadCancelled
from .subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator
    from pathlib import Path

    from .cancel import SupportsIsSet
    from .core.plan import PlannedFile

SETTLE_WITHIN = 0.05
"""Seconds a cancel waits for its threads; the contract gives 100 ms in all, and a busy machine wakes late."""

DRAIN_WITHIN = 2.0
"""Seconds that ``result`` waits for subscribers to see the end: a stuck one must not hold back a result."""

EXIT_WITHIN = 2.0
"""Seconds that the interpreter's exit waits for threads to end, for all jobs together."""

CANCELLED = "The download was cancelled. What was already fetched is kept; the next call goes on from there."

_LOOK_EVERY = 0.05
_REPORT_STEP = 0.02


@dataclass(frozen=True, slots=True)
class DownloadResult:
    """What a download brought. ``path`` is the snapshot folder, ``elapsed`` seconds, the rest bytes.

    ``bytes_transferred`` came over the network (bytes that had to be fetched twice count twice),
    ``bytes_reused`` were on disk already or were brought by somebody else.
    """

    path: Path
    commit: str
    files: tuple[PlannedFile, ...]
    bytes_transferred: int
    bytes_reused: int
    elapsed: float
    progress: DownloadProgress


class DownloadJob:
    """A download that runs on its own threads. Made by ``start_download``; every method may be called from any thread."""

    def __init__(self, work: Callable[[DownloadJob], DownloadResult], cancel: SupportsIsSet | None = None) -> None:
        self._work = work
        self._cancel = cancel
        self._changed = threading.Condition()
        self._latest = DownloadProgress()
        self._measured = self._latest
        self._first: DownloadProgress | None = None
        self._may_start = threading.Event()
        self._may_start.set()
        self._result: DownloadResult | None = None
        self._error: BaseException | None = None
        self._settled = False
        self._bells: list[queue.SimpleQueue[None]] = []
        self._cancelling = False
        self._discard = False
        self._stoppers: list[Callable[[], object]] = []
        self._subscriptions: list[Subscription] = []
        self._callbacks: list[Callable[[DownloadJob], object]] = []
        self._thread = threading.Thread(target=self._run, name="modelfetch-job", daemon=True)

    # ------------------------------------------------------------------ for hosts

    def snapshot(self) -> DownloadProgress:
        """The latest progress; takes no lock, so it may be called in a draw function."""
        return self._latest

    def cancel(self, discard: bool = False) -> None:  # noqa: FBT001, FBT002 - the one question a Cancel button asks
        """End the download, keeping its bytes unless ``discard``. Returns at once; idempotent."""
        with self._changed:
            if self._settled or self._cancelling:
                return
            self._cancelling, self._discard = True, discard
            stoppers = tuple(self._stoppers)
        for stop in stoppers:
            stop()
        with suppress(RuntimeError):  # since 3.12 an interpreter that exits starts no thread; nobody waits for it then
            threading.Thread(target=self._settle_in_time, name="modelfetch-cancel", daemon=True).start()

    def done(self) -> bool:
        """Whether it has settled: complete, failed or cancelled."""
        return self._settled

    def result(self, timeout: float | None = None) -> DownloadResult:
        """Wait for the result. Raises what the download raised, or TimeoutError after ``timeout`` seconds."""
        error = self.exception(timeout)
        if error is not None:
            raise error
        assert self._result is not None  # noqa: S101 - settled without an error means with a result
        return self._result

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the end; the error, or None. Raises TimeoutError after ``timeout`` seconds."""
        if not self._wait(timeout):
            message = f"the download has not ended within {timeout} seconds"
            raise TimeoutError(message)
        until = time.monotonic() + DRAIN_WITHIN
        for subscription in tuple(self._subscriptions):
            subscription.join(until - time.monotonic())
        return self._error

    def add_done_callback(self, fn: Callable[[DownloadJob], object]) -> None:
        """Call ``fn(job)`` once it has settled, on a thread of the job's (at once, on this one, when it has)."""
        with self._changed:
            if not self._settled:
                self._callbacks.append(fn)
                return
        Subscription.deliver(partial(fn, self))

    def subscribe(
        self,
        fn: Callable[[DownloadProgress], object],
        *,
        interval: float = 0.1,
        post: Callable[[Callable[[], object]], object] | None = None,
    ) -> Callable[[], None]:
        """Call ``fn(progress)`` on a thread of its own, at most every ``interval`` seconds; returns what ends that.

        ``post`` is called instead with a callable without arguments, for hosts that must be entered on
        their own thread (``loop.call_soon_threadsafe``, a GUI's "invoke later"). An ``fn`` that
        raises is logged and not called again. The first and the terminal snapshot are always delivered.
        """
        subscription = Subscription(self._next_snapshot, fn, interval, post)
        self._subscriptions.append(subscription)
        subscription.start()
        return subscription.cancel

    def updates(self, interval: float = 0.1) -> AsyncIterator[DownloadProgress]:
        """Snapshots as an asyncio iterator, at most every ``interval`` seconds; ends after the terminal one."""
        from .subscription import updates  # noqa: PLC0415 - asyncio is only for those who use it

        return updates(self, interval)

    def __await__(self) -> Generator[object, None, DownloadResult]:
        from .subscription import settled  # noqa: PLC0415 - asyncio is only for those who use it

        return settled(self).__await__()

    def __repr__(self) -> str:
        return f"<DownloadJob {self._latest.status.value} {self._latest.percent}%>"

    # ------------------------------------------------------------------ for the verbs

    def start(self) -> DownloadJob:
        """Begin; the first job of a process registers the exit hook."""
        _live.add(self)
        _exit_hook.register()
        if isinstance(self._cancel, CancelToken):
            forget = self._cancel.on_cancel(self.cancel)
            self.add_done_callback(lambda _: forget())
        self._thread.start()
        return self

    def follow(self, progress: Callable[[DownloadProgress], object] | None, interval: float) -> DownloadResult:
        """Start, then call ``progress`` on this thread until the end; what it raises ends the download."""
        if progress is not None:
            self._may_start.clear()
        self.start()
        try:
            if progress is not None:
                self._report(progress, interval)
            while not self._wait(_LOOK_EVERY):
                self.look()
        except BaseException:
            self.cancel()
            self._wait(SETTLE_WITHIN)
            raise
        return self.result()

    def _wait(self, timeout: float | None) -> bool:
        """Wait until it has settled, on a queue of this caller's own; whether it has.

        A queue is written in C, so Ctrl-C here cannot leave a lock behind that the job's threads would wait for.
        """
        bell: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._bells.append(bell)
        try:
            if not self._settled:
                bell.get(timeout=timeout)
        except queue.Empty:
            pass
        finally:
            self._bells.remove(bell)
        return self._settled

    def _report(self, progress: Callable[[DownloadProgress], object], interval: float) -> None:
        shown, at = -1, float("-inf")
        while True:
            self.look()
            latest = self._newer_than(shown)
            if latest is None or (not latest.status.is_final and time.monotonic() - at < interval):
                self._wait(_REPORT_STEP)
                continue
            shown, at = latest.seq, time.monotonic()
            progress(latest)
            self._may_start.set()
            if latest.status.is_final:
                return

    # ------------------------------------------------------------------ for its own work

    @property
    def discards(self) -> bool:
        """Whether the cancel wants the kept bytes gone."""
        return self._discard

    def on_stop(self, stop: Callable[[], object]) -> None:
        """Have ``stop`` called when the job is cancelled; at once when it was."""
        with self._changed:
            self._stoppers.append(stop)
            late = self._cancelling
        if late:
            stop()

    def look(self) -> None:
        """Take notice of a cancel that nobody announces (a plain event). Raises nothing."""
        if self._cancel is not None and not self._cancelling and self._cancel.is_set():
            self.cancel()

    def wanted(self) -> None:
        """Raise DownloadCancelled when the job was cancelled."""
        self.look()
        if self._cancelling:
            raise self._cancelled()

    def begin(self, first: DownloadProgress) -> None:
        """The plan is known: show ``first``, and wait until a caller who wants to see it first has."""
        with self._changed:
            self._first = first
        self.show(first)
        while not self._may_start.wait(_LOOK_EVERY):
            self.wanted()
        self.wanted()

    def show(self, progress: DownloadProgress) -> None:
        """The latest progress; a terminal one is shown by settling alone."""
        with self._changed:
            self._measured = progress
            if not self._settled and not progress.status.is_final:
                self._latest = progress
                self._changed.notify_all()

    # ------------------------------------------------------------------ settling

    def _run(self) -> None:
        try:
            result = self._work(self)
        except BaseException as error:  # noqa: BLE001 - it is raised again by ``result``
            self._settle(None, error)
        else:
            self._settle(result, None)

    def _settle_in_time(self) -> None:
        """A cancel's last word: after a short while the job is over, whatever its threads are stuck in."""
        if not self._wait(SETTLE_WITHIN):
            self._settle(None, self._cancelled())

    def _settle(self, result: DownloadResult | None, error: BaseException | None) -> None:
        with self._changed:
            if self._settled:
                return
            if result is not None and self._cancelling:
                result, error = None, self._cancelled()
            self._latest = self._terminal(result, error)
            if isinstance(error, DownloadCancelled):
                error.progress = self._latest
            self._result = replace(result, progress=self._latest) if result else None
            self._error = error
            self._first = self._first or self._latest
            self._settled = True
            self._changed.notify_all()
            callbacks, self._callbacks = self._callbacks, []
        for bell in tuple(self._bells):
            bell.put(None)
        _live.discard(self)
        for fn in callbacks:
            Subscription.deliver(partial(fn, self))

    def _terminal(self, result: DownloadResult | None, error: BaseException | None) -> DownloadProgress:
        if result is not None:
            return replace(result.progress, seq=self._latest.seq + 1)
        last = max(self._measured, self._latest, key=lambda progress: progress.bytes_downloaded)
        calm = replace(last, seq=self._latest.seq + 1, speed=0.0, eta=None, stalled=False)
        if isinstance(error, DownloadCancelled):
            return replace(calm, status=DownloadStatus.CANCELLED, message=str(error))
        return replace(calm, status=DownloadStatus.ERROR, error=type(error).__name__, message=str(error))

    def _cancelled(self) -> DownloadCancelled:
        return DownloadCancelled(CANCELLED, progress=self._latest)

    def _next_snapshot(self, after: int, timeout: float) -> DownloadProgress | None:
        """Wait for a snapshot newer than number ``after``; the very first one is never left out."""
        with self._changed:
            self._changed.wait_for(lambda: self._newer_than(after) is not None, timeout)
            return self._newer_than(after)

    def _newer_than(self, after: int) -> DownloadProgress | None:
        """The snapshot that comes next for who has seen number ``after``: takes no lock."""
        first, latest = self._first, self._latest
        if first is None or latest.seq <= after:
            return None
        return first if after < 0 else latest

    def join(self, timeout: float) -> None:
        """Wait up to ``timeout`` seconds for its thread to end."""
        if self._thread is not threading.current_thread():
            self._thread.join(max(0.0, timeout))


class _ExitHook:
    """Registered once, by the first job: importing must not have effects."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._registered = False

    def register(self) -> None:
        with self._lock:
            if not self._registered:
                atexit.register(_end_all)
                self._registered = True


def _end_all() -> None:
    """Cancel every running job and wait a little for their threads."""
    until = time.monotonic() + EXIT_WITHIN
    jobs = list(_live)
    for job in jobs:
        job.cancel()
    for job in jobs:
        job.join(until - time.monotonic())


_live: weakref.WeakSet[DownloadJob] = weakref.WeakSet()
_exit_hook = _ExitHook()
