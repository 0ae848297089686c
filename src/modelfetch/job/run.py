"""A download at work: its thread, its cancel, and its one end.

Rule: it settles exactly once. A cancel settles it after a short while whatever its thread is stuck in, and whatever that
thread still brings does not count.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ..cancel import CancelToken
from ..core.transfer.progress import DownloadStatus, at_rest
from ..errors import DownloadCancelled
from .at_exit import end_at_exit, forget, is_exiting
from .ending import Ending
from .snapshots import Snapshots

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..cancel import SupportsIsSet
    from ..core.transfer.progress import DownloadProgress
    from .result import DownloadResult

SETTLE_WITHIN = 0.05
"""Seconds a cancel waits for its threads; the contract gives 100 ms in all, and a busy machine wakes late."""

KEPT = "The download was cancelled. What was already fetched is kept; the next call goes on from there."
DISCARDED = "The download was cancelled. What it had fetched of unfinished files was discarded; the next call fetches that again."
UNBEGUN = (
    "The download was cancelled before anything was fetched. What an earlier one kept is still there for the next call."
)
TOO_LATE = (
    "The download was cancelled when all of it was there. Every file was checked and is in the cache; nothing is left to "
    "fetch."
)
"""What a cancel leaves."""

_LOOK_EVERY = 0.05


class Run:
    """``work``, run once on a thread of its own. Every method may be called from any thread."""

    def __init__(self, work: Callable[[Run], DownloadResult], cancel: SupportsIsSet | None = None) -> None:
        self.snapshots = Snapshots()
        self.ending = Ending()
        self._work = work
        self._asked = cancel
        self.is_left = False  # its caller has gone: it cancels itself when it looks
        self._lock = threading.RLock()
        self._is_cancelled = False
        self._is_stopped = False
        self._is_settling = False
        self._discards = False
        self._stoppers: list[Callable[[], object]] = []
        self._may_fetch = threading.Event()
        self._may_fetch.set()
        self._thread = threading.Thread(target=self._run, name="modelfetch-job", daemon=True)
        end_at_exit(self)

    # ------------------------------------------------------------------ for who runs it

    def hold(self) -> None:
        """Before the start: let nothing be fetched until :meth:`release`."""
        self._may_fetch.clear()

    def release(self) -> None:
        """The first snapshot was seen; go on."""
        self._may_fetch.set()

    def start(self) -> None:
        """Begin, once; not when the interpreter exits. Without a thread to be had it fails, and Ctrl-C cancels it."""
        try:
            if is_exiting():
                self._never_begins()
                return
            if isinstance(self._asked, CancelToken):
                self.ending.tell(self._asked.on_cancel(self.cancel))
            self._thread.start()
        except RuntimeError as error:
            if self.has_begun:
                raise
            self._settle(None, error)
        except BaseException:
            self.cancel()
            raise

    def cancel(self, *, discard: bool = False) -> None:
        """End it, keeping its bytes unless ``discard``. Returns at once; idempotent."""
        with self._lock:
            if self._is_settling or self._is_stopped:
                return
            if not self._is_cancelled:
                self._is_cancelled, self._discards = True, discard
            stoppers = tuple(self._stoppers)
        for stop in stoppers:
            stop()
        try:
            threading.Thread(target=self._settle_in_time, name="modelfetch-cancel", daemon=True).start()
        except RuntimeError:  # none is to be had, as since 3.12 while the interpreter exits
            if not self.has_begun:  # or its own thread settles it
                self._never_begins()
        self._is_stopped = True  # now: what Ctrl-C breaks off before, the next cancel or look does again

    def _never_begins(self) -> None:
        """Settle it here and now: it has no thread to wait for."""
        self._is_cancelled = True
        self._settle(None, self.cancelled())

    @property
    def is_cancelled(self) -> bool:
        """Whether it was cancelled before it had settled."""
        return self._is_cancelled

    @property
    def is_unwanted(self) -> bool:
        """Whether who asked for it has cancelled, be it too late to stop anything."""
        return self._asked is not None and self._asked.is_set()

    @property
    def has_begun(self) -> bool:
        """Whether its thread is there, or was."""
        return self._thread.ident is not None

    def join(self, timeout: float) -> None:
        """Wait up to ``timeout`` seconds until it has settled, and for its thread, if there is one, to end."""
        until = time.monotonic() + timeout
        self.ending.wait(timeout)
        with suppress(RuntimeError):  # it never began
            self._thread.join(max(0.0, until - time.monotonic()))

    # ------------------------------------------------------------------ for its own work

    @property
    def discards(self) -> bool:
        """Whether the cancel wants the kept bytes gone."""
        return self._discards

    def on_stop(self, stop: Callable[[], object]) -> None:
        """Have ``stop`` called when it is cancelled; at once when it was."""
        with self._lock:
            self._stoppers.append(stop)
            late = self._is_cancelled
        if late:
            stop()

    def look(self) -> None:
        """Take notice of a cancel that nobody announces (a plain event), or that Ctrl-C broke off. Raises nothing."""
        if self.is_left or self._is_cancelled or self.is_unwanted:
            self.cancel()

    def wanted(self) -> None:
        """Raise DownloadCancelled when it was cancelled."""
        self.look()
        if self._is_cancelled:
            raise self.cancelled()

    def cancelled(self) -> DownloadCancelled:
        """The error of a cancel, with what it leaves."""
        left = DISCARDED if self._discards else KEPT
        if self.snapshots.latest.status is DownloadStatus.COMPLETE:
            left = TOO_LATE
        return DownloadCancelled(left if self.snapshots.has_begun else UNBEGUN, progress=self.snapshots.latest)

    def begin(self, first: DownloadProgress) -> None:
        """The plan is known: show ``first``, and wait until a caller who wants to see it before any byte has."""
        self.snapshots.begin(first)
        while not self._may_fetch.wait(_LOOK_EVERY):
            self.wanted()
        self.wanted()

    def show(self, progress: DownloadProgress) -> None:
        """The latest progress; a terminal one is shown by settling alone."""
        self.snapshots.show(progress)

    # ------------------------------------------------------------------ settling

    def _run(self) -> None:
        try:
            result = self._work(self)
        except BaseException as error:  # noqa: BLE001 - it is raised again by ``result``
            self._settle(None, error)
        else:
            self._settle(result, None)

    def _settle_in_time(self) -> None:
        """A cancel's last word: after a short while it is over, whatever its thread is stuck in."""
        if not self.ending.wait(SETTLE_WITHIN):
            self._settle(None, self.cancelled())

    def _settle(self, result: DownloadResult | None, error: BaseException | None) -> None:
        with self._lock:
            if self._is_settling:
                return
            self._is_settling = True  # from here on a cancel comes too late
        if result is not None and self._is_cancelled:
            result, error = None, self.cancelled()
        self.ending.foretell(error)
        last = self.snapshots.close(partial(_terminal, result, error))
        if isinstance(error, DownloadCancelled):
            error.progress = last
        forget(self)
        self._stoppers.clear()  # they hold all that the work was done with
        self.ending.end(replace(result, progress=last) if result else None, error)


def _terminal(
    result: DownloadResult | None, error: BaseException | None, furthest: DownloadProgress
) -> DownloadProgress:
    if result is not None:
        return result.progress
    if isinstance(error, DownloadCancelled):
        return replace(at_rest(furthest, DownloadStatus.CANCELLED), message=str(error))
    return replace(at_rest(furthest, DownloadStatus.ERROR), error=type(error).__name__, message=_said(error))


def _said(error: BaseException | None) -> str:
    """The error's text; a host's own may fail to give one."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - whatever it is, the download has to end
        return ""
