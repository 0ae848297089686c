"""One hub, one cache and a repo that takes long enough for everybody to be there at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modelfetch.testing.fixture import isolated_cache as isolated_cache
from modelfetch.testing.fixture import local_hub as local_hub

from ..download.conftest import world as world
from .company import FILES, SPEED

if TYPE_CHECKING:
    from ..download.kit import World


@pytest.fixture
def shared(world: World) -> World:
    """The repo on a hub that sends it in about two seconds."""
    world.publish(FILES)
    world.hub.bandwidth = SPEED
    return world
