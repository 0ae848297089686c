"""Being told instead of looking: one thread for each subscriber, and asyncio on top of it.

Rule: a subscriber cannot hurt a download. One that raises is logged and dropped, one that is slow gets the latest
value when it is ready, and one that is stuck delays nobody but itself.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import AsyncGenerator, Callable

    from .core.progress import DownloadProgress
    from .job import DownloadJob, DownloadResult

_PATIENCE = 0.25
"""Seconds between two looks whether the subscription was ended."""

_STEP = 0.02
"""Seconds that the terminal snapshot may come late because an interval is being waited out."""


class Subscription:
    """Delivers snapshots from ``after`` (number of the last one, seconds to wait) to ``fn`` until the terminal one."""

    def __init__(
        self,
        after: Callable[[int, float], DownloadProgress | None],
        fn: Callable[[DownloadProgress], object],
        interval: float,
        post: Callable[[Callable[[], object]], object] | None,
    ) -> None:
        self._after = after
        self._fn = fn
        self._interval = interval
        self._post = post
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="modelfetch-subscriber", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def cancel(self) -> None:
        """Deliver nothing more."""
        self._ended.set()

    def join(self, timeout: float) -> None:
        """Wait for the last delivery, unless this is called from within one."""
        if self._thread is not threading.current_thread():
            self._thread.join(max(0.0, timeout))

    def _run(self) -> None:
        seq, at = -1, float("-inf")
        while not self._ended.is_set():
            progress = self._after(seq, _PATIENCE)
            if progress is None or self._ended.is_set():
                continue
            rest = self._interval - (time.monotonic() - at)
            if rest > 0 and not progress.status.is_final:
                self._ended.wait(min(rest, _STEP))
                continue
            seq, at = progress.seq, time.monotonic()
            if not self._tell(progress) or progress.status.is_final:
                return

    def _tell(self, progress: DownloadProgress) -> bool:
        """Hand ``progress`` over, by way of the host's own ``post`` where there is one; whether to go on."""
        post = self._post
        if post is None:
            return self._give(progress)
        return self.deliver(lambda: post(lambda: self._give(progress)))

    def _give(self, progress: DownloadProgress) -> bool:
        """Call the subscriber, unless it left meanwhile; one that raises has left."""
        if not self._ended.is_set() and not self.deliver(lambda: self._fn(progress)):
            self._ended.set()
        return not self._ended.is_set()

    @staticmethod
    def deliver(call: Callable[[], object]) -> bool:
        """Call a host's code; whether it did not raise."""
        try:
            call()
        except Exception:
            logging.getLogger(__package__).exception("a subscriber raised and is not called again")
            return False
        return True


def _enter(loop: AbstractEventLoop, call: Callable[[], object]) -> None:
    """Have ``call`` made on the loop's thread; a loop that is closed has nobody left who waits."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(call)


async def updates(job: DownloadJob, interval: float) -> AsyncGenerator[DownloadProgress, None]:
    """The job's snapshots, the latest at each time, up to the terminal one."""
    import asyncio  # noqa: PLC0415 - only for those who use it

    loop, bell = asyncio.get_running_loop(), asyncio.Event()
    unsubscribe = job.subscribe(lambda _: bell.set(), interval=interval, post=lambda call: _enter(loop, call))
    try:
        while True:
            await bell.wait()
            bell.clear()
            progress = job.snapshot()
            yield progress
            if progress.status.is_final:
                return
    finally:
        unsubscribe()


async def settled(job: DownloadJob) -> DownloadResult:
    """The job's result; cancelling the task that waits here does not cancel the job."""
    import asyncio  # noqa: PLC0415 - only for those who use it

    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not waiter.done():
            waiter.set_result(None)

    job.add_done_callback(lambda _: _enter(loop, wake))
    await waiter
    return job.result()
