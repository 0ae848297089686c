"""A file system that is mounted read-only: what is complete is served, what is not says why, and nothing hangs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf

from ..download.kit import assert_right, state_of
from .kit import FILES
from .mounts import ext2, read_only

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..download.kit import World

pytestmark = pytest.mark.mounts

if sys.platform == "linux":

    @pytest.fixture
    def shared(world: World, tmp_path: Path) -> Iterator[World]:
        """The world with its cache on a file system of its own."""
        with ext2(tmp_path) as place:
            world.cache = place / "hub"
            world.publish(FILES)
            yield world

    def test_a_complete_model_is_served_and_nothing_is_written(shared: World) -> None:
        path = shared.download().path
        before = state_of(shared.cache)
        shared.hub.clear()

        with read_only(shared.cache.parent):
            assert shared.download().path == path
            assert shared.download(update=False).path == path
            assert_right(path, FILES)

        assert state_of(shared.cache) == before
        assert shared.hub.body_bytes() == 0

    def test_a_plan_is_made(shared: World) -> None:
        shared.download(allow_patterns="*.json")

        with read_only(shared.cache.parent):
            plan = shared.plan()

        assert [file.state for file in plan.files] == ["cached", "missing", "cached"]

    @pytest.mark.parametrize("there", [None, "*.json"], ids=["nothing", "some"])
    def test_anything_else_says_that_nothing_can_be_written_before_the_first_byte(
        shared: World, there: str | None
    ) -> None:
        if there:
            shared.download(allow_patterns=there)
        shared.hub.clear()

        with read_only(shared.cache.parent), pytest.raises(mf.CacheError, match="mounted read-only") as caught:
            shared.download()

        assert str(shared.cache) in (caught.value.path or "")
        assert shared.hub.body_bytes("*model.bin*") == 0
        assert_right(shared.download().path, FILES)

    def test_a_model_that_is_there_under_another_revision_needs_its_links(shared: World) -> None:
        """The bytes are all here, the names are not, and they cannot be made."""
        repo = shared.hub.add_repo("org/model", FILES)
        shared.download()
        repo.commit({"second.json": FILES["config.json"]})

        with read_only(shared.cache.parent), pytest.raises(mf.CacheError, match="mounted read-only"):
            shared.download()
