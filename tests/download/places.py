"""Places where a download can be waiting, and what has to be true of a download that was left there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .kit import TOTAL, World, assert_right, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    import modelfetch as mf
    from modelfetch.testing import Request


def resumes(world: World, error: mf.DownloadCancelled) -> None:
    """The next download brings what the cancelled one had not shown to be on disk, and no more."""
    shown = error.progress.bytes_downloaded if error.progress else 0
    world.hub.heal()
    world.hub.bandwidth = None
    world.hub.clear()
    assert_right(world.download().path)
    assert world.hub.body_bytes() <= TOTAL - shown


def was_asked(where: str, times: int = 1) -> Callable[[World], None]:
    """Reached when the hub has been asked that often for something."""

    def reached(world: World) -> None:
        wait_until(lambda: len([each for each in world.hub.requests if each.where == where]) >= times, where)

    return reached


def refused_twice(where: str) -> Callable[[World], None]:
    """Reached when a second answer was an error: then a back-off of about a second is slept."""

    def reached(world: World) -> None:
        def over(request: Request) -> bool:
            return request.where == where and request.status == 503 and request.ended is not None

        wait_until(lambda: len(list(filter(over, world.hub.requests))) >= 2, f"two refusals of {where}")

    return reached


def brought(size: int) -> Callable[[World], None]:
    """Reached when so many bytes of the weights were sent."""
    return lambda world: world.hub.wait_for_bytes(size, pattern="model.bin")
