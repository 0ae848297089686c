"""From a name to verified files: every kind of name, revision, file and choice of files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch.testing import Synthetic

from .kit import CONFIG, FILES, REPO, SIZE, TOTAL, WEIGHTS, Files, assert_right, of

if TYPE_CHECKING:
    from .kit import World


def test_a_name_becomes_a_plan_and_the_plan_a_verified_snapshot(world: World) -> None:
    repo = world.publish()

    plan = world.plan()
    result = world.download(plan)

    assert (plan.repo_id, plan.commit, plan.revision) == (REPO, repo.sha, "main")
    assert (plan.total_bytes, plan.remaining_bytes, plan.cached_bytes) == (TOTAL, TOTAL, 0)
    assert {file.path: file.blob_id for file in plan.files} == {path: file.etag for path, file in repo.files.items()}
    assert (result.commit, result.bytes_transferred, result.bytes_reused) == (repo.sha, TOTAL, 0)
    assert result.path == world.folder / "snapshots" / repo.sha
    assert {file.state for file in result.files} == {"cached"}
    assert_right(result.path)
    assert world.hub.body_bytes() == TOTAL


def test_nothing_of_ours_is_left_in_the_way_after_a_success(world: World) -> None:
    world.publish()

    world.download()

    assert world.left_over() == []


def test_the_branch_is_noted_as_huggingface_hub_notes_it(world: World) -> None:
    repo = world.publish()

    world.download()

    assert (world.folder / "refs" / "main").read_text() == repo.sha


def test_a_snapshot_file_is_a_relative_link_to_its_blob(world: World) -> None:
    repo = world.publish()

    path = world.download().path

    link = path / "sub folder" / "vocabulary.txt"
    etag = repo.files["sub folder/vocabulary.txt"].etag
    assert link.readlink() == Path("../../../blobs") / etag


@pytest.mark.parametrize("suffix", ["", ".bin"], ids=["from the Hub", "from the CDN"])
@pytest.mark.parametrize(
    "name",
    [
        "with space",
        "ünïcödé/模型",
        "100%",
        "already%20quoted",
        "hash#tag",
        "plus+and&amp",
        "semi;colon=,@",
        "quo'te[1]{2}",
        "~tilde",
        ".hidden",
        "a/b/c/d/e/f",
    ],
)
def test_a_file_of_any_sensible_name_is_fetched(world: World, name: str, suffix: str) -> None:
    files: Files = {name + suffix: b"content of " + name.encode()}
    world.publish(files)

    assert_right(world.download().path, files)


@pytest.mark.parametrize("name", ["empty.txt", "empty.bin"], ids=["git blob", "LFS"])
def test_an_empty_file_is_a_file(world: World, name: str) -> None:
    world.publish({name: b""})

    result = world.download()

    assert_right(result.path, {name: b""})
    assert (result.progress.fraction, result.progress.percent) == (1.0, 100)


def test_one_content_under_two_paths_is_fetched_once(world: World) -> None:
    files: Files = {"a/model.bin": WEIGHTS, "b/model.bin": WEIGHTS, "one.json": CONFIG, "two.json": CONFIG}
    world.publish(files)

    result = world.download()

    assert_right(result.path, files)
    assert world.hub.body_bytes() == SIZE + len(CONFIG)
    assert result.progress.bytes_downloaded == result.progress.bytes_total


def test_many_small_files_come_all(world: World) -> None:
    files: Files = {f"shard {number % 7}/{number}.json": b"%d" % number for number in range(120)}
    world.publish(files)

    assert_right(world.download().path, files)


@pytest.mark.parametrize("branch", ["dev", "feature/x", "refs/pr/1"])
def test_a_branch_is_fetched_and_noted_under_its_name(world: World, branch: str) -> None:
    repo = world.publish()
    other = repo.commit({"config.json": b"{}"}, branch=branch)

    result = world.download(revision=branch)

    assert result.commit == other.sha
    assert_right(result.path, {**FILES, "config.json": b"{}"})
    assert (world.folder / "refs" / branch).read_text() == other.sha


def test_a_tag_is_a_revision(world: World) -> None:
    repo = world.publish()
    repo.tag("v1.0")
    repo.commit({"config.json": b"{}"})

    assert_right(world.download(revision="v1.0").path)


def test_a_commit_is_a_revision_and_leaves_no_ref(world: World) -> None:
    repo = world.publish()
    first = repo.sha
    repo.commit({"config.json": b"{}"})

    result = world.download(revision=first)

    assert result.commit == first
    assert_right(result.path)
    assert not (world.folder / "refs").exists()


def test_a_revision_may_follow_the_name_after_an_at_sign(world: World) -> None:
    repo = world.publish()
    other = repo.commit({"config.json": b"{}"}, branch="feature/x")

    assert world.download(f"{REPO}@feature/x").commit == other.sha


def test_a_file_that_two_revisions_share_is_fetched_once(world: World) -> None:
    repo = world.publish()
    world.download()
    repo.commit({"config.json": b"{}"})
    world.hub.clear()

    result = world.download()

    assert world.hub.body_bytes() == 2
    assert result.bytes_reused == TOTAL - len(CONFIG)
    assert_right(result.path, {**FILES, "config.json": b"{}"})


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ({"allow_patterns": "*.json"}, {"config.json"}),
        ({"allow_patterns": ["*.json", "sub folder/"]}, {"config.json", "sub folder/vocabulary.txt"}),
        ({"ignore_patterns": ["*.bin"]}, {"config.json", "sub folder/vocabulary.txt"}),
        ({"allow_patterns": ["*"], "ignore_patterns": "*/*"}, {"config.json", "model.bin"}),
        ({"allow_patterns": "*.JSON", "ignore_patterns": None}, set()),
    ],
)
def test_patterns_choose_files_as_huggingface_hub_understands_them(
    world: World, patterns: dict[str, Any], expected: set[str]
) -> None:
    world.publish()

    try:
        result = world.download(**patterns)
    except mf.ModelNotFoundError:
        assert not expected
    else:
        assert_right(result.path, {path: FILES[path] for path in expected})


def test_an_alias_means_the_backends_files_of_its_repo(world: World) -> None:
    spec = mf.ModelSpec("tiny", REPO, backend="ctranslate2")
    world.publish({**FILES, "README.md": b"# not needed", "tokenizer.json": b"{}"})

    result = world.download("tiny", catalog=mf.Catalog([spec]))

    assert_right(result.path, {"config.json": CONFIG, "model.bin": WEIGHTS, "tokenizer.json": b"{}"})


ELSEWHERE = """
import json, sys
import modelfetch as mf

