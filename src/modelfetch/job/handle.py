"""What a host holds of a running download.

Rule: every method may be called from any thread, and none but ``result``, ``exception`` and ``await`` waits.
"""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from ..arguments import checked
from .deliver import is_delivering
from .run import SETTLE_WITHIN, Run
from .subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator

    from ..cancel import SupportsIsSet
    from ..core.transfer.progress import DownloadProgress
    from ..ui.notebook import JobCard
    from .latch import Latch
    from .result import DownloadResult

DRAIN_WITHIN = 2.0
"""Seconds that ``result`` and ``await`` wait for subscribers to see the end: a stuck one must not hold back a result."""


class DownloadJob:
    """A download that runs on its own threads. Made by ``start_download``; every method may be called from any thread.

    ``await job`` under asyncio is :meth:`result`; whoever cancels the task that awaits does not cancel the download.
    """

    def __init__(
        self, work: Callable[[Run], DownloadResult], cancel: SupportsIsSet | None = None, *, name: str = ""
    ) -> None:
        self._run = Run(work, cancel)
        self._name = name
        self._subscriptions: list[Subscription] = []
        self._card: JobCard | None = None

    def __repr__(self) -> str:
        latest = self.snapshot()
        return f"<DownloadJob {latest.status.value} {latest.percent}%>"

    def start(self) -> DownloadJob:
        """Begin, once."""
        self._run.start()
        return self

    def cancel(self, discard: bool = False) -> None:  # noqa: FBT001, FBT002 - the one question a Cancel button asks
        """End the download, keeping its bytes unless ``discard``. Returns at once; idempotent.

        Raises TypeError for a ``discard`` that is neither True nor False: bytes are not thrown away by mistake.
        """
        self._run.cancel(discard=checked("discard", discard))

    # ------------------------------------------------------------------ a look

    @property
    def name(self) -> str:
        """What a person calls it: the model's display name, its alias or its repo id."""
        return self._name

    def snapshot(self) -> DownloadProgress:
        """The latest progress; takes no lock, so it may be called in a draw function."""
        return self._run.snapshots.latest

    def done(self) -> bool:
        """Whether it has settled: complete, failed or cancelled."""
        return self._run.ending.is_set

    @property
    def is_ending(self) -> bool:
        """Whether it has shown its last snapshot, or was cancelled and will at once."""
        return self._run.snapshots.latest.status.is_final or self._run.is_cancelled

    @property
    def failure(self) -> BaseException | None:
        """What :meth:`result` raises, once the last snapshot is shown; None before that, and for a success. Never waits."""
        return self._run.ending.error

    # ------------------------------------------------------------------ the end

    def result(self, timeout: float | None = None) -> DownloadResult:
        """Wait for the result. Raises what the download raised, or TimeoutError after ``timeout`` seconds.

        Subscribers have seen the end by then, but for one that takes longer than ``timeout`` or two seconds; who calls this from
        within a callback waits for no other. Ctrl-C, a notebook's stop button included, ends the download as a cancel does and
        raises KeyboardInterrupt.
        """
        self.exception(timeout)
        return self._run.ending.result()

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the end; the error, or None. Raises TimeoutError after ``timeout`` seconds; Ctrl-C as in :meth:`result`.

        Raises TypeError and ValueError for a ``timeout`` that is no number.
        """
        ending, timeout = self._run.ending, checked("timeout", timeout)
        until = float("inf") if timeout is None else time.monotonic() + timeout
        try:
            has_ended = ending.wait(timeout)
        except KeyboardInterrupt:
            self.cancel()
            ending.wait(SETTLE_WITHIN)
            raise
        if not has_ended:
            message = f"the download has not ended within {timeout} seconds"
            raise TimeoutError(message)
        until = min(until, time.monotonic() + DRAIN_WITHIN)
        for told in self._last_told():
            told.wait(until - time.monotonic())
        return ending.error

    def __await__(self) -> Generator[object, None, DownloadResult]:
        from .awaited import settled  # noqa: PLC0415 - asyncio is only for those who use it

        return settled(self._run.ending, self._last_told, DRAIN_WITHIN).__await__()

    def _last_told(self) -> tuple[Latch, ...]:
        """When each subscriber was told its last; who is being told something waits for none of them."""
        return () if is_delivering() else tuple(subscription.over for subscription in self._subscriptions)

    # ------------------------------------------------------------------ being told

    def add_done_callback(self, fn: Callable[[DownloadJob], object]) -> None:
        """Call ``fn(job)`` once it has settled, on a thread of the job's (at once, on this one, when it has).

        Raises TypeError for an ``fn`` that cannot be called.
        """
        self._run.ending.tell(partial(checked("fn", fn), self))

    def subscribe(
        self,
        fn: Callable[[DownloadProgress], object],
        *,
        interval: float = 0.1,
        post: Callable[[Callable[[], object]], object] | None = None,
    ) -> Callable[[], None]:
        """Call ``fn(progress)`` on a thread of its own, at most every ``interval`` seconds; returns what unsubscribes it.

        ``post`` is called instead with a callable without arguments, for hosts that must be entered on
        their own thread (``loop.call_soon_threadsafe``, a GUI's "invoke later"). An ``fn`` that
        raises is logged and not called again. The terminal snapshot is always delivered, and before it the first one, or to who
        comes later the latest.
        Raises TypeError for an ``fn`` or ``post`` that cannot be called, TypeError or ValueError for a wrong ``interval``.
        """
        subscription = Subscription(
            self._run.snapshots.wait_for_newer,
            checked("fn", fn),
            checked("interval", interval),
            checked("post", post),
            since=self._run.snapshots.joined_at,
        )
        for other in tuple(self._subscriptions):
            if other.over.is_set:
                with suppress(ValueError):  # another thread was faster
                    self._subscriptions.remove(other)
        self._subscriptions.append(subscription)
        subscription.start()
        return subscription.cancel

    def updates(self, interval: float = 0.1) -> AsyncIterator[DownloadProgress]:
        """Snapshots as an asyncio iterator, at most every ``interval`` seconds; ends after the terminal one.

        How it ended is in that one, and nothing is raised for it; ``await job`` raises.
        Raises TypeError or ValueError for a wrong ``interval``.
        """
        from .awaited import updates  # noqa: PLC0415 - asyncio is only for those who use it

        return updates(self, checked("interval", interval))

    def _ipython_display_(self) -> None:
        """In a notebook: a card with a Cancel; one line of text where anywidget is not installed."""
        try:
            from ..ui.notebook import show  # noqa: PLC0415 - for who looks at it in a notebook

            self._card = self._card or show(self)
        except ImportError:
            from IPython.display import display  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415 - it called

            display({"text/plain": repr(self)}, raw=True)
        else:
            self._card.display()
