"""Every path of the cache is huggingface_hub's, and of any length on Windows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from modelfetch.adapters.cache.layout import Layout, extended, plain
from modelfetch.errors import CacheError

if TYPE_CHECKING:
    from conftest import Scene

COMMIT = "c" * 40


def test_the_layout_is_the_neighbours() -> None:
    at = Layout(Path("/hub"), "org/name")
    assert at.blob("b" * 64) == f"/hub/models--org--name/blobs/{'b' * 64}"
    assert at.file(COMMIT, "sub/model.bin") == f"/hub/models--org--name/snapshots/{COMMIT}/sub/model.bin"
    assert at.ref("refs/pr/1") == "/hub/models--org--name/refs/refs/pr/1"
    assert at.lock("b" * 64) == f"/hub/.locks/models--org--name/{'b' * 64}.lock"
    assert at.tree(COMMIT) == f"/hub/models--org--name/trees/{COMMIT}.json"


def test_what_is_ours_lives_where_no_neighbour_looks() -> None:
    at = Layout(Path("/hub"), "org/name")
    guests = "/hub/models--org--name/.modelfetch/v1"
    assert [at.part("b"), at.journal("b"), at.record(COMMIT, "k")] == [
        f"{guests}/b.part",
        f"{guests}/b.journal",
        f"{guests}/snapshots/{COMMIT}/k.json",
    ]


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "C:\\x", "a\\..\\b", ""])
def test_a_file_name_that_leaves_the_snapshot_is_refused(path: str) -> None:
    with pytest.raises(CacheError, match="cannot be a name in the cache"):
        Layout(Path("/hub"), "org/name").file(COMMIT, path)


def test_a_revision_that_leaves_the_refs_is_refused() -> None:
    with pytest.raises(CacheError, match="cannot be a name in the cache"):
        Layout(Path("/hub"), "org/name").ref("../../x")


def test_a_snapshot_is_named_by_a_commit_alone() -> None:
    with pytest.raises(CacheError, match="not a commit id"):
        Layout(Path("/hub"), "org/name").snapshot("main")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("C:\\cache\\hub", "\\\\?\\C:\\cache\\hub"),
        ("C:/cache/./hub", "\\\\?\\C:\\cache\\hub"),
        ("\\\\server\\share\\hub", "\\\\?\\UNC\\server\\share\\hub"),
        ("\\\\?\\C:\\cache", "\\\\?\\C:\\cache"),
    ],
)
def test_a_windows_path_of_any_length_is_taken_in_its_extended_form(path: str, expected: str) -> None:
    assert extended(path) == expected


@pytest.mark.parametrize("path", ["C:\\cache\\hub", "\\\\server\\share\\hub"])
def test_a_person_is_shown_the_path_as_they_write_it(path: str) -> None:
    assert plain(extended(path)) == path


def test_nothing_is_made_or_opened_before_it_is_asked_for(scene: Scene) -> None:
    assert not scene.root.exists()
    assert scene.cache.commit_of("main") is None
    assert scene.cache.commits_by_age() == ()
    assert scene.cache.recorded(scene.commit) is None
    assert scene.cache.inventory(scene.commit, [scene.file]) == {}
    assert scene.cache.snapshot_path(scene.commit) == scene.folder / "snapshots" / scene.commit
    assert scene.cache.free_bytes() > 0
    assert not scene.root.exists()
