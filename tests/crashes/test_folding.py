"""exFAT, really mounted: no links of any kind, no owners, case folded, some characters kept for itself."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import scan_cache_dir, snapshot_download

import modelfetch as mf
from modelfetch.testing import Synthetic

from ..download.kit import REPO, assert_right, ending
from .kit import FILES, KILLED, SIZE, Instant, Round, assert_finished, assert_healthy, failures
from .mounts import exfat

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..download.kit import Files, World
    from .kit import Dying

pytestmark = pytest.mark.mounts

COMPOSED, DECOMPOSED = "caf\u00e9.txt", "cafe\u0301.txt"

if sys.platform == "linux":

    @pytest.fixture
    def folding(world: World, tmp_path: Path) -> Iterator[World]:
        """The world with its cache on exFAT."""
        with exfat(tmp_path) as place:
            world.cache = place / "hub"
            world.cache.mkdir()
            yield world

    def test_it_is_what_these_tests_are_about(folding: World) -> None:
        (folding.cache / "Name").touch()
        assert (folding.cache / "nAME").exists()
        with pytest.raises(OSError, match="not implemented"):
            (folding.cache / "link").symlink_to("Name")

    def test_a_model_is_downloaded_found_by_its_neighbours_and_verified(folding: World) -> None:
        folding.publish(FILES)

        path = folding.download().path

        assert_finished(folding, FILES)
        assert snapshot_download(REPO, cache_dir=folding.cache, local_files_only=True) == str(path)
        assert scan_cache_dir(folding.cache).size_on_disk >= SIZE
        assert mf.verify_cached(REPO, cache_dir=folding.cache).is_ok
        folding.hub.clear()
        assert folding.download().path == path
        assert folding.hub.body_bytes() == 0

    def test_a_download_is_resumed(folding: World, dying: Dying) -> None:
        name = folding.publish(FILES).files["model.bin"].etag
        third_line = Instant(f"write models--org--model/.modelfetch/v1/{name}.journal", 2)
        assert dying.run(folding, third_line).ended == KILLED
        kept = folding.plan()
        assert kept.partial_bytes == 1 << 20
        folding.hub.wait_until_quiet()
        folding.hub.clear()

        assert_right(folding.download().path, FILES)
        assert folding.hub.body_bytes("*model.bin*") <= SIZE - kept.partial_bytes

    def test_two_processes_fetch_it_once(folding: World) -> None:
        files: Files = {"config.json": b"{}", "model.bin": Synthetic(4_000_000, 5)}
        folding.publish(files)
        folding.hub.bandwidth = 4_000_000

        endings = [ending(child) for child in [folding.downloader(), folding.downloader()]]

        assert {word for word, _ in endings} == {"path"}, endings
        assert_right(folding.download().path, files)
        assert folding.hub.body_bytes() <= 1.02 * 4_000_002

    @pytest.mark.timeout(400)  # a hundred downloads
    def test_killed_at_any_change_the_next_call_finishes(folding: World, dying: Dying, tmp_path: Path) -> None:
        folding.publish(FILES)
        again = Round.of(folding, dying, tmp_path / "before", {})

        def survives(instant: Instant) -> None:
            again.put_back(folding)
            assert dying.run(folding, instant).ended == KILLED, "it did not come to that"
            assert_healthy(folding, FILES)
            again.finish(folding)

        assert not failures({str(instant): partial(survives, instant) for instant in again.instants})

    # ---------------------------------------------------------------- names that are one here

    @pytest.mark.parametrize(
        ("one", "other"),
        [("README.md", "readme.md"), ("Docs/a.txt", "docs/a.txt"), ("\u00c9.txt", "\u00e9.txt")],
    )
    def test_two_names_that_are_one_here_are_refused_before_the_first_byte(
        folding: World, one: str, other: str
    ) -> None:
        folding.publish({one: b"one", other: b"other", "model.bin": FILES["model.bin"]})

        with pytest.raises(mf.CacheError, match="one name on this file system") as caught:
            folding.download()

        assert repr(one) in str(caught.value)
        assert repr(other) in str(caught.value)
        assert folding.hub.body_bytes() == 0
        assert list(folding.cache.iterdir()) == []

    def test_left_out_the_other_one_can_be_had(folding: World) -> None:
        folding.publish({"README.md": b"one", "readme.md": b"other"})

        assert_right(folding.download(ignore_patterns="readme.md").path, {"README.md": b"one"})

    @pytest.mark.parametrize("second", [b"other", b"longer than the first"], ids=["same size", "another size"])
    def test_what_is_there_under_the_other_name_is_not_written_over(folding: World, second: bytes) -> None:
        folding.publish({"README.md": b"first", "readme.md": second})
        path = folding.download(allow_patterns="README.md").path
        folding.hub.clear()

        with pytest.raises(mf.CacheError, match="one name on this file system"):
            folding.download(allow_patterns="readme.md")

        assert_right(path, {"README.md": b"first"})
        assert folding.hub.body_bytes() == 0

    def test_the_same_content_under_both_names_is_no_harm(folding: World) -> None:
        folding.publish({"README.md": b"same", "readme.md": b"same"})

        path = folding.download().path

        assert (path / "README.md").read_bytes() == (path / "readme.md").read_bytes() == b"same"

    def test_two_ways_to_write_an_accent_are_two_names_where_the_file_system_says_so(folding: World) -> None:
        files = {COMPOSED: b"composed", DECOMPOSED: b"decomposed"}
        folding.publish(files)

        assert_right(folding.download().path, files)

    def test_a_name_that_cannot_be_here_is_refused_before_the_first_byte(folding: World, tmp_path: Path) -> None:
        files = {"what?.txt": b"?", "model.bin": FILES["model.bin"]}
        folding.publish(files)

        with pytest.raises(mf.CacheError, match="cannot hold such a name") as caught:
            folding.download()

        assert "what?.txt" in str(caught.value)
        assert folding.hub.body_bytes() == 0
        folding.cache = tmp_path / "elsewhere"
        assert_right(folding.download().path, files)


def test_where_names_are_told_apart_both_are_downloaded(world: World, tmp_path: Path) -> None:
    """Linux' own file systems; elsewhere this one may fold as well, and then both have to be named."""
    files = {"README.md": b"one", "readme.md": b"other", COMPOSED: b"composed", DECOMPOSED: b"decomposed"}
    (tmp_path / "probe").touch()
    world.publish(files)

    if (tmp_path / "PROBE").exists():
        with pytest.raises(mf.CacheError, match="one name on this file system"):
            world.download()
    else:
        assert_right(world.download().path, files)
