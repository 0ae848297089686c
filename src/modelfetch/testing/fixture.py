"""pytest fixtures: ``pytest_plugins = ["modelfetch.testing.fixture"]`` in a ``conftest.py`` makes them known."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from .localhub.hub import LocalHub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_REACHING_OUT = (
    "HF_HUB_CACHE",
    "HUGGINGFACE_HUB_CACHE",
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
    "HF_TOKEN_PATH",
    "HF_OIDC_RESOURCE",
    "HF_HUB_OFFLINE",
    "TRANSFORMERS_OFFLINE",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN",
    "HF_HUB_DISABLE_SYMLINKS",
)
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture
def local_hub() -> Iterator[LocalHub]:
    """A running :class:`~modelfetch.testing.LocalHub` without repos; it is stopped after the test."""
    with LocalHub() as hub:
        yield hub


@pytest.fixture
def isolated_cache(local_hub: LocalHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, with the environment set so that nothing of the user's is read and only ``local_hub`` asked.

    huggingface_hub reads most of these variables when it is imported: for what runs in this process pass
    ``cache_dir`` and ``endpoint`` too, or import it in a process of its own.
    """
    for name in (*_REACHING_OUT, *_PROXIES, *map(str.lower, _PROXIES)):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "huggingface"
    cache = home / "hub"
    cache.mkdir(parents=True)
    settings = {
        "HF_HOME": str(home),
        "XDG_CACHE_HOME": str(tmp_path),
        "HF_ENDPOINT": local_hub.endpoint,
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "NO_PROXY": "*",
    }
    for name, value in settings.items():
        monkeypatch.setitem(os.environ, name, value)
    return cache
