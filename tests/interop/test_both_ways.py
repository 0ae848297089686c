"""One cache, two downloaders: what either brought, the other has, to the byte and without a request for bytes."""

from __future__ import annotations

import hashlib
import time
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import HfApi, scan_cache_dir
from huggingface_hub.errors import LocalEntryNotFoundError

import modelfetch as mf
from modelfetch.testing import LocalHub, Stall, Synthetic

from .kit import REPO, ours, theirs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = {
    "config.json": b'{"model_type": "whisper"}',
    "model.bin": Synthetic(3_000_000),
    "tokenizer/tokenizer.json": b"{}",
    "vocabulary.txt": b"",
}


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    with LocalHub() as hub:
        hub.add_repo(REPO, FILES)
        yield hub


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_what_we_brought_is_complete_for_the_neighbour(hub: LocalHub, cache: Path) -> None:
    path = ours(hub, cache).path
    hub.clear()

    assert theirs(hub, cache, local_files_only=True) == path
    assert hub.requests == ()


def test_what_we_brought_costs_the_neighbour_no_byte(hub: LocalHub, cache: Path) -> None:
    path = ours(hub, cache).path
    hub.clear()

    assert theirs(hub, cache) == path
    assert hub.body_bytes() == 0


def test_what_we_left_unfinished_is_not_complete_for_a_neighbour_that_can_tell(hub: LocalHub, cache: Path) -> None:
    """Since 1.22 it keeps a listing to tell by; before, it takes any folder for complete, its own as well."""
    commit = mf.plan_download(REPO, endpoint=hub.endpoint, cache_dir=cache, token=False).commit
    path = unfinished(hub, cache, commit)
    hub.clear()

    if tuple(map(int, version("huggingface_hub").split(".")[:2])) < (1, 22):
        assert theirs(hub, cache, revision=commit, local_files_only=True) == path
    else:
        with pytest.raises(LocalEntryNotFoundError):
            theirs(hub, cache, revision=commit, local_files_only=True)
    assert hub.requests == ()

    assert theirs(hub, cache, revision=commit) == path
    assert hub.body_bytes("config.json") == 0
    assert theirs(hub, cache, revision=commit, local_files_only=True) == path


def unfinished(hub: LocalHub, cache: Path, commit: str) -> Path:
    """Download with modelfetch until the model's bytes stop coming, and cancel; the snapshot folder."""
    hub.inject(Stall(after=1_000_000, match="model.bin"))
    job = mf.start_download(REPO, revision=commit, endpoint=hub.endpoint, cache_dir=cache, token=False)
    path = cache / "models--org--name" / "snapshots" / commit
    while not (path / "config.json").exists():
        time.sleep(0.01)
    job.cancel()
    assert isinstance(job.exception(10), mf.DownloadCancelled)
    return path


def test_what_the_neighbour_brought_costs_us_no_byte(hub: LocalHub, cache: Path) -> None:
    path = theirs(hub, cache)
    hub.clear()

    result = ours(hub, cache)

    assert (result.path, result.bytes_transferred, hub.body_bytes()) == (path, 0, 0)
    assert mf.model_status(REPO, cache_dir=cache) is mf.ModelStatus.DOWNLOADED


def test_both_bring_the_same_files(hub: LocalHub, tmp_path: Path) -> None:
    assert digests(ours(hub, tmp_path / "a").path) == digests(theirs(hub, tmp_path / "b"))


def test_the_neighbours_scan_has_no_warning_also_in_the_middle(hub: LocalHub, cache: Path) -> None:
    hub.inject(Stall(after=1_000_000, match="model.bin"))
    job = mf.start_download(REPO, endpoint=hub.endpoint, cache_dir=cache, token=False)
    hub.wait_for_bytes(1_000_000)
    assert scan_cache_dir(cache).warnings == []
    job.cancel()
    assert isinstance(job.exception(10), mf.DownloadCancelled)
    assert scan_cache_dir(cache).warnings == []

    hub.heal()
    ours(hub, cache)

    assert scan_cache_dir(cache).warnings == []


def wrong_files(hub: LocalHub, cache: Path) -> list[str]:
    """What ``hf cache verify`` finds; a huggingface_hub that does not know it yet is asked for the digests alone."""
    api = HfApi(endpoint=hub.endpoint, token=False)
    if hasattr(api, "verify_repo_checksums"):
        found = api.verify_repo_checksums(REPO, cache_dir=cache)
        return [*found.missing_paths, *(mismatch["path"] for mismatch in found.mismatches)]
    siblings = api.model_info(REPO, files_metadata=True).siblings or []
    here = digests(theirs(hub, cache, local_files_only=True))
    return [file.rfilename for file in siblings if file.lfs and file.lfs.sha256 != here.get(file.rfilename)]


def test_the_neighbours_verification_passes_and_would_not_for_other_bytes(hub: LocalHub, cache: Path) -> None:
    path = ours(hub, cache).path
    assert wrong_files(hub, cache) == []

    (path / "model.bin").resolve().write_bytes(bytes(3_000_000))
    assert wrong_files(hub, cache) == ["model.bin"]
