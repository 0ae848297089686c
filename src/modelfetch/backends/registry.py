"""The backends there are: the built-in ones, and those that a host registers.

Rule: a name means one backend, the one registered last. Nothing is chosen silently: whoever infers a backend says why,
and two that claim the same repo make it nobody's.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from ..core.given import Expected, of
from ..errors import BackendError
from .backend import Backend
from .guarded import guarded

if TYPE_CHECKING:
    from collections.abc import Collection

_BACKEND = Expected(of(Backend), "A Backend", "pass Backend(name=..., needed=..., patterns=..., load=...)")

_registered: dict[str, Backend] = {}
_registering = Lock()


@dataclass(frozen=True, slots=True)
class Inference:
    """Whose repo it is, and why: ``backend`` is a name, or None when no backend or (contested) more than one takes it."""

    backend: str | None
    reason: str
    is_contested: bool = False


def register_backend(backend: Backend) -> Backend:
    """Make ``backend`` known by its name to this process, in place of one of that name; returns it.

    Any thread may call. Raises TypeError for what is no Backend.
    """
    backend = _BACKEND.checked("backend", backend)
    with _registering:
        global _registered  # noqa: PLW0603 - replaced whole, so that readers need no lock
        _registered = {**_registered, backend.name: backend}
    return backend


def list_backends() -> tuple[Backend, ...]:
    """All backends: the built-in ones, then those registered since."""
    known = {**_built_in(), **_registered}
    return tuple(known.values())


def find_backend(name: str) -> Backend:
    """The backend called ``name``. Raises BackendError for a name nobody registered."""
    known = {backend.name: backend for backend in list_backends()}
    if name in known:
        return known[name]
    message = (
        f"There is no backend called {name!r}. One of {', '.join(known)} was expected. Nothing was done; fix the name, "
        "leave the backend out, or register your own with register_backend()."
    )
    raise BackendError(message, backend=name)


def infer_backend(paths: Collection[str]) -> Inference:
    """Which backend a repo with these files is for, and why. Pure but for what was registered.

    Raises BackendError when one that was registered fails at it.
    """
    claims = [(backend.name, why) for backend in list_backends() if (why := _claim(backend, paths))]
    if not claims:
        return Inference(None, "no backend recognises its files")
    if len(claims) > 1:
        told = "; ".join(f"{name}, because it has {why}" for name, why in claims)
        return Inference(None, f"more than one backend would take it: {told}", is_contested=True)
    name, why = claims[0]
    return Inference(name, f"it has {why}")


def _claim(backend: Backend, paths: Collection[str]) -> str | None:
    with guarded(backend, "recognises"):
        return backend.recognises(paths)


def _built_in() -> dict[str, Backend]:
    from .ctranslate2 import CTRANSLATE2  # noqa: PLC0415 - a description is read when it is asked for
    from .mlx import MLX  # noqa: PLC0415 - the same

    return {backend.name: backend for backend in (CTRANSLATE2, MLX)}
