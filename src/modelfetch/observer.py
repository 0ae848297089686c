"""Who is told of many downloads.

Rule: who has left hears nothing more, also of a download that it is just being subscribed to; who raised hears no more of
that download. Of one download nobody hears the same twice in a row, or two things at once. What would end a subscription
is dropped with its download, so an observer keeps alive what runs and not what ever ran.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from .job import deliver

if TYPE_CHECKING:
    from collections.abc import Callable

    from .core.models.spec import ModelSpec
    from .job import DownloadJob

T = TypeVar("T")


class Observer(Generic[T]):
    """Calls ``tell(name, what)`` for one subscriber. Every method may be called from any thread.

    ``look(spec, job)`` is what there is to tell of a model, by its download where there is one; None: nothing.
    ``interval`` (seconds) and ``post`` as for :meth:`DownloadJob.subscribe`.
    """

    def __init__(
        self,
        tell: Callable[[str, T], object],
        look: Callable[[ModelSpec, DownloadJob | None], T | None],
        interval: float,
        post: Callable[[Callable[[], object]], object] | None,
    ) -> None:
        self._tell, self._look = tell, look
        self._interval, self._post = interval, post
        self._followed: dict[DownloadJob, _Told[T]] = {}
        self._has_left = False

    def follow(self, job: DownloadJob, spec: ModelSpec) -> None:
        """Tell of ``job``, which downloads ``spec``, until it is over."""
        told = self._followed[job] = self._told(spec, job)
        told.end = job.subscribe(lambda _: told(), interval=self._interval, post=self._post)
        job.add_done_callback(self._drop)
        if self._has_left:  # meanwhile
            told.end()

    def remind(self, job: DownloadJob) -> None:
        """Tell of ``job``, where it may have changed without getting on: its place in the queue."""
        if (told := self._followed.get(job)) is not None and not self._hand_over(told):
            told.end()

    def hear(self, spec: ModelSpec) -> None:
        """Tell once, of what no download does."""
        self._hand_over(self._told(spec, None))

    def leave(self) -> None:
        """Hear nothing more; idempotent."""
        self._has_left = True
        with suppress(KeyError):  # two threads may do this at once
            while True:
                _, told = self._followed.popitem()
                told.end()

    def _told(self, spec: ModelSpec, job: DownloadJob | None) -> _Told[T]:
        return _Told(partial(self._seen, spec, job), partial(self._tell, spec.name))

    def _seen(self, spec: ModelSpec, job: DownloadJob | None) -> T | None:
        return None if self._has_left else self._look(spec, job)

    def _hand_over(self, told: _Told[T]) -> bool:
        call, post = partial(deliver, told), self._post
        return call() if post is None else deliver(partial(post, call))

    def _drop(self, job: DownloadJob) -> None:
        self._followed.pop(job, None)


class _Told(Generic[T]):
    """What a subscriber was told of one model; a call tells it what is new, and ``end`` ends what makes the calls."""

    def __init__(self, look: Callable[[], T | None], tell: Callable[[T], object]) -> None:
        self._look, self._tell = look, tell
        self.end: Callable[[], object] = lambda: None
        self._lock = threading.Lock()  # never held while the host is called
        self._calls = 0
        self._last: T | None = None

    def __call__(self) -> None:
        """Raises what the subscriber raises. ``_calls`` then stays above 0 for good, and nobody calls it again."""
        with self._lock:
            self._calls += 1
            if self._calls > 1:  # who is at it will look again
                return
        while True:
            calls = self._calls
            self._news()
            with self._lock:
                if self._calls == calls:
                    self._calls = 0
                    return

    def _news(self) -> None:
        what = self._look()
        if what is not None and what != self._last:
            self._last = what
            self._tell(what)
