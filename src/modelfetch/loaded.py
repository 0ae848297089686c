"""The models that this process has loaded, so that asking twice loads once.

Rule: a model is kept under what it is made of: its snapshot, its backend and the options it was loaded with. However many
threads ask for it at once, one of them loads and all get the same object. A load that fails is told to all who wait for
it and is forgotten, so that the next call tries again.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from threading import Event, Lock, Thread, current_thread
from typing import TYPE_CHECKING

from .core.models.catalog import parted, resolve
from .core.models.spec import ModelSpec
from .core.planning.listing import is_commit
from .errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping

_LOOK = 0.1
"""Seconds between two looks of a waiting thread: a signal is seen then where waiting cannot be interrupted (Windows)."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """What one loaded model is: ``repo_id`` at ``commit``, as it is in the cache; ``backend`` is the name of who loaded it."""

    repo_id: str
    commit: str
    backend: str


class _Load:
    """One load, running or done, and who carries it out."""

    __slots__ = ("done", "error", "model", "thread", "value")

    def __init__(self, model: LoadedModel) -> None:
        self.model = model
        self.thread: Thread = current_thread()
        self.done = Event()
        self.value: tuple[object] | None = None
        self.error: Exception | None = None


class LoadedModels:
    """Loaded models, each kept until it is removed. Every method may be called from any thread.

    Iterating gives a :class:`LoadedModel` for each, in the order in which they were loaded; ``len()`` counts them.
    """

    def __init__(self) -> None:
        self._mutex = Lock()
        self._loads: dict[Hashable, _Load] = {}

    def __len__(self) -> int:
        return len(self._kept())

    def __iter__(self) -> Iterator[LoadedModel]:
        return iter([load.model for load in self._kept()])

    def get(self, key: Hashable, model: LoadedModel, load: Callable[[], object]) -> object:
        """The model kept under ``key``; ``load()`` makes it when there is none and no other thread is loading it.

        Waits for another thread that is loading it, and raises what that load raised. Raises BackendError when ``load``
        asks for the very model that it is loading.
        """
        while True:
            mine = _Load(model)
            try:
                with self._mutex:
                    found = self._loads.setdefault(key, mine)
                if found is mine:
                    return _carried_out(mine, load)
            finally:  # wherever Ctrl-C comes: who waits for it goes on, and finds it forgotten or forgets it
                mine.done.set()
                if mine.value is None:
                    self._forget(key, mine)
            if (kept := _awaited(found)) is not None:
                return kept[0]
            self._forget(key, found)

    def remove(
        self, model: str | ModelSpec, *, backend: str | None = None, catalog: Mapping[str, ModelSpec] | None = None
    ) -> int:
        """Forget the loaded forms of ``model`` (alias, repo id or ModelSpec); returns how many there were.

        ``backend``: only those that it loaded. ``catalog``: names to specs, None for the built-in one. A revision that is a
        commit narrows it down to that commit; any other revision is ignored. Nothing is unloaded while somebody still holds
        it. Raises ModelNotFoundError; TypeError for an argument of the wrong type.
        """
        from .arguments import checked  # noqa: PLC0415 - importing this module stays cheap
        from .core.models.builtin import DEFAULT_CATALOG  # noqa: PLC0415 - as above

        model, backend = checked("model", model), checked("backend", backend)
        spec = self._meant(model, DEFAULT_CATALOG if catalog is None else checked("catalog", catalog))
        commit = spec.revision if spec.revision and is_commit(spec.revision) else None

        def is_meant(loaded: LoadedModel) -> bool:
            return (
                loaded.repo_id == spec.repo_id
                and commit in {None, loaded.commit}
                and (backend is None or loaded.backend == backend)
            )

        return self._drop(is_meant)

    def clear(self) -> int:
        """Forget all of them; returns how many there were. A load that is running goes on to its end, and is not kept."""
        return self._drop(lambda _: True)

    def _meant(self, model: str | ModelSpec, catalog: Mapping[str, ModelSpec]) -> ModelSpec:
        """What ``model`` means: as it is resolved, or what is loaded under that very repo id."""
        if isinstance(model, str):
            name, revision = parted(model)
            with self._mutex:
                is_loaded = any(load.model.repo_id == name for load in self._loads.values())
            if is_loaded and name not in catalog:
                return ModelSpec(name, name, revision=revision)
        return resolve(model, catalog)

    def _kept(self) -> list[_Load]:
        with self._mutex:
            return [load for load in self._loads.values() if load.value is not None]

    def _drop(self, is_meant: Callable[[LoadedModel], bool]) -> int:
        with self._mutex:
            gone = {key: load for key, load in self._loads.items() if is_meant(load.model)}
            for key in gone:
                del self._loads[key]
        return sum(load.value is not None for load in gone.values())

    def _forget(self, key: Hashable, load: _Load) -> None:
        with self._mutex:
            if self._loads.get(key) is load:
                del self._loads[key]


def _carried_out(mine: _Load, load: Callable[[], object]) -> object:
    try:
        value = load()
    except Exception as error:
        mine.error = error
        raise
    mine.value = (value,)
    return value


def _awaited(load: _Load) -> tuple[object] | None:
    """What ``load`` brought, in a tuple; None when it was given up (Ctrl-C, a fork). Raises what it raised."""
    if load.thread is current_thread() and not load.done.is_set():
        message = (
            f"Loading {load.model.repo_id} with the backend {load.model.backend} asks for that same model again. A "
            "backend that loads from the folder it is given was expected. Nothing was loaded; have it read the files."
        )
        raise BackendError(message, backend=load.model.backend)
    while not load.done.wait(_LOOK):
        if not load.thread.is_alive():
            return None
    if load.error is not None:
        raise _of_its_own(load.error) from load.error.__cause__
    return load.value


def _of_its_own(error: Exception) -> Exception:
    """A copy for one more thread: raised in many, one error would show the stacks of all."""
    try:
        return copy(error)
    except Exception:  # noqa: BLE001 - an error that cannot be copied is still the error
        return error


def frozen(value: object) -> Hashable:
    """A key for a value of any kind: equal values of one type have equal keys; what cannot be hashed is only like itself."""
    match value:
        case dict():
            return dict, frozenset((frozen(name), frozen(item)) for name, item in value.items())
        case list() | tuple():
            return type(value), tuple(frozen(item) for item in value)
        case set() | frozenset():
            return set, frozenset(frozen(item) for item in value)
        case _:
            return _hashable(value)


def _hashable(value: object) -> Hashable:
    try:
        hash(value)
    except TypeError:
        return _Itself(value)
    return type(value), value


class _Itself:
    """Stands for one object, which it keeps alive so that no other can take its identity."""

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and other._value is self._value

    def __hash__(self) -> int:
        return id(self._value)


loaded_models = LoadedModels()
"""What :func:`load_cached` keeps, and gives again."""
