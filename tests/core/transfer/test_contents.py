"""What a plan wants is fetched once, however many paths want it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelfetch.core.models.spec import ModelSpec
from modelfetch.core.planning.listing import FileEntry
from modelfetch.core.planning.plan import DownloadPlan, plan_of
from modelfetch.core.transfer.contents import contents
from modelfetch.core.transfer.file import FileTransfer

ONE, TWO = "1" * 64, "2" * 64


def plan(*files: tuple[str, str, int]) -> DownloadPlan:
    """Paths, blob ids, and how many of the 100 bytes of each are there."""
    made = plan_of(
        (FileEntry(path, 100, blob_id, blob_id) for path, blob_id, _ in files),
        "c" * 40,
        ModelSpec("name", "org/name"),
        "https://hub.example",
    )
    there = {path: present for path, _, present in files}
    states = {0: "missing", 100: "cached"}
    seen = (
        replace(file, state=states.get(there[file.path], "partial"), bytes_present=there[file.path])
        for file in made.files
    )
    return replace(made, files=tuple(seen))


def test_each_content_is_fetched_for_all_paths_that_want_it() -> None:
    assert contents(plan(("a", ONE, 0), ("b", TWO, 40), ("c", ONE, 0))) == (
        FileTransfer(ONE, 100, ("a", "c"), cached=False, seen=0),
        FileTransfer(TWO, 100, ("b",), cached=False, seen=40),
    )


@pytest.mark.parametrize(("first", "second"), [(100, 0), (0, 100)])
def test_a_content_that_one_of_its_paths_lacks_is_not_cached(first: int, second: int) -> None:
    [file] = contents(plan(("a", ONE, first), ("b", ONE, second)))
    assert not file.cached


def test_a_content_that_all_of_its_paths_have_is_cached() -> None:
    [file] = contents(plan(("a", ONE, 100), ("b", ONE, 100)))
    assert file.cached
