"""Is a model here? Judged on a real cache, without a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import modelfetch as mf
from modelfetch.testing import LocalHub, Stall, Synthetic

if TYPE_CHECKING:
    from pathlib import Path

FILES = {"config.json": b"{}", "model.bin": b"weights", "tokenizer.json": b"{}", "vocabulary.txt": b"a\nb\n"}


@pytest.fixture
def hub(local_hub: LocalHub) -> LocalHub:
    local_hub.add_repo("org/name", FILES)
    return local_hub


def test_a_model_nobody_downloaded_is_not_downloaded(hub: LocalHub, isolated_cache: Path) -> None:
    assert mf.model_status("org/name", cache_dir=isolated_cache) is mf.ModelStatus.NOT_DOWNLOADED
    assert hub.requests == ()


def test_a_downloaded_model_is_downloaded(hub: LocalHub, isolated_cache: Path) -> None:
    mf.download("org/name", cache_dir=isolated_cache, endpoint=hub.endpoint)
    hub.clear()

    assert mf.model_status("org/name", cache_dir=isolated_cache) is mf.ModelStatus.DOWNLOADED
    assert hub.requests == ()


def test_a_deleted_file_makes_it_partial(hub: LocalHub, isolated_cache: Path) -> None:
    result = mf.download("org/name", cache_dir=isolated_cache, endpoint=hub.endpoint)
    (result.path / "model.bin").resolve().unlink()

    assert mf.model_status("org/name", cache_dir=isolated_cache) is mf.ModelStatus.PARTIAL


def test_a_cancelled_download_is_partial(hub: LocalHub, isolated_cache: Path) -> None:
    hub.add_repo("org/big", {"model.bin": Synthetic(4_000_000)})
    hub.inject(Stall(after=2_000_000))
    job = mf.start_download("org/big", cache_dir=isolated_cache, endpoint=hub.endpoint)
    hub.wait_for_bytes(1_000_000)
    while job.snapshot().bytes_downloaded == 0:
        job.look()
    job.cancel()
    assert isinstance(job.exception(10), mf.DownloadCancelled)

    assert mf.model_status("org/big", cache_dir=isolated_cache) is mf.ModelStatus.PARTIAL


def test_a_filtered_download_is_what_was_asked_for(hub: LocalHub, isolated_cache: Path) -> None:
    mf.download("org/name", allow_patterns="*.json", cache_dir=isolated_cache, endpoint=hub.endpoint)

    assert mf.model_status("org/name", cache_dir=isolated_cache) is mf.ModelStatus.DOWNLOADED
    wanted = mf.ModelSpec("whole", "org/name", allow_patterns=("*",))
    assert mf.model_status(wanted, cache_dir=isolated_cache) is not mf.ModelStatus.DOWNLOADED


def test_a_folder_without_weights_is_never_downloaded(isolated_cache: Path) -> None:
    folder = isolated_cache / "models--org--name"
    snapshot = folder / "snapshots" / ("a" * 40)
    snapshot.mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("a" * 40)
    (snapshot / "config.json").write_text("{}")

    assert mf.model_status("org/name", cache_dir=isolated_cache) is mf.ModelStatus.PARTIAL


def test_a_copy_that_nobody_recorded_is_judged_by_what_a_backend_needs(hub: LocalHub, isolated_cache: Path) -> None:
    result = mf.download("org/name", cache_dir=isolated_cache, endpoint=hub.endpoint)
    for record in (isolated_cache / "models--org--name" / ".modelfetch").rglob("*.json"):
        record.unlink()

    assert mf.model_status("org/name", cache_dir=isolated_cache) is mf.ModelStatus.DOWNLOADED
    (result.path / "tokenizer.json").unlink()
    assert mf.model_status("org/name", backend="ctranslate2", cache_dir=isolated_cache) is mf.ModelStatus.PARTIAL
