"""What a fault costs beside its end: requests, and what is kept."""

from __future__ import annotations

import pytest

import modelfetch as mf
from modelfetch.testing import Close, Synthetic

from ..download.kit import MIB, World
from .table import BIG, FILES, FOREVER

pytestmark = pytest.mark.usefixtures("quick_retries")


def test_an_expired_address_is_renewed_once_for_all_connections(world: World) -> None:
    world.publish({BIG: Synthetic(40_000_000, 8)})
    world.hub.url_lifetime = 0.3
    world.hub.bandwidth = 20_000_000

    world.download()

    asked = [each for each in world.hub.requests if each.where == "resolve"]
    refused = [each for each in world.hub.requests if each.where == "cdn" and each.status == 403]
    assert len(asked) <= 1 + len(refused)
    assert len(asked) <= 20


def test_a_network_error_says_how_much_is_kept(world: World) -> None:
    world.publish(FILES)
    world.hub.inject(Close(after=MIB, match=BIG))
    world.hub.inject(Close(after=0, match=BIG, times=FOREVER))

    with pytest.raises(mf.NetworkError) as caught:
        world.download(max_connections=1)

    plan = world.plan()
    assert caught.value.bytes_kept == plan.cached_bytes + plan.partial_bytes >= MIB // 2
