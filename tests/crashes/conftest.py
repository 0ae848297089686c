"""A world for each test, and a process whose children meet with something on order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modelfetch.testing.fixture import isolated_cache as isolated_cache
from modelfetch.testing.fixture import local_hub as local_hub

from ..download.conftest import world as world
from .kit import Dying

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..download.kit import World


@pytest.fixture
def dying(world: World) -> Iterator[Dying]:  # noqa: ARG001 - its environment is what they inherit
    """Children to which things happen where they are told to."""
    process = Dying()
    yield process
    process.close()
