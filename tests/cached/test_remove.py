"""What is removed is gone, what others need stays, and nothing half removed looks whole."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf
from modelfetch.adapters.cache import removal
from modelfetch.testing import Stall, Synthetic
from modelfetch.testing.models import tiny_whisper

from ..download.kit import wait_until
from .kit import FILES, KEPT, REPO, SIZE, WHISPER, fetch, folder_in, forget_notes, interrupt

if TYPE_CHECKING:
    from modelfetch.testing import LocalHub


def two_commits(hub: LocalHub, cache: Path) -> tuple[mf.DownloadResult, mf.DownloadResult]:
    """An old commit, tagged, and a new one that has one other file."""
    repo = hub.add_repo(REPO, FILES)
    repo.tag("v1")
    old = fetch(hub, cache, f"{REPO}@v1")
    repo.commit({"model.bin": b"other weights"})
    return old, fetch(hub, cache)


def test_a_model_is_removed_whole_and_the_bytes_are_those_that_were_listed(hub: LocalHub, cache: Path) -> None:
    fetch(hub, cache)
    (listed,) = mf.list_cached(cache)
    hub.clear()

    assert mf.remove_cached(REPO, cache_dir=cache) == listed.size_bytes == SIZE
    assert not folder_in(cache).exists()
    assert mf.model_status(REPO, cache_dir=cache) is mf.ModelStatus.NOT_DOWNLOADED
    assert hub.requests == ()


def test_a_model_that_is_not_there_frees_nothing(hub: LocalHub, cache: Path) -> None:
    assert mf.remove_cached("org/other", cache_dir=cache) == 0
    assert mf.remove_cached("org/other", revision="v1", cache_dir=cache) == 0
    assert mf.remove_cached(REPO, cache_dir=cache / "no such folder") == 0
    fetch(hub, cache)
    assert mf.remove_cached(f"{REPO}@{'f' * 40}", cache_dir=cache) == 0
    assert mf.verify_cached(REPO, cache_dir=cache).is_ok


def test_a_revision_that_was_left_empty_is_refused_rather_than_the_whole_model_removed(
    hub: LocalHub, cache: Path
) -> None:
    fetch(hub, cache)
    with pytest.raises(mf.ModelNotFoundError, match="ends in '@' without a revision"):
        mf.remove_cached(f"{REPO}@", cache_dir=cache)
    assert mf.verify_cached(REPO, cache_dir=cache).is_ok


def test_other_models_stay_as_they_are(hub: LocalHub, cache: Path) -> None:
    hub.add_repo("org/other", FILES)
    fetch(hub, cache)
    fetch(hub, cache, "org/other")

    mf.remove_cached(REPO, cache_dir=cache)

    assert [model.repo_id for model in mf.list_cached(cache)] == ["org/other"]
    assert mf.verify_cached("org/other", cache_dir=cache).is_ok


def test_a_revision_takes_only_what_no_other_commit_needs(hub: LocalHub, cache: Path) -> None:
    old, new = two_commits(hub, cache)

    assert mf.remove_cached(REPO, revision="v1", cache_dir=cache) == len(b"weights")

    (left,) = mf.list_cached(cache)
    assert (left.commits, left.revisions) == ((new.commit,), ("main",))
    assert mf.verify_cached(REPO, cache_dir=cache).is_ok
    assert not old.path.exists()
    assert mf.model_status(f"{REPO}@v1", cache_dir=cache) is mf.ModelStatus.NOT_DOWNLOADED
    assert {path.name for path in (folder_in(cache) / ".modelfetch" / "v1" / "snapshots").iterdir()} == {new.commit}


def test_a_removed_name_leaves_no_folder_that_another_name_would_meet(hub: LocalHub, cache: Path) -> None:
    old, _ = two_commits(hub, cache)
    refs = folder_in(cache) / "refs"
    (refs / "release").mkdir()
    (refs / "release" / "1").write_text(old.commit)

    mf.remove_cached(REPO, revision="release/1", cache_dir=cache)

    assert [path.name for path in refs.iterdir()] == ["main"]


def test_every_name_of_a_removed_commit_goes_with_it(hub: LocalHub, cache: Path) -> None:
    old, new = two_commits(hub, cache)
    fetch(hub, cache, f"{REPO}@{old.commit}")
    (folder_in(cache) / "refs" / "stable").write_text(old.commit)

    mf.remove_cached(f"{REPO}@{old.commit}", cache_dir=cache)

    (left,) = mf.list_cached(cache)
    assert (left.revisions, left.commits) == (("main",), (new.commit,))
    assert sorted(path.name for path in (folder_in(cache) / "refs").iterdir()) == ["main"]


def test_the_last_commit_takes_the_folder_with_it(hub: LocalHub, cache: Path) -> None:
    old, new = two_commits(hub, cache)

    freed = [mf.remove_cached(REPO, revision=each.commit, cache_dir=cache) for each in (old, new)]

    assert sum(freed) == SIZE + len(b"other weights")
    assert not folder_in(cache).exists()


def test_a_spec_that_names_a_revision_removes_that_one(hub: LocalHub, cache: Path) -> None:
    _, new = two_commits(hub, cache)
    catalog = mf.Catalog([mf.ModelSpec("house", REPO, revision="v1")])

    mf.remove_cached("house", catalog=catalog, cache_dir=cache)

    assert mf.list_cached(cache)[0].commits == (new.commit,)
    mf.remove_cached(mf.ModelSpec("house", REPO), cache_dir=cache)
    assert mf.list_cached(cache) == ()


def test_files_without_links_are_removed_with_their_snapshot(
    hub: LocalHub, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_DISABLE_SYMLINKS", "1")
    two_commits(hub, cache)

    freed = mf.remove_cached(REPO, revision="v1", cache_dir=cache)

    assert freed >= len(b"weights")
    assert mf.verify_cached(REPO, cache_dir=cache).is_ok
    assert mf.model_status(REPO, cache_dir=cache) is mf.ModelStatus.DOWNLOADED


def test_parts_and_journals_go_too(hub: LocalHub, cache: Path) -> None:
    interrupt(hub, cache)

    assert mf.remove_cached(REPO, cache_dir=cache) >= KEPT
    assert not folder_in(cache).exists()


def test_a_running_download_is_not_removed_from_under_itself(hub: LocalHub, cache: Path) -> None:
    hub.add_repo(REPO, {"model.bin": Synthetic(4_000_000)})
    hub.inject(Stall(after=2_000_000))
    job = mf.start_download(REPO, cache_dir=cache, endpoint=hub.endpoint, token=False)
    hub.wait_for_bytes(1_000_000)

    with pytest.raises(mf.DownloadInProgressError, match="Nothing was removed") as refused:
        mf.remove_cached(REPO, cache_dir=cache)

    assert refused.value.model == REPO
    hub.heal()
    job.cancel()
    assert isinstance(job.exception(10), mf.DownloadCancelled)
    mf.remove_cached(REPO, cache_dir=cache)
    assert mf.list_cached(cache) == ()


@pytest.mark.parametrize("now", ["refs", "blobs"])
def test_a_download_that_begins_during_a_removal_is_no_error_of_the_removal(
    hub: LocalHub, cache: Path, monkeypatch: pytest.MonkeyPatch, now: str
) -> None:
    """Before the contents go it finds them all; among them it may have to be started again."""
    fetch(hub, cache)
    hub.add_repo(REPO, {**FILES, "model.bin": Synthetic(4_000_000)})
    hub.clear()
    hub.bandwidth = 200_000  # twenty seconds, if nobody lifts it
    erase = removal._erase
    jobs: list[mf.DownloadJob] = []

    def begin_meanwhile(path: str) -> None:
        if Path(path).name.startswith(now) and not jobs:
            jobs.append(mf.start_download(REPO, cache_dir=cache, endpoint=hub.endpoint, token=False))
            hub.wait_for_bytes(50_000)
        erase(path)

    monkeypatch.setattr(removal, "_erase", begin_meanwhile)
    mf.remove_cached(REPO, cache_dir=cache)

    hub.bandwidth = None
    ended = jobs[0].exception(30)
    assert ended is None if now == "refs" else isinstance(ended, mf.CacheError | None)
    fetch(hub, cache)
    assert mf.verify_cached(REPO, cache_dir=cache).is_ok
    assert not [path for path in folder_in(cache).rglob("*.tmp") if path.is_dir()]


def test_a_download_that_was_just_cancelled_is_given_time_to_let_go(hub: LocalHub, cache: Path) -> None:
    hub.add_repo(REPO, {"model.bin": Synthetic(4_000_000)})
    hub.inject(Stall(after=2_000_000))
    job = mf.start_download(REPO, cache_dir=cache, endpoint=hub.endpoint, token=False)
    wait_until(lambda: job.snapshot().bytes_downloaded > 0, "the first bytes")

    job.cancel()
    mf.remove_cached(REPO, cache_dir=cache)

    assert mf.list_cached(cache) == ()


@pytest.mark.parametrize("what", [REPO, f"{REPO}@main"])
def test_a_removal_that_the_system_refuses_removes_nothing(
    hub: LocalHub, cache: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Windows renames no folder in which a program has a file open."""
    fetch(hub, cache)
    hub.add_repo(REPO, {**FILES, "config.json": b"{}"})
    newest = mf.download(REPO, cache_dir=cache, endpoint=hub.endpoint, token=False).path
    before = sorted(path for path in cache.rglob("*") if ".modelfetch" not in path.parts)
    rename = removal.rename

    def refused(old: str, new: str) -> None:
        if Path(old).name == newest.name:
            raise PermissionError(errno.EACCES, "in use", old)
        rename(old, new)

    monkeypatch.setattr(removal, "rename", refused)
    with pytest.raises(mf.CacheError):
        mf.remove_cached(what, cache_dir=cache)
    assert sorted(path for path in cache.rglob("*") if ".modelfetch" not in path.parts) == before
    assert mf.model_status(REPO, cache_dir=cache) is mf.ModelStatus.DOWNLOADED
    monkeypatch.undo()
    assert mf.remove_cached(what, cache_dir=cache) > 0


