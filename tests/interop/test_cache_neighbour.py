"""What we leave in the cache is what huggingface_hub, of any generation, expects to find there: at every instant."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download, try_to_load_from_cache
from huggingface_hub.utils import WeakFileLock

from modelfetch.adapters.cache import Part, RepoCache
from modelfetch.core.kept.record import Selection
from modelfetch.core.planning.listing import FileEntry
from modelfetch.core.planning.plan import Presence
from modelfetch.core.transfer.ports import Busy, Present

if TYPE_CHECKING:
    from pathlib import Path

REPO = "org/name"
COMMIT = "c" * 40
WEIGHTS = bytes(range(256)) * 1_000
CONFIG = b'{"model_type": "whisper"}'


def lfs(path: str, content: bytes) -> FileEntry:
    digest = hashlib.sha256(content).hexdigest()
    return FileEntry(path, len(content), digest, digest)


def git(path: str, content: bytes) -> FileEntry:
    return FileEntry(path, len(content), hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest())


FILES = {lfs("model.bin", WEIGHTS): WEIGHTS, git("sub/folder/config.json", CONFIG): CONFIG}


@pytest.fixture(params=["links", "no links"])
def root(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder, in both of the layouts that huggingface_hub knows."""
    if request.param == "no links":
        monkeypatch.setenv("HF_HUB_DISABLE_SYMLINKS", "1")
    return tmp_path / "hub"


@pytest.fixture
def cache(root: Path) -> RepoCache:
    return RepoCache(root, REPO)


def begin(cache: RepoCache, file: FileEntry, upto: int) -> Part:
    part = cache.claim(file, COMMIT)
    assert isinstance(part, Part)
    part.keep(0, memoryview(FILES[file])[:upto])
    return part


def download(cache: RepoCache, revision: str = "main") -> None:
    """By hand, what a driver does."""
    for file in FILES:
        part = begin(cache, file, file.size)
        assert part.digest(file.size, lambda: False) == file.blob_id
        part.publish()
        cache.link(COMMIT, file.path, file.blob_id)
    cache.seal(COMMIT, revision, Selection(None, None, tuple(FILES)))


def assert_healthy(root: Path) -> None:
    found = scan_cache_dir(root)
    assert [str(warning) for warning in found.warnings] == []
    assert list(getattr(found, "incomplete_files", ())) == []


@pytest.mark.parametrize("revision", ["main", "refs/pr/1", COMMIT])
def test_the_neighbour_finds_our_snapshot_without_network(cache: RepoCache, root: Path, revision: str) -> None:
    download(cache, revision)
    found = snapshot_download(REPO, revision=revision, cache_dir=root, local_files_only=True)
    assert found == str(cache.snapshot_path(COMMIT))
    for file, content in FILES.items():
        path = hf_hub_download(REPO, file.path, revision=revision, cache_dir=root, local_files_only=True)
        assert path == str(cache.snapshot_path(COMMIT) / file.path)
        assert path == try_to_load_from_cache(REPO, file.path, cache_dir=root, revision=revision)
        with open(path, "rb") as opened:  # noqa: PTH123 - as a loader does with what it was given
            assert opened.read() == content


def test_a_download_of_some_files_is_accepted_as_it_is(cache: RepoCache, root: Path) -> None:
    """A ``trees/`` of a filtered download would make the neighbour call the snapshot incomplete."""
    file = next(iter(FILES))
    begin(cache, file, file.size).publish()
    cache.link(COMMIT, file.path, file.blob_id)
    cache.seal(COMMIT, "main", Selection(("*.bin",), None, (file,)))
    assert snapshot_download(REPO, cache_dir=root, local_files_only=True) == str(cache.snapshot_path(COMMIT))
    assert not (cache.folder / "trees").exists()


def test_a_finished_cache_is_healthy_and_counts_every_byte_once(cache: RepoCache, root: Path) -> None:
    download(cache)
    assert_healthy(root)
    (repo,) = scan_cache_dir(root).repos
    assert (repo.repo_id, repo.nb_files, repo.size_on_disk) == (REPO, 2, len(WEIGHTS) + len(CONFIG))
    (revision,) = repo.revisions
    assert (revision.commit_hash, revision.refs) == (COMMIT, {"main"})


