"""A dead owner blocks nobody: who follows takes over, and asks for nothing that was journalled."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

from modelfetch.core.ranges import ByteRange

from ..download.kit import LOST_PER_CONNECTION, MIB, assert_right
from .company import FILES, TOTAL, joined, peer, served

if TYPE_CHECKING:
    from ..download.kit import World

WEIGHTS = {"model.bin": FILES["model.bin"]}


def test_a_follower_takes_over_when_the_owner_is_killed(shared: World) -> None:
    owner = peer(shared, max_connections=2)
    served(shared, 2 * MIB, pattern="model.bin")
    follower = joined(shared)

    owner.kill()

    assert_right(follower.path(), FILES)
    follower.assert_sound()
    assert shared.hub.body_bytes() <= TOTAL + 2 * LOST_PER_CONNECTION
    assert shared.left_over() == []


def test_of_many_followers_one_takes_over(shared: World) -> None:
    owner = peer(shared, max_connections=2)
    served(shared, 2 * MIB, pattern="model.bin")
    followers = [joined(shared) for _ in range(3)]

    owner.kill()

    assert len({each.path() for each in followers}) == 1
    for each in followers:
        each.assert_sound()
    assert shared.hub.body_bytes() <= TOTAL + 2 * LOST_PER_CONNECTION


def test_owner_after_owner_may_be_killed(shared: World) -> None:
    """Each death costs no more than what its connections had not journalled."""
    owner = peer(shared, max_connections=1)
    for number in range(1, 4):
        served(shared, number * 2 * MIB)
        heir = joined(shared, max_connections=1)
        owner.kill()
        owner = heir

    assert_right(owner.path(), FILES)
    owner.assert_sound()
    assert shared.hub.body_bytes() <= TOTAL + 3 * LOST_PER_CONNECTION
    assert shared.left_over() == []


def test_a_lock_that_a_killed_process_held_blocks_nobody_who_comes_later(shared: World) -> None:
    owner = peer(shared)
    served(shared, MIB)
    owner.kill()
    shared.hub.bandwidth = None

    assert_right(shared.download().path, FILES)


if sys.platform != "win32":  # no process can be stopped there

    def test_nothing_that_was_journalled_is_asked_for_again(shared: World) -> None:
        owner = peer(shared, max_connections=4, allow_patterns="model.bin")
        served(shared, 4 * MIB)
        follower = joined(shared, allow_patterns="model.bin")
        owner.process.send_signal(signal.SIGSTOP)
        [journal] = shared.journals().values()
        shared.hub.clear()

        owner.kill()

        assert_right(follower.path(), WEIGHTS)
        again = [ByteRange(*each) for each in shared.asked("model.bin") if journal.kept.touches(ByteRange(*each))]
        assert again == []
        assert shared.hub.body_bytes() <= journal.size - journal.kept.size
