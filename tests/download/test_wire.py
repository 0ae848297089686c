"""What goes over the wire with every request, and which peculiarities of servers do no harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import modelfetch as mf
from modelfetch.testing import Synthetic

from .kit import Files, assert_right, of

if TYPE_CHECKING:
    from .kit import World


def test_every_body_is_asked_for_as_a_range_that_lies_in_the_file(world: World) -> None:
    files: Files = {"model.bin": Synthetic(40_000_000, 11), "config.json": b"{}", "empty.txt": b""}
    repo = world.publish(files)
    world.hub.unranged_limit = 0

    assert_right(world.download().path, files)

    for file in files:
        size = repo.files[file].size
        assert all(0 <= start < stop <= size for start, stop in world.asked(file))
    assert all(each.range for each in of(world.hub.requests, "cdn"))


def test_every_request_asks_for_identity_and_says_who_asks(world: World) -> None:
    world.publish()

    world.download()

    for request in world.hub.requests:
        assert request.headers["accept-encoding"] == "identity"
        assert request.headers["user-agent"].startswith(f"modelfetch/{mf.__version__}")
        assert "if-range" not in request.headers


def test_ranges_of_one_download_never_overlap(world: World) -> None:
    world.publish({"model.bin": Synthetic(60_000_000, 12)})

    world.download()

    asked = sorted(world.asked("model.bin"))
    assert asked[0][0] == 0
    assert [stop for _, stop in asked] == [start for start, _ in asked[1:]] + [60_000_000]


def test_a_cdn_without_an_etag_is_as_good_as_one_with(world: World) -> None:
    world.publish()
    world.hub.cdn_etag = False

    assert_right(world.download().path)


def test_connections_are_used_again(world: World) -> None:
    files: Files = {f"{number}.bin": Synthetic(50_000, number) for number in range(40)}
    world.publish(files)

    world.download(max_connections=4)

    assert len({(each.origin, each.connection) for each in world.hub.requests}) <= 1 + 2 * 4


def test_the_hub_may_be_asked_in_parallel_but_no_wider_than_was_allowed(world: World) -> None:
    files: Files = {f"{number}.bin": Synthetic(300_000, number) for number in range(30)}
    world.publish(files)
    world.hub.latency = 0.02

    world.download(max_connections=3)

    assert len({each.connection for each in world.hub.requests if each.origin == "cdn"}) <= 3


def test_a_slash_at_the_end_of_the_endpoint_does_not_matter(world: World) -> None:
    world.publish()

    assert world.plan(endpoint=world.hub.endpoint + "/") == world.plan()
    assert_right(world.download(endpoint=world.hub.endpoint + "/").path)
