"""The bytes on disk are held against what is known of them, and no request is made."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf

from .kit import REPO, fetch, forget_notes

if TYPE_CHECKING:
    from pathlib import Path

    from modelfetch.testing import LocalHub

FILES = {"config.json": b"{}", "model.bin": b"weights", "sub/tokenizer.json": b"{ }", "vocabulary.txt": b"a\nb\n"}


@pytest.fixture
def hub(hub: LocalHub) -> LocalHub:
    """Its model has a folder."""
    hub.add_repo(REPO, FILES)
    return hub


@pytest.fixture
def result(hub: LocalHub, cache: Path) -> mf.DownloadResult:
    """The model, downloaded; from here on no request is to be made."""
    result = fetch(hub, cache)
    hub.clear()
    return result


def test_a_fresh_download_is_right_to_the_last_file(hub: LocalHub, result: mf.DownloadResult, cache: Path) -> None:
    report = mf.verify_cached(REPO, cache_dir=cache)

    assert report == mf.VerifyReport(REPO, result.commit, ok=tuple(sorted(FILES)))
    assert report.is_ok
    assert hub.requests == ()


@pytest.mark.parametrize("noted", [True, False])
def test_one_flipped_bit_is_found_and_named(result: mf.DownloadResult, cache: Path, noted: bool) -> None:  # noqa: FBT001 - a case
    (result.path / "model.bin").resolve().write_bytes(b"weighut")
    if not noted:
        forget_notes(cache)

    report = mf.verify_cached(REPO, cache_dir=cache)

    assert report.corrupt == ("model.bin",)
    assert report.ok == ("config.json", "sub/tokenizer.json", "vocabulary.txt")
    assert not report.is_ok


def test_a_truncated_file_is_corrupt_and_a_removed_one_missing(result: mf.DownloadResult, cache: Path) -> None:
    (result.path / "config.json").resolve().write_bytes(b"")
    (result.path / "model.bin").resolve().unlink()
    (result.path / "vocabulary.txt").unlink()

    report = mf.verify_cached(REPO, cache_dir=cache)

    assert (report.corrupt, report.missing) == (("config.json",), ("model.bin", "vocabulary.txt"))


def test_what_nobody_knows_is_unknown_and_no_fault(result: mf.DownloadResult, cache: Path) -> None:
    (result.path / "notes of mine.txt").write_text("x")

    report = mf.verify_cached(REPO, cache_dir=cache)

    assert (report.unknown, report.is_ok) == (("notes of mine.txt",), True)


def test_without_notes_what_the_backend_lacks_is_missing(result: mf.DownloadResult, cache: Path) -> None:
    forget_notes(cache)

    assert mf.verify_cached(REPO, cache_dir=cache).missing == ()
    assert mf.verify_cached(REPO, backend="ctranslate2", cache_dir=cache).missing == ("tokenizer.json",)
    assert result.path.exists()


def test_files_that_a_filtered_download_did_not_ask_for_are_not_missed(hub: LocalHub, cache: Path) -> None:
    mf.download(REPO, allow_patterns="*.json", cache_dir=cache, endpoint=hub.endpoint, token=False)

    report = mf.verify_cached(REPO, cache_dir=cache)

    assert report == mf.VerifyReport(REPO, report.commit, ok=("config.json", "sub/tokenizer.json"))


def test_a_model_that_is_not_there_is_not_cached_and_the_message_says_which_revisions_are(
    result: mf.DownloadResult, cache: Path
) -> None:
    with pytest.raises(mf.NotCachedError, match="download it first"):
        mf.verify_cached("org/other", cache_dir=cache)
    with pytest.raises(mf.NotCachedError, match=f"there are: main, {result.commit}"):
        mf.verify_cached(REPO, revision="v2", cache_dir=cache)


@pytest.mark.parametrize("cancel", [threading.Event(), mf.CancelToken()])
def test_a_cancel_ends_it(result: mf.DownloadResult, cache: Path, cancel: threading.Event | mf.CancelToken) -> None:
    (cancel.set if isinstance(cancel, threading.Event) else cancel.cancel)()

    with pytest.raises(mf.DownloadCancelled, match="nothing was changed"):
        mf.verify_cached(REPO, cache_dir=cache, cancel=cancel)
    assert result.path.exists()
