"""One cache, two downloaders: what either brought, the other has, to the byte and without a request for bytes."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import HfApi, scan_cache_dir, snapshot_download

import modelfetch as mf
from modelfetch.testing import LocalHub, Stall, Synthetic

if TYPE_CHECKING:
    from collections.abc import Iterator

REPO = "org/name"
WEIGHTS = Synthetic(3_000_000)
FILES = {
    "config.json": b'{"model_type": "whisper"}',
    "model.bin": WEIGHTS,
    "tokenizer/tokenizer.json": b"{}",
    "vocabulary.txt": b"",
}
SIZE = WEIGHTS.size + 27


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    with LocalHub() as hub:
        hub.add_repo(REPO, FILES)
        yield hub


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "hub"


def ours(hub: LocalHub, cache: Path) -> mf.DownloadResult:
    return mf.download(REPO, endpoint=hub.endpoint, cache_dir=cache, token=False)


def theirs(hub: LocalHub, cache: Path, *, offline: bool = False) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it says of its own features is its own business
        return Path(
            snapshot_download(REPO, endpoint=hub.endpoint, cache_dir=cache, token=False, local_files_only=offline)
        )


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_what_we_brought_is_complete_for_the_neighbour(hub: LocalHub, cache: Path) -> None:
    path = ours(hub, cache).path
    hub.clear()

    assert theirs(hub, cache, offline=True) == path
    assert hub.requests == ()


def test_what_we_brought_costs_the_neighbour_no_byte(hub: LocalHub, cache: Path) -> None:
    path = ours(hub, cache).path
    hub.clear()

    assert theirs(hub, cache) == path
    assert hub.body_bytes() == 0


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
    here = digests(theirs(hub, cache, offline=True))
    return [file.rfilename for file in siblings if file.lfs and file.lfs.sha256 != here.get(file.rfilename)]


def test_the_neighbours_verification_passes_and_would_not_for_other_bytes(hub: LocalHub, cache: Path) -> None:
    path = ours(hub, cache).path
    assert wrong_files(hub, cache) == []

    (path / "model.bin").resolve().write_bytes(bytes(3_000_000))
    assert wrong_files(hub, cache) == ["model.bin"]


def test_both_at_once_fetch_every_byte_once(hub: LocalHub, cache: Path) -> None:
    hub.bandwidth = 3_000_000
    code = (
        "import sys; from huggingface_hub import snapshot_download;"
        "snapshot_download(sys.argv[1], endpoint=sys.argv[2], cache_dir=sys.argv[3], token=False)"
    )
    with subprocess.Popen([sys.executable, "-W", "ignore", "-c", code, REPO, hub.endpoint, str(cache)]) as neighbour:
        hub.wait_for_bytes(100_000)
        result = ours(hub, cache)
        assert neighbour.wait(60) == 0

    assert digests(result.path) == digests(theirs(hub, cache, offline=True))
    assert hub.body_bytes() <= 1.02 * SIZE
