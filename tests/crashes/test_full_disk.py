"""A disk that is full from any instant on: what was brought is kept, and is not brought again once there is room."""

from __future__ import annotations

import errno
import os
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest

from .kit import FILES, NO_LINKS, Instant, Round, assert_healthy, failures
from .mounts import ext2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ..download.kit import World
    from .kit import Dying, Ending

pytestmark = pytest.mark.mounts

if sys.platform == "linux":

    @pytest.fixture
    def small(world: World, tmp_path: Path) -> Iterator[World]:
        """The world with its cache on a small file system of its own."""
        with ext2(tmp_path) as place:
            world.cache = place / "hub"
            world.cache.mkdir()
            yield world

    @pytest.mark.timeout(400)  # a hundred downloads each
    @pytest.mark.parametrize("environment", [{}, NO_LINKS], ids=["links", "no links"])
    def test_a_disk_that_is_full_from_any_change_on_stops_the_download_and_keeps_the_bytes(
        small: World, dying: Dying, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
    ) -> None:
        for variable, value in environment.items():
            monkeypatch.setenv(variable, value)
        small.publish(FILES)
        again = Round.of(small, dying, tmp_path / "before", environment)
        ballast = small.cache.parent / "ballast"

        def keeps_the_bytes(instant: Instant) -> None:
            again.put_back(small)
            try:
                ending = dying.run(small, instant, "fill", environment=environment, ballast=str(ballast))
                assert_told_or_done(ending)
                assert_healthy(small, FILES)
                assert ballast.exists(), "it did not come to that"
            finally:
                ballast.unlink(missing_ok=True)
            again.finish(small)

        assert not failures({str(instant): partial(keeps_the_bytes, instant) for instant in again.instants})

    def assert_told_or_done(ending: Ending) -> None:
        """Either nothing more needed room, or it is said how much would have been enough."""
        if ending.ended:
            assert ending.error
            assert ending.error["type"] == "InsufficientStorageError", ending.error
            assert 0 <= ending.error["available"] < ending.error["required"], ending.error

    def test_full_at_once_the_gate_says_so_before_the_first_byte(small: World, dying: Dying) -> None:
        small.publish(FILES)
        ballast = small.cache.parent / "ballast"
        first = Instant("mkdir .locks")

        ending = dying.run(small, first, "fill", ballast=str(ballast))

        assert_told_or_done(ending)
        assert ending.ended
        assert small.hub.body_bytes("*model.bin*") == 0

    # ------------------------------------------------------------ what is not simulated by filling

    PLACES: dict[str, Callable[[str], str]] = {
        "a block": lambda blob: f"pwrite models--org--model/.modelfetch/v1/{blob}.part",
        "a journal's line": lambda blob: f"write models--org--model/.modelfetch/v1/{blob}.journal",
        "bringing it to the device": lambda blob: f"fdatasync models--org--model/.modelfetch/v1/{blob}.part",
        "publishing": lambda blob: f"replace models--org--model/blobs/{blob}",
        "the ref": lambda _: "replace models--org--model/refs/main",
    }

    @pytest.mark.parametrize("place", PLACES)
    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            (errno.ENOSPC, "InsufficientStorageError"),
            (errno.EDQUOT, "InsufficientStorageError"),
            (errno.EFBIG, "CacheError"),
            (errno.EIO, "CacheError"),
            (errno.EROFS, "CacheError"),
        ],
        ids=errno.errorcode.get,
    )
    def test_one_call_that_fails_ends_the_download_and_the_next_goes_on_from_there(  # noqa: PLR0913, PLR0917 - two tables
        world: World, dying: Dying, tmp_path: Path, place: str, code: int, expected: str
    ) -> None:
        repo = world.publish(FILES)
        again = Round.of(world, dying, tmp_path / "before", {})
        again.put_back(world)
        instant = Instant(PLACES[place](repo.files["model.bin"].etag))

        ending = dying.run(world, instant, "fail", errno=code)

        assert ending.error
        assert ending.error["type"] == expected
        assert os.strerror(code) in ending.error["message"]
        if expected == "InsufficientStorageError":
            assert ending.error["required"] > 0
        else:
            assert str(world.cache) in ending.error["path"]
        if code == errno.EDQUOT:
            assert ending.error["available"] == 0
        assert_healthy(world, FILES)
        again.finish(world)

    @pytest.mark.timeout(400)
    def test_a_device_that_fails_once_at_any_change_spoils_nothing(world: World, dying: Dying, tmp_path: Path) -> None:
        world.publish(FILES)
        again = Round.of(world, dying, tmp_path / "before", {})

        def spoils_nothing(instant: Instant) -> None:
            again.put_back(world)
            ending = dying.run(world, instant, "fail", errno=errno.EIO)
            assert not ending.ended or (ending.error or {})["type"] == "CacheError", ending
            assert_healthy(world, FILES)
            again.finish(world)

        assert not failures({str(instant): partial(spoils_nothing, instant) for instant in again.instants})