plan = mf.DownloadPlan.from_json(open(sys.argv[1], encoding="utf-8").read())
result = mf.download(plan, cache_dir=sys.argv[2], token=False)
print(json.dumps([plan.fingerprint, str(result.path), result.bytes_transferred]))
"""


def test_a_plan_as_json_fetches_the_same_bytes_in_another_process_with_another_cache(
    world: World, tmp_path: Path
) -> None:
    repo = world.publish()
    plan = world.plan()
    world.download(plan)
    (tmp_path / "plan.json").write_text(plan.to_json(), encoding="utf-8")
    repo.commit({"config.json": b"{}"})

    out, err = world.run(ELSEWHERE, tmp_path / "plan.json", tmp_path / "other").communicate(timeout=60)

    assert not err
    fingerprint, path, transferred = json.loads(out)
    assert (fingerprint, transferred) == (plan.fingerprint, TOTAL)
    assert_right(Path(path))


def test_a_renamed_repo_is_found_under_its_old_name(world: World) -> None:
    world.publish()
    world.hub.rename(REPO, "org/new-name")

    assert_right(world.download().path)


def test_a_repo_that_is_renamed_between_plan_and_download_is_still_fetched(world: World) -> None:
    world.publish()
    plan = world.plan()
    world.hub.rename(REPO, "org/new-name")

    assert_right(world.download(plan).path)


def test_a_commit_that_is_gone_between_plan_and_download_is_a_drifted_plan(world: World) -> None:
    repo = world.publish()
    plan = world.plan()
    repo.delete_commit(repo.sha)

    with pytest.raises(mf.PlanDriftError, match="plan again"):
        world.download(plan)
    assert world.hub.body_bytes() == 0


def test_one_connection_is_one_connection(world: World) -> None:
    files = {"model.bin": Synthetic(20_000_000, 2), "other.bin": Synthetic(5_000_000, 3)}
    world.publish(files)
    world.hub.latency = 0.01

    result = world.download(max_connections=1)

    assert_right(result.path, files)
    bodies = of(world.hub.requests, "cdn")
    assert len(bodies) > len(files)
    assert len({each.connection for each in bodies}) == 1


def test_a_bandwidth_limit_is_kept(world: World) -> None:
    limit = 1_000_000
    world.publish()

    result = world.download(bandwidth_limit=limit)

    assert_right(result.path)
    assert result.bytes_transferred / result.elapsed < 1.25 * limit
