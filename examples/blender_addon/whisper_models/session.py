"""The downloads of this Blender, whichever panels, operators and scenes come and go.

Rule: no bpy here, and nothing runs on another thread but the download itself, which never calls back: whoever wants to
know takes a look. A look is one immutable value. What talks to the network and the disk comes from a factory.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ._vendor.modelfetch import BackendError, DownloadManager, DownloadProgress, ModelNotFoundError, load_cached
from .models import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._vendor.modelfetch import Card, DownloadJob


@dataclass(frozen=True, slots=True)
class Run:
    """The download that runs, or the last one that did."""

    model: str
    progress: DownloadProgress

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return not self.progress.status.is_final


@dataclass(frozen=True, slots=True)
class Look:
    """All that is known at one moment. ``cards``: one for each model, as the cache had them at the last reading."""

    cards: tuple[Card, ...] = ()
    run: Run | None = None

    @property
    def is_running(self) -> bool:
        """Whether a download runs."""
        return self.run is not None and self.run.is_running


@dataclass(frozen=True, slots=True)
class Services:
    """What a session needs of the world.

    ``manager``: made with a token, None for the user's usual one. ``load``: gives a loaded model by its name.
    ``is_installed``: whether a package can be imported. ``python``: the interpreter that packages are installed with.
    """

    manager: Callable[[str | None], DownloadManager]
    load: Callable[[str], Any]
    is_installed: Callable[[str], bool]
    python: str


def services() -> Services:
    """The real ones: models in the Hugging Face cache, which other programs share."""
    return Services(
        manager=lambda token: DownloadManager(catalog=MODELS, token=token),
        load=lambda model: load_cached(model, catalog=MODELS),
        is_installed=lambda package: find_spec(package) is not None,
        python=sys.executable,
    )


class Session:
    """One download at a time. Every method is for the main thread, and none but ``wait`` and ``load`` takes long."""

    def __init__(self, make_services: Callable[[], Services] = services) -> None:
        self._services = make_services()
        self._token: str | None = None
        self._manager = self._services.manager(None)
        self._job: DownloadJob | None = None
        self._seen = Look()

    def look(self) -> Look:
        """What is known now. The first look reads the cache, any later one no more than the running download."""
        if not self._seen.cards:
            self.refresh()
        run, job = self._seen.run, self._job
        if run is not None and run.is_running and job is not None:
            self._seen = replace(self._seen, run=replace(run, progress=job.snapshot()))
            if not self._seen.is_running:
                self.refresh()
        return self._seen

    def refresh(self) -> None:
        """Read from the cache again which models are there."""
        self._seen = replace(self._seen, cards=self._manager.cards())

    def start(self, model: str, token: str | None = None) -> None:
        """Download ``model``, going on from what an earlier try has kept. Raises ModelFetchError when it cannot begin."""
        if model not in MODELS:
            message = f"There is no model called {model!r}. Nothing was requested; there are {', '.join(MODELS)}."
            raise ModelNotFoundError(message)
        if token != self._token and not self.look().is_running:
            self._token, self._manager = token, self._services.manager(token)
        self._job = self._manager.start(model)
        self._seen = replace(self._seen, run=Run(model, self._job.snapshot()))

    def cancel(self) -> None:
        """End the download; what it has brought is kept. Returns at once, and does nothing when none runs."""
        if self._job is not None:
            self._job.cancel()

    def wait(self, seconds: float) -> bool:
        """Wait for the end, up to ``seconds``; whether it has come."""
        if self._job is not None:
            try:
                self._job.exception(seconds)
            except TimeoutError:
                return False
        return True

    def remove(self, model: str) -> int:
        """Remove ``model`` from the cache; bytes freed. Raises ModelFetchError."""
        freed = self._manager.remove(model)
        self._seen = replace(self._seen, run=None)
        self.refresh()
        return freed

    def load(self, model: str) -> Any:
        """The loaded model. Raises ModelFetchError: BackendError when faster-whisper is missing."""
        if not self._services.is_installed("faster_whisper"):
            message = (
                f"faster-whisper is not installed in Blender's Python, so {model} cannot be loaded. What was downloaded is "
                f"kept and will be found; run '{self._services.python} -m pip install faster-whisper', then try again."
            )
            raise BackendError(message, backend="ctranslate2")
        return self._services.load(model)

    def close(self) -> None:
        """Cancel what runs and wait for it, two seconds at most. A later start begins anew."""
        self._manager.shutdown()
        if self._seen.is_running:
            self.look()
