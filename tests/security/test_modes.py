"""Files and folders have the modes that the user gives new ones; nothing can be executed, or written by all who should not."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from ..download.kit import FILES, assert_right, state_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..download.kit import World

MASKS = [0o022, 0o002, 0o077, 0o027, 0o000]
LOCK = 0o664
"""A lock holds nothing, and huggingface_hub makes it so that a group can share a cache."""


@pytest.fixture(params=MASKS, ids=oct)
def mask(request: pytest.FixtureRequest) -> Iterator[int]:
    """The user's umask."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def assert_modes(world: World, mask: int) -> None:
    found = state_of(world.cache)
    del found["."]  # made by the test
    assert found
    for name, (mode, _) in found.items():
        if name.endswith(".lock"):
            assert stat.S_IMODE(mode) & ~LOCK == 0, name
        elif stat.S_ISREG(mode):
            assert stat.S_IMODE(mode) == 0o666 & ~mask, name
        elif stat.S_ISDIR(mode):
            assert stat.S_IMODE(mode) == 0o777 & ~mask, name


def test_a_downloaded_model_has_the_users_own_modes(world: World, mask: int) -> None:
    world.publish()

    world.download()

    assert_modes(world, mask)


def test_a_model_in_the_middle_has_them_too(world: World, mask: int) -> None:
    world.publish()

    world.interrupted(1_000_000)

    assert world.left_over()
    assert_modes(world, mask)


@pytest.mark.parametrize("left", [0o777, 0o600, 0o666, 0o4755], ids=oct)
@pytest.mark.parametrize("mask", [0o022], indirect=True, ids=oct)
def test_a_part_that_was_left_with_other_rights_does_not_keep_them(world: World, mask: int, left: int) -> None:
    world.publish()
    world.interrupted(1_000_000)
    parts = list(world.guests.glob("*.part"))
    for part in parts:
        part.chmod(left)

    path = world.download().path

    assert parts
    assert_right(path)
    assert {stat.S_IMODE((path / name).stat().st_mode) for name in FILES} == {0o666 & ~mask}


def test_a_mode_that_somebody_gave_to_a_finished_file_is_left_to_them(world: World) -> None:
    world.publish()
    path = world.download().path
    (path / "model.bin").chmod(0o444)

    world.download()

    assert stat.S_IMODE((path / "model.bin").stat().st_mode) == 0o444