def test_a_removed_model_can_be_downloaded_again(hub: LocalHub, cache: Path) -> None:
    fetch(hub, cache)
    mf.remove_cached(REPO, cache_dir=cache)

    assert fetch(hub, cache).bytes_transferred == SIZE
    assert mf.verify_cached(REPO, cache_dir=cache).is_ok


OPTIONAL = {f"README.{number}.md": b"%d" % number for number in range(5)}
"""Files that no backend misses, so that a snapshot without them looks complete where nobody noted them."""


@pytest.fixture
def whole(hub: LocalHub, tmp_path: Path) -> Path:
    """A cache with two commits of one model."""
    repo = hub.add_repo(REPO, WHISPER | OPTIONAL)
    fetch(hub, tmp_path / "whole")
    repo.commit({"model.bin": tiny_whisper(mels=128)["model.bin"]})
    fetch(hub, tmp_path / "whole")
    return tmp_path / "whole"


class KilledError(BaseException):
    """Nothing catches it, as nothing catches a kill."""


def killed_after(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """End the process, as far as one can in it, at the ``steps``-th name that is taken away or moved."""
    left = iter(range(steps))

    def before(real: object) -> object:
        def step(*args: object, **options: object) -> object:
            if next(left, None) is None:
                raise KilledError
            return real(*args, **options)  # type: ignore[operator]  # one of the functions below

        return step

    for module, name in ((os, "unlink"), (os, "rmdir"), (removal, "rename")):
        monkeypatch.setattr(module, name, before(getattr(module, name)))


@pytest.mark.parametrize("revision", [None, "main"])
@pytest.mark.parametrize("noted", [True, False])
def test_a_removal_that_is_killed_anywhere_leaves_nothing_that_looks_complete_and_the_next_one_ends_it(
    whole: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, revision: str | None, *, noted: bool
) -> None:
    steps, killed = 0, True
    while killed:
        shutil.copytree(whole, cache, symlinks=True, dirs_exist_ok=True)
        if not noted:
            forget_notes(cache)
        with monkeypatch.context() as patched:
            killed_after(steps, patched)
            try:
                mf.remove_cached(REPO, revision=revision, cache_dir=cache)
                killed = False
            except KilledError:
                pass
        for commit in (path.name for path in (whole / "models--org--name" / "snapshots").iterdir()):
            model = f"{REPO}@{commit}"
            if mf.model_status(model, backend="ctranslate2", cache_dir=cache) is mf.ModelStatus.DOWNLOADED:
                assert len(mf.verify_cached(model, cache_dir=cache).ok) == len(WHISPER) + len(OPTIONAL)
        mf.remove_cached(REPO, cache_dir=cache)
        assert not folder_in(cache).exists()
        steps += 1
    assert steps > 15


@pytest.mark.parametrize("place", ["", "snapshots", "blobs", ".modelfetch", ".modelfetch/v1"])
def test_a_link_in_place_of_a_folder_is_not_followed(hub: LocalHub, cache: Path, tmp_path: Path, place: str) -> None:
    fetch(hub, cache)
    folder, elsewhere = folder_in(cache) / place, tmp_path / "elsewhere"
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere, target_is_directory=True)
    before = sorted(elsewhere.rglob("*"))

    for revision in (None, "main"):
        with pytest.raises(mf.CacheError, match="symbolic link") as refused:
            mf.remove_cached(REPO, revision=revision, cache_dir=cache)
        assert refused.value.path == str(folder)
    assert sorted(elsewhere.rglob("*")) == before