def test_the_cache_is_healthy_at_every_step_of_a_download(cache: RepoCache, root: Path) -> None:
    parts = []
    for file in FILES:
        parts.append(begin(cache, file, 10))
        assert_healthy(root)
    for part, file in zip(parts, FILES, strict=True):
        part.keep(10, memoryview(FILES[file])[10:])
        part.publish()
        assert_healthy(root)
        cache.link(COMMIT, file.path, file.blob_id)
        assert_healthy(root)
    cache.seal(COMMIT, "main", Selection(None, None, tuple(FILES)))
    assert_healthy(root)


@pytest.mark.parametrize("kept", [0, 10])
def test_the_cache_is_healthy_after_a_download_that_failed(cache: RepoCache, root: Path, kept: int) -> None:
    file = next(iter(FILES))
    part = begin(cache, file, 10)
    if kept:
        part.release()
    else:
        part.forget()
    assert_healthy(root)
    assert [path for path in root.rglob("*") if path.is_file() and path.suffix == ".part"] == (
        [cache.folder / ".modelfetch" / "v1" / f"{file.blob_id}.part"] if kept else []
    )


def test_an_unfinished_file_is_not_taken_for_a_cached_one(cache: RepoCache, root: Path) -> None:
    file = next(iter(FILES))
    part = begin(cache, file, file.size)
    assert try_to_load_from_cache(REPO, file.path, cache_dir=root, revision=COMMIT) is None
    part.release()


def test_a_revision_that_the_neighbour_deletes_is_gone_for_us_too(cache: RepoCache, root: Path) -> None:
    download(cache)
    scan_cache_dir(root).delete_revisions(COMMIT).execute()
    assert not cache.folder.exists()
    assert cache.inventory(COMMIT, FILES) == {}
    assert cache.recorded(COMMIT) is None


def test_our_lock_is_the_neighbours_and_the_other_way_round(cache: RepoCache, root: Path) -> None:
    file = next(iter(FILES))
    lock = root / ".locks" / "models--org--name" / f"{file.blob_id}.lock"
    lock.parent.mkdir(parents=True)
    with WeakFileLock(lock):
        assert cache.claim(file, COMMIT) == Busy(0)
        (cache.folder / "blobs").mkdir(exist_ok=True)
        (cache.folder / "blobs" / f"{file.blob_id}.1a2b3c4d.incomplete").write_bytes(WEIGHTS[:77])
        assert cache.claim(file, COMMIT) == Busy(77)
    part = begin(cache, file, 10)
    tried = _try_in_another_process(lock)
    part.release()
    assert tried == "Timeout"
    assert _try_in_another_process(lock) == "held"


def test_what_the_neighbour_made_is_cached_for_us(cache: RepoCache, root: Path) -> None:
    """The blob, its link and no record of ours: as a huggingface_hub leaves it."""
    for file, content in FILES.items():
        blob = cache.folder / "blobs" / file.blob_id
        link = cache.snapshot_path(COMMIT) / file.path
        for folder in (blob.parent, link.parent):
            folder.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(content)
        link.symlink_to(os.path.relpath(blob, link.parent))
        assert cache.claim(file, COMMIT) == Present()
    assert cache.inventory(COMMIT, FILES) == {file.path: Presence("cached", file.size) for file in FILES}
    cache.seal(COMMIT, "main", Selection(None, None, tuple(FILES)))
    assert_healthy(root)
    assert snapshot_download(REPO, cache_dir=root, local_files_only=True) == str(cache.snapshot_path(COMMIT))


@pytest.fixture(autouse=True)
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """No neighbour of ours may go online, whatever it is asked."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)


def _try_in_another_process(lock: Path) -> str:
    code = """
import sys
from huggingface_hub.utils import WeakFileLock
try:
    with WeakFileLock(sys.argv[1], timeout=0.1):
        print("held")
except Exception as error:
    print(type(error).__name__)
"""
    done = subprocess.run([sys.executable, "-c", code, str(lock)], capture_output=True, text=True, check=True)
    return done.stdout.strip()
