"""Who deletes from the cache while a download ends does not make it fail: what is gone is brought again before the end."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf
from modelfetch.adapters.cache import RepoCache

from .kit import TOTAL, assert_right

if TYPE_CHECKING:
    from collections.abc import Callable

    from .kit import World


def everything(world: World) -> None:
    shutil.rmtree(world.folder)


def the_snapshots(world: World) -> None:
    """As ``hf cache prune`` does with a commit that no ref leads to yet."""
    shutil.rmtree(world.folder / "snapshots")
    shutil.rmtree(world.guests / "snapshots")


def one_place(world: World) -> None:
    next(world.folder.glob("snapshots/*/model.bin")).unlink()


@pytest.mark.parametrize(
    ("take", "served"), [(everything, 2 * TOTAL), (the_snapshots, TOTAL), (one_place, TOTAL)], ids=lambda it: it
)
def test_what_is_taken_away_at_the_end_is_brought_again(
    world: World, monkeypatch: pytest.MonkeyPatch, take: Callable[[World], None], served: int
) -> None:
    world.publish()
    real, seen = RepoCache.seal, list[mf.DownloadProgress]()

    def seal(*arguments: object) -> tuple[str, ...]:
        monkeypatch.setattr(RepoCache, "seal", real)
        take(world)
        return real(*arguments)  # type: ignore[arg-type] - handed on as they come

    monkeypatch.setattr(RepoCache, "seal", seal)

    result = world.download(progress=seen.append)

    assert_right(result.path)
    assert world.hub.body_bytes() == served
    assert [each.bytes_downloaded for each in seen] == sorted(each.bytes_downloaded for each in seen)
    assert mf.model_status("org/model", cache_dir=world.cache) is mf.ModelStatus.DOWNLOADED
    assert world.left_over() == []


def test_offline_nothing_that_was_taken_away_is_asked_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.publish()
    world.download()
    world.hub.clear()
    real = RepoCache.seal

    def seal(*arguments: object) -> tuple[str, ...]:
        monkeypatch.setattr(RepoCache, "seal", real)
        next(world.folder.glob("snapshots/*/model.bin")).resolve().unlink()
        return real(*arguments)  # type: ignore[arg-type] - handed on as they come

    monkeypatch.setattr(RepoCache, "seal", seal)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    with pytest.raises(mf.NotCachedError, match=r"not complete in the cache, without model\.bin\.") as caught:
        world.download()

    assert caught.value.missing == ("model.bin",)
    assert world.hub.requests == ()


def test_who_takes_it_away_every_time_is_named_in_the_error(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.publish()
    real = RepoCache.seal

    def seal(*arguments: object) -> tuple[str, ...]:
        one_place(world)
        return real(*arguments)  # type: ignore[arg-type] - handed on as they come

    monkeypatch.setattr(RepoCache, "seal", seal)

    with pytest.raises(mf.CacheError, match=r"model\.bin was complete in the cache and then gone from it, 4 times"):
        world.download()

    assert not (world.folder / "refs").exists()
