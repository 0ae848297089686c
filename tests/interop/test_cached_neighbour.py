"""What huggingface_hub, of any generation, brought is listed, verified and removed from correctly, and the rest stays whole."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import HfApi, scan_cache_dir

import modelfetch as mf
from modelfetch.testing import LocalHub, Synthetic

from .kit import REPO, THEIRS, ours, theirs

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHER = "org/other"
WEIGHTS = Synthetic(300_000)
FILES = {
    "config.json": b'{"model_type": "whisper"}',
    "model.bin": WEIGHTS,
    "tokenizer.json": b"{}",
    "vocabulary.txt": b"a\n",
    "README.md": b"# It",
}
NEEDED = ["config.json", "model.bin", "tokenizer.json", "vocabulary.*"]
SIZE = WEIGHTS.size + sum(len(content) for content in FILES.values() if isinstance(content, bytes))
HAS_SHARED_STORE = find_spec("huggingface_hub.utils._shared_blobs") is not None


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    with LocalHub() as hub:
        hub.add_repo(REPO, FILES)
        hub.add_repo(OTHER, FILES | {"config.json": b'{"other": 1}'})
        yield hub


def assert_right_for_them(hub: LocalHub, cache: Path, repo: str) -> None:
    """``hf cache verify`` and a scan; a huggingface_hub without that command is asked to find every file."""
    assert [str(warning) for warning in scan_cache_dir(cache).warnings] == []
    if hasattr(HfApi, "verify_repo_checksums"):
        found = HfApi(endpoint=hub.endpoint, token=False).verify_repo_checksums(repo, cache_dir=cache)
        assert (found.mismatches, found.missing_paths) == ([], [])
        command = Path(sysconfig.get_path("scripts"), "hf")
        words = ("cache", "verify", repo, "--cache-dir", str(cache), "--fail-on-missing-files")
        environment = {"HF_ENDPOINT": hub.endpoint, "HF_HUB_DISABLE_UPDATE_CHECK": "1", "HF_HOME": str(cache.parent)}
        ran = subprocess.run([command, *words], env=environment, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    path = theirs(hub, cache, repo, local_files_only=True)
    assert {file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file()} == FILES.keys()


# ------------------------------------------------------------------ the plain layout


def test_what_the_neighbour_brought_is_taken_unasked_though_it_noted_nothing(hub: LocalHub, tmp_path: Path) -> None:
    """huggingface_hub before 1.22 writes no ``trees/``."""
    folder = theirs(hub, tmp_path, allow_patterns=NEEDED)
    shutil.rmtree(folder.parents[1] / "trees", ignore_errors=True)
    hub.clear()
    for _ in range(2):  # the second time, it is noted that it was asked for
        result = ours(hub, tmp_path, update=False, backend="ctranslate2")
        assert (result.path, [file.path for file in result.files]) == (folder, sorted(FILES.keys() - {"README.md"}))
    assert hub.requests == ()
    assert ours(hub, tmp_path, update=False).bytes_transferred == len(FILES["README.md"])


def test_what_the_neighbour_brought_is_listed_as_it_scans_it(hub: LocalHub, cache: Path) -> None:
    path = theirs(hub, cache)
    hub.clear()
    (repo,) = scan_cache_dir(cache).repos

    (model,) = mf.list_cached(cache)

    assert (model.repo_id, model.path, model.status) == (REPO, path, mf.ModelStatus.DOWNLOADED)
    assert (model.revisions, model.commits, model.files) == (("main",), (path.name,), tuple(sorted(FILES)))
    assert model.size_bytes == repo.size_on_disk == SIZE
    assert hub.requests == ()


def test_what_the_neighbour_brought_is_verified_to_the_bit(hub: LocalHub, cache: Path) -> None:
    path = theirs(hub, cache)
    hub.clear()

    assert mf.verify_cached(REPO, cache_dir=cache).ok == tuple(sorted(FILES))
    (path / "model.bin").resolve().write_bytes(bytes(WEIGHTS.size))
    assert mf.verify_cached(REPO, cache_dir=cache).corrupt == ("model.bin",)
    assert hub.requests == ()


@pytest.mark.parametrize("model", [REPO, mf.ModelSpec("it", REPO, backend="ctranslate2")])
def test_a_choice_of_files_that_a_backend_can_load_is_complete(
    hub: LocalHub, cache: Path, model: str | mf.ModelSpec
) -> None:
    """As faster-whisper has them fetched; since 1.22 a listing of all files lies beside them."""
    theirs(hub, cache, allow_patterns=NEEDED)

    assert mf.model_status(model, cache_dir=cache) is mf.ModelStatus.DOWNLOADED
    assert mf.list_cached(cache)[0].status is mf.ModelStatus.DOWNLOADED
    assert mf.verify_cached(model, cache_dir=cache).is_ok


@pytest.mark.parametrize("lacking", ["model.bin", "tokenizer.json", "config.json"])
def test_a_choice_of_files_that_no_backend_can_load_is_partial(hub: LocalHub, cache: Path, lacking: str) -> None:
    theirs(hub, cache, ignore_patterns=[lacking, "*.md"])

    assert mf.model_status(REPO, cache_dir=cache) is mf.ModelStatus.PARTIAL
    assert mf.list_cached(cache)[0].status is mf.ModelStatus.PARTIAL
    assert mf.verify_cached(REPO, backend="ctranslate2", cache_dir=cache).missing == (lacking,)


def test_what_the_neighbour_brought_is_removed_and_the_other_model_stays_right(hub: LocalHub, cache: Path) -> None:
    theirs(hub, cache)
    theirs(hub, cache, OTHER)
    blobs = cache / "models--org--name" / "blobs"
    (blobs / ("f" * 64 + ".1a2b3c4d.incomplete")).write_bytes(b"12345")

    assert mf.remove_cached(REPO, cache_dir=cache) == SIZE + 5

    assert [model.repo_id for model in mf.list_cached(cache)] == [OTHER]
    assert_right_for_them(hub, cache, OTHER)
    assert mf.verify_cached(OTHER, cache_dir=cache).is_ok


def test_one_of_the_neighbours_commits_is_removed_and_the_other_stays_right(hub: LocalHub, cache: Path) -> None:
    repo = hub.add_repo(REPO, FILES)
    old = theirs(hub, cache)
    repo.commit({"config.json": b'{"v": 2}'})
    new = theirs(hub, cache)

    assert mf.remove_cached(REPO, revision=old.name, cache_dir=cache) == len(b'{"model_type": "whisper"}')

    assert (old.exists(), new.exists()) == (False, True)
    assert_right_for_them(hub, cache, REPO)
    assert {path.name for path in (cache / "models--org--name").glob("trees/*")} <= {f"{new.name}.json"}


def test_both_on_one_folder_are_removed_together(hub: LocalHub, cache: Path) -> None:
    repo = hub.add_repo(REPO, FILES)
    theirs(hub, cache)
    repo.commit({"config.json": b'{"v": 2}'})
    new = ours(hub, cache)

    mf.remove_cached(f"{REPO}@{new.commit}", cache_dir=cache)
    assert [str(warning) for warning in scan_cache_dir(cache).warnings] == []
    assert mf.verify_cached(REPO, revision=mf.list_cached(cache)[0].commits[0], cache_dir=cache).is_ok
    mf.remove_cached(REPO, cache_dir=cache)
    assert mf.list_cached(cache) == ()
    assert not scan_cache_dir(cache).repos


def test_a_model_that_the_neighbour_is_downloading_is_not_removed(hub: LocalHub, cache: Path) -> None:
    hub.bandwidth = 20_000  # a quarter of a minute, if nobody lifts it: longer than any removal takes to look
    command = [sys.executable, "-W", "ignore", "-c", THEIRS, REPO, hub.endpoint, str(cache)]
    with subprocess.Popen(command) as neighbour:
        hub.wait_for_bytes(1_000, pattern="*model.bin*")
        with pytest.raises(mf.DownloadInProgressError):
            mf.remove_cached(REPO, cache_dir=cache)
        hub.bandwidth = None
        assert neighbour.wait(60) == 0

    assert_right_for_them(hub, cache, REPO)


# ------------------------------------------------------------------ the store that repos share

if HAS_SHARED_STORE:
    STORED = "ab" * 32
    """What Xet would call the weights; any 64 hex digits will do."""

    @pytest.fixture
    def shared(hub: LocalHub, cache: Path) -> Path:
        """Two models whose weights lie once in the store, put there by huggingface_hub's own functions; where they lie."""
        store = importlib.import_module("huggingface_hub.utils._shared_blobs")
        for repo in (REPO, OTHER):
            folder = theirs(hub, cache, repo)
            blob = str((folder / "model.bin").parent / (folder / "model.bin").readlink())
            how = {"blob_path": blob, "xet_hash": STORED, "cache_dir": cache, "expected_size": WEIGHTS.size}
            assert store.publish_blob_to_shared_store(**how)
        assert_right_for_them(hub, cache, REPO)
        return cache / "blobs" / STORED[:2] / STORED

    def test_a_shared_content_counts_in_both_models_and_once_in_the_sum(
        shared: Path, cache: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        from modelfetch.cli import main

        sizes = {repo.repo_id: repo.size_on_disk for repo in scan_cache_dir(cache).repos}
        assert {model.repo_id: model.size_bytes for model in mf.list_cached(cache)} == sizes
        assert main(["list", "--cache-dir", str(cache)]) == 0
        assert capsys.readouterr().err == f"2 models, 300 kB in {cache}.\n"
        assert shared.stat().st_size == WEIGHTS.size

    def test_a_shared_content_is_verified_in_both(shared: Path, cache: Path) -> None:
        assert mf.verify_cached(REPO, cache_dir=cache).is_ok
        shared.chmod(0o600)
        shared.write_bytes(bytes(WEIGHTS.size))
        assert [mf.verify_cached(repo, cache_dir=cache).corrupt for repo in (REPO, OTHER)] == [("model.bin",)] * 2

    def test_a_shared_content_stays_until_nobody_needs_it(hub: LocalHub, shared: Path, cache: Path) -> None:
        small = SIZE - WEIGHTS.size

        assert mf.remove_cached(REPO, cache_dir=cache) == small
        assert shared.exists()
        assert_right_for_them(hub, cache, OTHER)
        assert mf.verify_cached(OTHER, cache_dir=cache).is_ok

        assert mf.remove_cached(OTHER, cache_dir=cache) == WEIGHTS.size + small + len(b'{"other": 1}') - len(
            b'{"model_type": "whisper"}'
        )
        assert [path.name for path in shared.parent.iterdir() if not path.name.endswith(".lock")] == []
        assert scan_cache_dir(cache).size_on_disk == 0

    def test_one_revision_s_shared_content_stays_for_the_other_repo(hub: LocalHub, shared: Path, cache: Path) -> None:
        old = theirs(hub, cache, local_files_only=True)
        link = old / (old / "model.bin").readlink()
        hub.add_repo(REPO, FILES).commit({"model.bin": b"new weights"})
        theirs(hub, cache)
        assert link.is_symlink()

        assert mf.remove_cached(REPO, revision=old.name, cache_dir=cache) == 0

        assert (shared.exists(), link.is_symlink()) == (True, False)
        assert_right_for_them(hub, cache, OTHER)
        assert_right_for_them(hub, cache, REPO)

    def test_a_link_into_the_store_that_leads_nowhere_is_removed(shared: Path, cache: Path) -> None:
        shared.parent.chmod(0o700)
        shutil.rmtree(shared.parent)

        assert mf.list_cached(cache)[0].status is mf.ModelStatus.PARTIAL
        assert mf.remove_cached(REPO, cache_dir=cache) == SIZE - WEIGHTS.size
        assert not (cache / "models--org--name").exists()
        assert [model.repo_id for model in mf.list_cached(cache)] == [OTHER]
