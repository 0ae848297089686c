"""What is in the cache, whoever brought it and in whatever state it is."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf

from .kit import FILES, KEPT, REPO, SIZE, WHISPER, fetch, folder_in, interrupt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from modelfetch.testing import LocalHub

COMMIT = "a" * 40


def the_one(cache: Path) -> mf.CachedModel:
    (model,) = mf.list_cached(cache)
    return model


def by_hand(cache: Path, files: dict[str, bytes], name: str = "models--org--name") -> Path:
    """A snapshot as a copy of a cache has it: files, no links, no refs and no notes."""
    snapshot = cache / name / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    for path, content in files.items():
        (snapshot / path).write_bytes(content)
    return snapshot


def test_a_cache_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert mf.list_cached(tmp_path / "nothing") == ()


def test_a_downloaded_model_is_listed_with_what_is_on_disk(hub: LocalHub, cache: Path) -> None:
    result = fetch(hub, cache)
    hub.clear()

    model = the_one(cache)

    assert (model.repo_id, model.status) == (REPO, mf.ModelStatus.DOWNLOADED)
    assert (model.revisions, model.commits, model.path) == (("main",), (result.commit,), result.path)
    assert (model.size_bytes, model.files) == (SIZE, tuple(sorted(FILES)))
    assert model.last_used is not None
    assert model == the_one(cache), "looking changes nothing, not even when it was last used"
    assert hub.requests == ()


def test_the_usual_cache_is_meant_when_none_is_named(hub: LocalHub, cache: Path) -> None:
    fetch(hub, cache)
    assert [model.repo_id for model in mf.list_cached()] == [REPO]


def test_a_content_that_two_files_have_counts_once(hub: LocalHub, cache: Path) -> None:
    hub.add_repo(REPO, {**FILES, "generation_config.json": FILES["config.json"]})
    fetch(hub, cache)

    assert (the_one(cache).size_bytes, len(the_one(cache).files)) == (SIZE, len(FILES) + 1)


def test_a_content_that_two_commits_have_counts_once_and_the_newest_complete_commit_comes_first(
    hub: LocalHub, cache: Path
) -> None:
    old = fetch(hub, cache)
    hub.add_repo("org/other", {"a.json": b"1"})
    repo = hub.add_repo(REPO, FILES)
    repo.commit({"config.json": b'{"v": 2}'})
    new = fetch(hub, cache)
    os.utime(old.path, (1, 1))

    model = the_one(cache)

    assert model.commits == (new.commit, old.commit)
    assert (model.path, model.size_bytes) == (new.path, SIZE + len(b'{"v": 2}'))

    (new.path / "model.bin").unlink()
    assert (the_one(cache).path, the_one(cache).status) == (old.path, mf.ModelStatus.DOWNLOADED)


def test_tags_and_branches_with_a_slash_are_revisions(hub: LocalHub, cache: Path) -> None:
    repo = hub.add_repo(REPO, FILES)
    repo.tag("v1.0")
    repo.commit({}, branch="dev/next")
    for revision in ("main", "v1.0", "dev/next"):
        fetch(hub, cache, revision=revision)

    assert the_one(cache).revisions == ("dev/next", "main", "v1.0")


def test_a_commit_that_was_asked_for_by_its_id_has_no_revision(hub: LocalHub, cache: Path) -> None:
    fetch(hub, cache, revision=hub.add_repo(REPO, FILES).sha)

    assert (the_one(cache).revisions, the_one(cache).status) == ((), mf.ModelStatus.DOWNLOADED)


def test_a_cancelled_download_is_partial_and_its_bytes_count(hub: LocalHub, cache: Path) -> None:
    interrupt(hub, cache)

    model = the_one(cache)

    assert (model.status, model.files, model.revisions) == (mf.ModelStatus.PARTIAL, (), ())
    assert KEPT <= model.size_bytes <= 4 * KEPT


def test_a_neighbours_temporary_is_partial_and_its_bytes_count(cache: Path) -> None:
    blobs = folder_in(cache) / "blobs"
    blobs.mkdir(parents=True)
    (blobs / ("a" * 64 + ".1a2b3c4d.incomplete")).write_bytes(b"12345")

    model = the_one(cache)

    assert (model.status, model.size_bytes, model.path) == (mf.ModelStatus.PARTIAL, 5, None)
    assert mf.model_status(REPO, cache_dir=cache) is mf.ModelStatus.PARTIAL


def test_a_folder_without_refs_is_listed(cache: Path) -> None:
    snapshot = by_hand(cache, WHISPER)

    model = the_one(cache)

    assert (model.revisions, model.path, model.status) == ((), snapshot, mf.ModelStatus.DOWNLOADED)
    assert model.size_bytes == sum(map(len, WHISPER.values()))


def test_links_that_lead_nowhere_are_partial_and_no_files(cache: Path) -> None:
    snapshot = by_hand(cache, {})
    for name in FILES:
        (snapshot / name).symlink_to("../../blobs/" + "a" * 40)

    model = the_one(cache)

    assert (model.status, model.files, model.size_bytes) == (mf.ModelStatus.PARTIAL, (), 0)
    assert model.last_used is None


def test_a_pointer_where_weights_belong_is_not_the_weights(cache: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 7\n"
    by_hand(cache, {**WHISPER, "model.bin": pointer})

    assert the_one(cache).status is mf.ModelStatus.PARTIAL
    assert "model.bin" not in the_one(cache).files


def test_a_truncated_blob_is_partial(hub: LocalHub, cache: Path) -> None:
    (fetch(hub, cache).path / "model.bin").resolve().write_bytes(b"wei")

    assert the_one(cache).status is mf.ModelStatus.PARTIAL
    assert mf.model_status(REPO, cache_dir=cache) is mf.ModelStatus.PARTIAL


def test_foreign_files_and_other_kinds_of_repos_are_no_models(hub: LocalHub, cache: Path) -> None:
    fetch(hub, cache)
    (cache / "CACHEDIR.TAG").write_text("x")
    (cache / "models--a--file").write_text("x")
    (cache / "models--").mkdir()
    (cache / "datasets--org--name" / "snapshots" / COMMIT).mkdir(parents=True)
    folder = folder_in(cache)
    (folder / "snapshots" / "not-a-commit").mkdir()
    (folder / "snapshots" / "a file").write_text("x")
    (folder / "refs" / "garbage").write_bytes(b"\xff\xfe")
    (folder / "blobs" / "a folder").mkdir()

    assert [(model.repo_id, model.revisions) for model in mf.list_cached(cache)] == [(REPO, ("main",))]


def test_what_a_look_up_that_failed_left_behind_is_no_model(cache: Path) -> None:
    refs = folder_in(cache) / "refs"
    refs.mkdir(parents=True)
    (refs / "main").write_text(COMMIT)

    assert mf.list_cached(cache) == ()


def test_a_model_without_an_owner_is_listed_and_can_be_named_as_it_is_listed(cache: Path) -> None:
    by_hand(cache, WHISPER, "models--gpt2")

    assert the_one(cache).repo_id == "gpt2"
    assert mf.verify_cached("gpt2", revision=COMMIT, cache_dir=cache).is_ok
    assert mf.model_status(f"gpt2@{COMMIT}", cache_dir=cache) is mf.ModelStatus.DOWNLOADED
    assert mf.remove_cached("gpt2", cache_dir=cache) == sum(map(len, WHISPER.values()))
    assert mf.list_cached(cache) == ()


def test_a_name_that_is_neither_known_nor_in_the_cache_is_still_an_error(cache: Path) -> None:
    with pytest.raises(mf.ModelNotFoundError, match="no model called 'gpt2'"):
        mf.model_status("gpt2", cache_dir=cache)


def test_a_folder_that_cannot_be_read_is_an_error_and_not_empty(
    hub: LocalHub, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, real = fetch(hub, cache).commit, os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith(commit):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    for verb in (mf.model_status, mf.verify_cached, mf.load_cached, mf.remove_cached):
        with pytest.raises(mf.CacheError, match="Permission denied"):
            verb(REPO, cache_dir=cache)
    assert mf.list_cached(cache) == ()


@pytest.mark.parametrize("verb", [mf.model_status, mf.verify_cached, mf.load_cached, mf.remove_cached])
@pytest.mark.parametrize(
    "model", [REPO, "tiny", mf.ModelSpec("mine", REPO, revision="v1")], ids=["id", "alias", "spec"]
)
def test_a_file_where_the_cache_should_be_is_an_error_for_every_verb(
    tmp_path: Path, verb: Callable[..., object], model: str | mf.ModelSpec
) -> None:
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(mf.CacheError, match="looking at the cache failed"):
            verb(model, cache_dir=place)
        with pytest.raises(mf.CacheError, match="looking at the cache failed"):
            mf.list_cached(place)


if sys.platform == "linux":  # elsewhere nobody can look without a trace

    def test_a_look_into_the_files_is_no_use_of_the_model(cache: Path) -> None:
        weights = by_hand(cache, WHISPER) / "model.bin"
        os.utime(weights, (1, 1))
        assert the_one(cache).status is mf.ModelStatus.DOWNLOADED
        assert weights.stat().st_atime == 1


if os.name == "posix" and os.geteuid():  # root reads everything

    def test_a_folder_that_may_not_be_read_is_left_out(hub: LocalHub, cache: Path) -> None:
        fetch(hub, cache)
        secret = by_hand(cache, WHISPER, "models--org--secret").parent
        secret.chmod(0)
        try:
            assert [model.repo_id for model in mf.list_cached(cache)] == [REPO]
        finally:
            secret.chmod(0o700)
