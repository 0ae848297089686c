"""A cache that may be read and not written, as administrators share one."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .kit import REPO, World, assert_right, state_of

if TYPE_CHECKING:
    from collections.abc import Iterator

WARM_UP = "org/warm-up"
READER = f"""
import json, os, sys, tempfile
import modelfetch as mf

options = json.loads(sys.argv[2])
with tempfile.TemporaryDirectory() as scratch:
    mf.download({WARM_UP!r}, **options | {{"cache_dir": scratch}})  # nobody may read this Python's modules later
if os.geteuid() == 0:
    os.setuid(65534)
try:
    verb = getattr(mf, sys.argv[1])
    answer = verb({REPO!r}, **options)
except mf.ModelFetchError as error:
    print(json.dumps([type(error).__name__, str(error)]))
else:
    print(json.dumps([type(answer).__name__, str(getattr(answer, "path", ""))]))
"""
"""Somebody who owns nothing; root would not be bound by the modes of files."""


@pytest.fixture
def shared(world: World) -> Iterator[World]:
    """The same world with a cache that every user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="shared-cache-"))
    folder.chmod(0o755)
    yield World(world.hub, folder / "hub", world.children)
    allow(folder, writing=True)
    shutil.rmtree(folder)


def allow(folder: Path, *, writing: bool) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod((0o755 if path.is_dir() else 0o644) & (~0 if writing else ~0o222))


def ask(world: World, verb: str) -> tuple[str, Any]:
    world.hub.add_repo(WARM_UP, {"warm.bin": b"warm", "up.json": b"{}"})
    world.cache.mkdir(parents=True, exist_ok=True)
    allow(world.cache, writing=False)
    child = world.run(READER, verb, json.dumps(world.options(), default=str))
    out, err = child.communicate(timeout=60)
    assert out, err
    name, value = json.loads(out)
    return name, value


if sys.platform != "win32":  # there a folder's read-only flag stops nobody

    def test_a_complete_model_is_served_without_a_write(shared: World) -> None:
        shared.publish()
        path = shared.download().path
        shared.hub.clear()
        allow(shared.cache, writing=False)
        before = state_of(shared.cache)

        assert ask(shared, "download") == ("DownloadResult", str(path))

        assert_right(path)
        assert state_of(shared.cache) == before
        assert shared.hub.count(path=f"*{REPO}*") <= 1

    def test_planning_works(shared: World) -> None:
        shared.publish()

        name, _ = ask(shared, "plan_download")

        assert name == "DownloadPlan"

    def test_anything_else_says_that_the_cache_cannot_be_written(shared: World) -> None:
        shared.publish()
        shared.download(allow_patterns="*.json")
        shared.hub.clear()

        name, message = ask(shared, "download")

        assert name == "CacheError"
        assert "cache_dir" in message
        assert shared.hub.body_bytes("*vocabulary*") + shared.hub.body_bytes("model.bin") == 0

    def test_an_empty_cache_that_cannot_be_written_is_said_to_be_one(shared: World) -> None:
        shared.publish()

        name, message = ask(shared, "download")

        assert name == "CacheError"
        assert str(shared.cache) in message
