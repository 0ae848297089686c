"""How often the Hub is asked: as little as the contract says, and not at all where it says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch.testing import BadListing

from .kit import CONFIG, FILES, REPO, SIZE, TOTAL, WEIGHTS, assert_right, of, state_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .kit import World

THREE_THOUSAND = {f"folder {number % 30}/{number}.json": b"%d" % number for number in range(2_999)} | {
    "model.bin": WEIGHTS
}


def without_blobs(info: dict[str, Any]) -> dict[str, Any]:
    """What the Hub answers when it does not describe the files: names alone."""
    return info | {"siblings": [{"rfilename": file["rfilename"]} for file in info["siblings"]]}


def test_a_plan_of_3000_files_costs_two_requests_at_most_and_writes_nothing(world: World, tmp_path: Path) -> None:
    world.publish(THREE_THOUSAND)

    plan = world.plan(cache_dir=tmp_path / "not" / "there")

    assert len(world.hub.requests) <= 2
    assert plan.total_bytes == sum(len(c) if isinstance(c, bytes) else c.size for c in THREE_THOUSAND.values())
    assert len(plan.files) == 3_000
    assert not (tmp_path / "not").exists()


def test_a_listing_in_pages_costs_two_requests_and_one_for_each_further_page(world: World) -> None:
    world.publish(THREE_THOUSAND)
    whole = world.plan()
    world.hub.clear()
    world.hub.inject(BadListing(without_blobs, where="info"))

    plan = world.plan()

    assert plan == whole
    assert len(of(world.hub.requests, "info")) == 1
    assert len(of(world.hub.requests, "tree")) == 4  # 3,000 files and their folders, 1,000 entries a page


def test_planning_writes_nothing_into_a_cache_that_is_there(world: World) -> None:
    world.publish()
    world.download(allow_patterns="*.json")
    before = state_of(world.cache)

    world.plan()

    assert state_of(world.cache) == before


def test_a_plan_tells_what_is_here_and_what_has_to_come(world: World) -> None:
    world.publish()
    world.download(allow_patterns="*.json")
    world.interrupted(1_000_000, allow_patterns="model.bin")

    plan = world.plan()

    states = {file.path: file.state for file in plan.files}
    assert states == {"config.json": "cached", "model.bin": "partial", "sub folder/vocabulary.txt": "missing"}
    assert plan.cached_bytes == len(CONFIG)
    assert plan.partial_bytes >= 1_000_000 - len(CONFIG)
    assert plan.cached_bytes + plan.partial_bytes + plan.remaining_bytes == plan.total_bytes == TOTAL
    assert not plan.is_complete


def test_each_file_costs_one_question_and_its_body(world: World) -> None:
    world.publish()

    world.download()

    assert len(of(world.hub.requests, "info")) == 1
    assert len(of(world.hub.requests, "resolve")) == len(FILES)
    assert len(of(world.hub.requests, "cdn")) == len(FILES)


def test_a_complete_model_by_branch_costs_one_request(world: World) -> None:
    world.publish()
    world.download()
    world.hub.clear()
    before = state_of(world.cache)

    result = world.download()

    assert len(world.hub.requests) <= 1
    assert (result.bytes_transferred, result.bytes_reused) == (0, TOTAL)
    assert_right(result.path)
    assert state_of(world.cache) == before


def test_a_complete_plan_costs_no_request(world: World) -> None:
    world.publish()
    plan = world.plan()
    world.download(plan)
    world.hub.clear()

    assert_right(world.download(plan).path)
    assert world.hub.requests == ()


def test_a_complete_commit_costs_no_request(world: World) -> None:
    repo = world.publish()
    world.download(revision=repo.sha)
    world.hub.clear()

    assert_right(world.download(revision=repo.sha).path)
    assert world.plan(revision=repo.sha).is_complete
    assert world.hub.requests == ()


def test_a_commit_that_was_fetched_by_branch_costs_no_request_either(world: World) -> None:
    repo = world.publish()
    world.download()
    world.hub.clear()

    assert_right(world.download(f"{REPO}@{repo.sha}").path)
    assert world.hub.requests == ()


@pytest.mark.parametrize("options", [{}, {"allow_patterns": "*.json"}])
def test_a_commit_whose_listing_is_known_is_not_listed_again_where_the_info_does_not_do_it(
    world: World, options: dict[str, str]
) -> None:
    world.publish()
    world.hub.inject(BadListing(without_blobs, where="info", times=None))
    world.download()
    listed = len(of(world.hub.requests, "tree"))
    world.hub.clear()

    assert_right(world.download().path)
    assert len(world.hub.requests) == 1
    assert world.plan(**options).is_complete
    assert (listed > 0, of(world.hub.requests, "tree")) == (True, [])


def test_a_branch_that_moved_is_fetched_anew(world: World) -> None:
    repo = world.publish()
    world.download()
    second = repo.commit({"config.json": b"{}"})

    assert world.download().commit == second.sha
    assert (world.folder / "refs" / "main").read_text() == second.sha


def test_without_update_a_complete_copy_is_taken_unasked_although_the_branch_moved(world: World) -> None:
    repo = world.publish()
    first = world.download().commit
    repo.commit({"config.json": b"{}"})
    world.hub.clear()

    result = world.download(update=False)

    assert result.commit == first
    assert world.hub.requests == ()


def test_without_update_the_hub_is_asked_when_there_is_no_complete_copy(world: World) -> None:
    world.publish()
    world.interrupted(1_000_000)

    assert_right(world.download(update=False).path)


@pytest.mark.parametrize("options", [{}, {"backend": "ctranslate2"}])
def test_without_update_a_part_of_the_repo_is_not_taken_for_the_whole(world: World, options: dict[str, str]) -> None:
    world.publish({**FILES, "vocabulary.txt": b"a", "tokenizer.json": b"{}"})
    world.download(allow_patterns="*.json")

    path = world.download(update=False, **options).path

    assert (path / "model.bin").stat().st_size == SIZE


def test_without_update_more_than_the_backend_takes_is_asked_for(world: World) -> None:
    world.publish({**FILES, "vocabulary.txt": b"a", "tokenizer.json": b"{}", "vad.onnx": b"more"})
    world.download(backend="ctranslate2")
    asked = ("config.json", "model.bin", "tokenizer.json", "vocabulary.*", "vad.onnx")

    path = world.download(update=False, backend="ctranslate2", allow_patterns=asked).path

    assert (path / "vad.onnx").read_bytes() == b"more"


def test_without_update_the_newest_complete_copy_is_taken_when_the_branch_is_half_fetched(world: World) -> None:
    repo = world.publish()
    first = world.download().commit
    repo.commit({"model.bin": CONFIG * 200_000})
    world.interrupted(1_000_000)
    world.hub.clear()

    result = world.download(update=False)

    assert result.commit == first
    assert world.hub.requests == ()


def test_a_file_deleted_from_a_complete_copy_is_missed_and_fetched(world: World) -> None:
    repo = world.publish()
    path = world.download().path
    (path / "config.json").unlink()
    (world.folder / "blobs" / repo.files["config.json"].etag).unlink()
    world.hub.clear()

    assert_right(world.download(update=False).path)
    assert world.hub.body_bytes() == len(CONFIG)


@pytest.mark.parametrize("options", [{"update": False}, {"revision": "<commit>"}])
def test_who_makes_no_request_needs_no_token(
    world: World, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    world.publish()
    commit = world.download().commit
    monkeypatch.setenv("HF_TOKEN", "no token")
    world.hub.clear()

    options = {name: commit if value == "<commit>" else value for name, value in options.items()}
    assert_right(world.download(token=None, **options).path)

    assert world.hub.requests == ()
    with pytest.raises(mf.AuthenticationError, match="HF_TOKEN"):
        world.plan(token=None)
    assert world.hub.requests == ()


# ---------------------------------------------------------------- offline


def test_offline_patterns_that_fit_no_file_of_a_known_repo_are_told_as_that(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.publish()
    world.download()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    with pytest.raises(mf.ModelNotFoundError, match="At least one of its 3 files was expected"):
        world.plan(allow_patterns="*.zzz")


def by_name(world: World) -> str:
    world.download()
    return REPO


def by_commit(world: World) -> str:
    return f"{REPO}@{world.download().commit}"


@pytest.mark.parametrize("fetched", [by_name, by_commit])
def test_offline_a_model_that_was_fetched_is_planned_and_downloaded_without_a_request(
    world: World, monkeypatch: pytest.MonkeyPatch, fetched: Callable[[World], str]
) -> None:
    world.publish()
    model = fetched(world)
    world.hub.clear()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    plan = world.plan(model)

    assert plan.is_complete
    assert_right(world.download(model).path)
    assert_right(world.download(plan).path)
    assert world.hub.requests == ()


def test_offline_a_model_that_was_never_fetched_is_not_cached(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.publish()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    with pytest.raises(mf.NotCachedError, match="HF_HUB_OFFLINE"):
        world.plan()
    with pytest.raises(mf.NotCachedError, match="HF_HUB_OFFLINE"):
        world.download()
    assert world.hub.requests == ()
    assert list(world.cache.iterdir()) == []


def test_offline_a_plan_that_is_half_fetched_names_what_is_missing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.publish()
    plan = world.plan()
    world.download(allow_patterns="*.json")
    world.hub.clear()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    with pytest.raises(mf.NotCachedError) as caught:
        world.download(plan)

    assert caught.value.missing == ("model.bin", "sub folder/vocabulary.txt")
    assert world.hub.requests == ()


def test_offline_other_patterns_than_were_fetched_are_not_cached(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.publish()
    world.download(allow_patterns="*.json")
    world.hub.clear()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    with pytest.raises(mf.NotCachedError, match=r"all of its files are asked for.* is allow_patterns=") as caught:
        world.download()
    assert "('*.json',). A model" in str(caught.value)
    with pytest.raises(mf.NotCachedError, match="and ignore_patterns="):
        world.download(allow_patterns="*.bin", ignore_patterns="*.txt")
    assert world.hub.requests == ()


# ---------------------------------------------------------------- unreachable


@pytest.mark.usefixtures("quick_retries")
def test_an_unreachable_hub_is_never_answered_with_an_old_copy(world: World) -> None:
    world.publish()
    world.download()

    with world.hub.unreachable(), pytest.raises(mf.NetworkError, match="update=False"):
        world.download()


def test_an_unreachable_hub_does_not_matter_where_it_is_not_asked(world: World) -> None:
    repo = world.publish()
    plan = world.plan()
    world.download(plan)

    with world.hub.unreachable():
        assert_right(world.download(plan).path)
        assert_right(world.download(revision=repo.sha).path)
        assert_right(world.download(update=False).path)
