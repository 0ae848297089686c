"""A cache of its own for each test, a backend for toys, and worlds that lack something."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf
from modelfetch.backends import opening, registry
from modelfetch.testing.fixture import isolated_cache as isolated_cache
from modelfetch.testing.fixture import local_hub as local_hub

from .kit import toy_backend

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> Iterator[mf.Backend]:
    """A backend for toys, gone with all that it loaded when the test is over."""
    monkeypatch.setattr(registry, "_registered", {})
    yield toy_backend()
    mf.loaded_models.clear()


@pytest.fixture
def no_network(isolated_cache: Path) -> Iterator[None]:
    """Any request fails the test."""
    assert isolated_cache is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", lambda *_: pytest.fail("a name was looked up"))
        patch.setattr(socket.socket, "connect", lambda *_: pytest.fail("the network was asked"))
        yield


@pytest.fixture
def no_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where neither faster-whisper nor mlx-lm is installed."""
    monkeypatch.setattr(opening, "_can_be_found", lambda _: False)
