"""A world for each test, and retries that do not take the suite's time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modelfetch.core.wire import retry
from modelfetch.testing.fixture import isolated_cache as isolated_cache
from modelfetch.testing.fixture import local_hub as local_hub

from .kit import World, threads_that_stay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from modelfetch.testing import LocalHub


@pytest.fixture
def world(local_hub: LocalHub, isolated_cache: Path) -> Iterator[World]:
    """A running hub without repos and an empty cache; when the test is over, nothing of ours may still run."""
    world = World(local_hub, isolated_cache)
    yield world
    world.close()
    assert threads_that_stay() == []


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many retries as ever, with a fiftieth of the waits."""
    monkeypatch.setattr(retry, "WAITS", tuple(wait / 50 for wait in retry.WAITS))
