"""Many models, one state each: what a model picker stands on.

Rule: nothing is remembered that can be looked up. Whether a model is there is read from the cache each time, so the states
are right after a restart, and after somebody else downloaded or removed it; only what runs here, and why it last failed,
is kept. A start is checked in this order: is it running already, is there enough memory, is there enough storage.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from .arguments import checked
from .core.shown.card import model_card
from .core.shown.lineup import Lineup, identity, no_place, not_removed, runs_already
from .core.shown.states import Downloaded, Downloading, Failed, NotDownloaded, Queued
from .errors import CacheError, DownloadCancelled, InsufficientMemoryError, ModelFetchError
from .job import DownloadJob, deliver
from .observer import Observer
from .wiring import download_options as read_options
from .wiring import (
    downloaded_path,
    fit_model,
    machine,
    others,
    remove,
    require_memory,
    specify,
    specify_cached,
    transfer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from typing import Self, Unpack

    from .core.models.fit import MachineFacts
    from .core.models.spec import ModelSpec
    from .core.shown.card import Card
    from .core.shown.states import ModelState
    from .core.transfer.progress import DownloadProgress
    from .wiring import DownloadKeywords

SHUTDOWN_WITHIN = 2.0
"""Seconds that a shutdown waits for downloads to settle, for all of them together."""


@dataclass(frozen=True, slots=True)
class _Download:
    """The last download of a model."""

    spec: ModelSpec
    job: DownloadJob


class DownloadManager:
    """Downloads of many models, ``max_active`` at once. Every method may be called from any thread.

    ``queue``: whether a model waits for its turn when all places are taken; otherwise its start is refused.
    ``download_options``: those of :func:`download` except ``progress``, ``cancel`` and ``interval``; they hold for every
    model. As a context manager it shuts down at the end. Raises TypeError and ValueError for an option of the wrong type or
    value.
    """

    def __init__(
        self, *, max_active: int = 1, queue: bool = False, **download_options: Unpack[DownloadKeywords]
    ) -> None:
        self._lineup = Lineup(checked("max_active", max_active))
        self._queue = checked("queue", queue)
        self._options, self._how = read_options(download_options)
        self._lock = threading.RLock()  # a signal handler, or a finalizer, may come in while it is held
        self._downloads: dict[Hashable, _Download] = {}
        self._begun: WeakSet[DownloadJob] = WeakSet()
        self._refusals: dict[Hashable, InsufficientMemoryError] = {}
        self._observers: tuple[Observer[Any], ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()

    # ------------------------------------------------------------------ what a host asks for

    def start(self, model: str | ModelSpec) -> DownloadJob:
        """Start to download ``model``, or let it wait for its turn. With a queue, a second start gives the same job.

        Raises DownloadInProgressError when there is no queue and no place is free or the model is being downloaded,
        InsufficientMemoryError when it declares more memory than this machine has, ModelNotFoundError for an unknown alias
        and a malformed repo id or revision, BackendError for an unknown backend. All else is raised by the job's ``result``.
        """
        spec = _as_asked(model, specify(checked("model", model), self._options))
        self._move_up()
        with self._lock:
            if self._queue and (running := self._running(identity(spec))) is not None:
                return running.job
            self._must_be_free(spec)
        mine = _Download(spec, DownloadJob(transfer(spec, self._options, self._how), name=spec.title))
        try:
            started = self._started(mine)
        except BaseException as error:  # Ctrl-C as well: what has a place and does not begin would keep it
            mine.job.cancel()
            if isinstance(error, InsufficientMemoryError):
                self._announce(spec)
            raise
        if started is not mine.job:
            mine.job.cancel()
        return started

    def cancel(self, model: str | ModelSpec, *, discard: bool = False) -> None:
        """Cancel the download of ``model``, running or waiting, if there is one; its bytes are kept unless ``discard``.

        Raises ModelNotFoundError, BackendError.
        """
        discard = checked("discard", discard)
        running = self._running(identity(self._spec(model)))
        if running is not None:
            running.job.cancel(discard)

    def remove(self, model: str | ModelSpec) -> int:
        """Remove ``model`` from the cache; returns the bytes freed. As :func:`remove_cached`, and raises what that raises."""
        spec = self._spec(model)
        if (running := self._running(identity(spec))) is not None:
            raise not_removed(running.spec.name)
        freed = remove(model, self._options)
        self._announce(spec)
        return freed

    def shutdown(self) -> None:
        """Cancel everything and wait for it, two seconds at most. What is on disk is kept; a later start goes on from there."""
        until = time.monotonic() + SHUTDOWN_WITHIN
        jobs = [download.job for download in reversed(self._copy())]  # waiting ones first, or they would move up
        for job in jobs:
            job.cancel()
        for job in jobs:
            with suppress(TimeoutError):
                job.exception(max(0.0, until - time.monotonic()))

    # ------------------------------------------------------------------ what a host shows

    def state(self, model: str | ModelSpec) -> ModelState:
        """The state of ``model`` now. Makes no request. Raises ModelNotFoundError, BackendError, CacheError."""
        return self._state(self._spec(model))

    def states(self) -> dict[str, ModelState]:
        """The state of each model of the catalog, of each other that was started, and of all others in the cache, by name.

        Makes no request. Raises what :meth:`state` does, but leaves out others in the cache that cannot be read, as
        :func:`list_cached` does.
        """
        known = [self._spec(name) for name in self._options.catalog]
        known += [download.spec for download in self._copy()]
        states = {spec.name: self._state(spec) for spec in known}
        for spec in others(self._options, known):
            with suppress(CacheError):
                states[spec.name] = self._state(spec)
        return states

    def card(self, model: str | ModelSpec, *, selected: bool = False) -> Card:
        """What a person is shown of ``model`` now; ``selected``: it is the one that was chosen. Raises what :meth:`state` does."""
        return self._card(self._spec(model), machine(self._options.cache_dir), selected=selected)

    def cards(self, selected: str | None = None) -> tuple[Card, ...]:
        """The cards of all models of the catalog, in its order; ``selected``: the name of the one that was chosen.

        Raises what :meth:`state` does.
        """
        here = machine(self._options.cache_dir)
        specs = (self._spec(name) for name in self._options.catalog)
        return tuple(self._card(spec, here, selected=spec.name == selected) for spec in specs)

    def subscribe(
        self,
        fn: Callable[[str, ModelState], object],
        *,
        interval: float = 0.1,
        post: Callable[[Callable[[], object]], object] | None = None,
    ) -> Callable[[], None]:
        """Call ``fn(name, state)`` whenever a state changes, for each model at most every ``interval`` seconds.

        ``name`` is how the model was written when it was asked for, with its ``@revision`` if there was one. Where the catalog
        has several names for the same files, ``fn`` is called for each of them.
        Returns a function that ends the subscription. ``fn`` is called on threads of the downloads, and on those that start,
        cancel or remove a model; ``post`` as for :meth:`DownloadJob.subscribe`. An ``fn`` that raises is logged, and not
        called again for that download. Raises TypeError and ValueError as that does.
        """
        fn, interval, post = checked("fn", fn), checked("interval", interval), checked("post", post)

        def tell(name: str, state: ModelState) -> None:
            for each in self._names(name):
                fn(each, state)

        return self._observed(Observer(tell, lambda spec, _: self._state(spec), interval, post))

    def _watch(self, fn: Callable[[str, DownloadProgress], object], interval: float) -> Callable[[], None]:
        """As :meth:`subscribe`, but of the downloads: ``fn(name, progress)``, each up to its terminal snapshot.

        The state of a model whose update was cancelled is that of the older version: it does not say what became of the
        download.
        """
        return self._observed(Observer(fn, lambda _, job: None if job is None else job.snapshot(), interval, None))

    # ------------------------------------------------------------------ starting

    def _started(self, mine: _Download) -> DownloadJob:
        """The job of ``mine`` that has joined the line, or, with a queue, of who was there before it."""
        with self._lock:
            running = self._running(identity(mine.spec))
            if running is not None and self._queue:
                return running.job
            self._must_be_free(mine.spec)
            self._must_fit(mine.spec)
            self._downloads[identity(mine.spec)] = mine
            fresh, observers = self._rearranged(joining=identity(mine.spec)), self._observers
        self._introduce(mine, observers)
        self._begin(fresh)
        return mine.job

    def _must_be_free(self, spec: ModelSpec) -> None:
        lineup = self._lineup
        if self._queue or (identity(spec) not in lineup.active and not lineup.is_full):
            return
        running = {other: self._downloads[other].spec.name for other in lineup.active}
        if identity(spec) in running:
            raise runs_already(spec.name, running[identity(spec)])
        raise no_place(spec.name, tuple(running.values()), lineup.places)

    def _must_fit(self, spec: ModelSpec) -> None:
        """Raise, and remember until the model is started again, that this machine's memory is too small for it."""
        self._refusals.pop(identity(spec), None)
        try:
            if self._how.check_memory:
                require_memory(spec)
        except InsufficientMemoryError as refusal:
            self._refusals[identity(spec)] = refusal
            raise

    def _rearranged(self, joining: Hashable | None = None) -> list[DownloadJob]:
        """The downloads whose turn has come, after the ended ones left the line and ``joining`` joined it. Needs the lock.

        That is who has a place and has not begun, whenever it got it: Ctrl-C may have come in between.
        """
        for key in (*self._lineup.active, *self._lineup.waiting):
            if self._downloads[key].job.is_ending:
                self._lineup = self._lineup.left(key)
        if joining is not None:
            self._lineup = self._lineup.joined(joining)
        jobs = (self._downloads[key].job for key in self._lineup.active)
        return [job for job in jobs if job not in self._begun]

    def _begin(self, fresh: list[DownloadJob]) -> None:
        """Start those whose turn has come, and announce the places of those that wait."""
        for job in fresh:
            with self._lock:
                if job in self._begun:  # another thread was faster
                    continue
                self._begun.add(job)
            try:
                job.start()  # it may end here and now, and call back
            except BaseException:
                self._begun.discard(job)
                raise
        with self._lock:
            waiting = [self._downloads[key].job for key in self._lineup.waiting]
        for job in waiting:
            for observer in self._observers:
                observer.remind(job)

    def _move_up(self) -> None:
        with self._lock:
            fresh = self._rearranged()
        self._begin(fresh)

    # ------------------------------------------------------------------ telling

    def _introduce(self, download: _Download, observers: tuple[Observer[Any], ...]) -> None:
        """Have ``observers`` told of its progress, and the next one moved up at its end."""
        download.job.add_done_callback(lambda _: self._move_up())
        for observer in observers:
            deliver(partial(observer.follow, download.job, download.spec))  # there may be no thread for it

    def _announce(self, spec: ModelSpec) -> None:
        """Tell every subscriber what no download does: a refusal, a removal."""
        for observer in self._observers:
            observer.hear(spec)

    def _observed(self, observer: Observer[Any]) -> Callable[[], None]:
        """Tell ``observer`` from now on, of what runs already as well; returns what ends that."""
        with self._lock:
            self._observers = (*self._observers, observer)
            running = [download for download in self._downloads.values() if not download.job.done()]
        for download in running:
            observer.follow(download.job, download.spec)
        return partial(self._leave, observer)

    def _leave(self, observer: Observer[Any]) -> None:
        with self._lock:
            self._observers = tuple(other for other in self._observers if other is not observer)
        observer.leave()

    # ------------------------------------------------------------------ one model

    def _spec(self, model: str | ModelSpec) -> ModelSpec:
        """What ``model`` means here: everything that :meth:`states` names can be asked for, though not all can be started."""
        return _as_asked(model, specify_cached(checked("model", model), self._options))

    def _names(self, name: str) -> tuple[str, ...]:
        """``name``, and what else the catalog calls the same files."""
        catalog = self._options.catalog
        try:
            spec = self._spec(name)
        except ModelFetchError:  # the name of a spec that is in no catalog
            return (name,)
        others = (each for each in catalog if catalog[each].repo_id == spec.repo_id and each != name)
        return (name, *(each for each in others if identity(self._spec(each)) == identity(spec)))

    def _card(self, spec: ModelSpec, here: MachineFacts, *, selected: bool) -> Card:
        judged = fit_model(spec, self._options, here, storage_headroom=self._how.storage_headroom, backend_options={})
        return model_card(spec, self._state(spec), fit=judged, selected=selected)

    def _copy(self) -> tuple[_Download, ...]:
        with self._lock:
            return tuple(self._downloads.values())

    def _running(self, key: Hashable) -> _Download | None:
        """The download of that model, when it has not settled."""
        last = self._downloads.get(key)
        return None if last is None or last.job.is_ending else last

    def _state(self, spec: ModelSpec) -> ModelState:
        key = identity(spec)
        if (running := self._running(key)) is not None:
            waiting = [other for other in self._lineup.waiting if self._running(other) is not None]
            return Queued(waiting.index(key)) if key in waiting else Downloading(running.job.snapshot())
        path = downloaded_path(spec, self._options)
        return Downloaded(path) if path is not None else self._last_word(key)

    def _last_word(self, key: Hashable) -> ModelState:
        """How the last try ended, for a model that is not in the cache; a cancel is no failure."""
        last = self._downloads.get(key)
        failure = self._refusals.get(key) or (None if last is None else last.job.failure)
        if failure is None or isinstance(failure, DownloadCancelled):
            return NotDownloaded()
        return Failed(failure, str(failure))


def _as_asked(model: str | ModelSpec, spec: ModelSpec) -> ModelSpec:
    """``spec`` under the name that the host wrote: two revisions of a repo are two models to it."""
    return replace(spec, name=str.__str__(model)) if isinstance(model, str) else spec