def test_what_a_killed_removal_set_aside_is_still_listed_and_freed_by_the_next(
    hub: LocalHub, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_DISABLE_SYMLINKS", "1")
    path = fetch(hub, cache).path
    path.rename(folder_in(cache) / ".modelfetch" / "v1" / f"{path.name}.1a2b3c4d.tmp")

    (model,) = mf.list_cached(cache)
    assert (model.status, model.path, model.size_bytes) == (mf.ModelStatus.PARTIAL, None, SIZE)
    assert mf.remove_cached(REPO, cache_dir=cache) == SIZE


def test_a_link_in_place_of_a_snapshot_is_removed_and_not_followed(hub: LocalHub, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    fetch(hub, cache)
    (folder_in(cache) / "snapshots" / ("e" * 40)).symlink_to(tmp_path, target_is_directory=True)

    mf.remove_cached(REPO, cache_dir=cache)

    assert (tmp_path / "precious").exists()
    assert not folder_in(cache).exists()


if sys.platform != "win32":  # there the removal is refused

    def test_a_file_that_is_open_stays_readable(hub: LocalHub, cache: Path) -> None:
        with (fetch(hub, cache).path / "model.bin").open("rb") as opened:
            mf.remove_cached(REPO, cache_dir=cache)
            assert opened.read() == b"weights"


def test_a_shared_store_without_a_huggingface_hub_that_knows_it_is_left_alone(
    hub: LocalHub, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = (fetch(hub, cache).path / "model.bin").resolve()
    stored = cache / "blobs" / "ab" / ("ab" * 32)
    stored.parent.mkdir(parents=True)
    path.rename(stored)
    path.symlink_to(os.path.relpath(stored, path.parent))
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)

    with pytest.raises(mf.CacheError, match="knows this store") as refused:
        mf.remove_cached(REPO, cache_dir=cache)

    assert refused.value.path == str(cache / "blobs")
    assert mf.verify_cached(REPO, cache_dir=cache).is_ok, "nothing was removed"
