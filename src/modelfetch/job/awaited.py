"""A download under asyncio.

Rule: the loop is entered on its own thread and never blocked, not even by who is still being told of the end; and a task that
is cancelled leaves the download running: others may be waiting for it too.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import AsyncGenerator, Callable, Iterable

    from ..core.transfer.progress import DownloadProgress
    from .ending import Ending
    from .handle import DownloadJob
    from .latch import Latch
    from .result import DownloadResult


def _enter(loop: AbstractEventLoop, call: Callable[[], object]) -> None:
    """Have ``call`` made on the loop's thread; a loop that is closed has nobody left who waits."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(call)


async def updates(job: DownloadJob, interval: float) -> AsyncGenerator[DownloadProgress, None]:
    """The job's snapshots, the latest at each time, up to the terminal one."""
    loop, bell, seen = asyncio.get_running_loop(), asyncio.Event(), -1
    unsubscribe = job.subscribe(lambda _: bell.set(), interval=interval, post=lambda call: _enter(loop, call))
    try:
        while True:
            await bell.wait()
            bell.clear()
            progress = job.snapshot()
            if progress.seq > seen:  # it is looked at later than it was told of, and may have been that far before
                seen = progress.seq
                yield progress
            if progress.status.is_final:
                return
    finally:
        unsubscribe()


async def settled(ending: Ending, last_told: Callable[[], Iterable[Latch]], within: float) -> DownloadResult:
    """The result of ``ending``, once all of ``last_told`` have happened too or ``within`` seconds have passed.

    Cancelling the task that waits here does not cancel the download.
    """
    await _happened(ending)
    waiters = [_happened(latch) for latch in last_told()]
    if waiters:
        await asyncio.wait(waiters, timeout=within)
    return ending.result()


def _happened(latch: Latch) -> asyncio.Future[None]:
    """Done when ``latch`` is open, and after all that was posted to the loop before that."""
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not waiter.done():
            waiter.set_result(None)

    forget = latch.tell(lambda: _enter(loop, wake))
    waiter.add_done_callback(lambda _: forget())
    return waiter
