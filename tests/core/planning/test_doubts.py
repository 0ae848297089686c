"""Names that some file system takes for one, or cannot hold, are told beforehand; the folder itself has the last word."""

from __future__ import annotations

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.planning.doubts import folded, twins, unusual
from modelfetch.core.planning.listing import FileEntry

COMPOSED, DECOMPOSED = normalize("NFC", "é.txt"), normalize("NFD", "é.txt")


def entry(path: str, digit: str) -> FileEntry:
    return FileEntry(path, 5, digit * 40)


def pair(one: str, other: str) -> list[FileEntry]:
    return [entry(one, "a"), entry(other, "b")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("README.md", "readme.md"),
        ("Docs/a.txt", "docs/a.txt"),
        (COMPOSED, DECOMPOSED),
        ("straße", "STRASSE"),
        ("\u0131", "I"),
    ],
)
def test_two_files_that_any_file_system_may_take_for_one_are_twins(one: str, other: str) -> None:
    assert list(twins(pair(one, other))) == [(one, other)]


@pytest.mark.parametrize("path", ["Data/part.bin", "Data/deeper/part.bin"])
def test_a_file_and_a_folder_may_be_twins_as_well(path: str) -> None:
    assert list(twins(pair("data", path))) == [("data", "Data")]
    assert list(twins(pair(path, "data"))) == [("data", "Data")]


def test_a_folder_within_another_may_be_a_files_twin() -> None:
    assert list(twins(pair("a/data", "a/Data/part.bin"))) == [("a/data", "a/Data")]


def test_the_same_content_under_both_names_harms_nobody() -> None:
    assert list(twins([entry("README.md", "a"), entry("readme.md", "a")])) == []


def test_a_folder_and_its_files_are_no_twins() -> None:
    assert list(twins(pair("data/a", "data/b"))) == []


@given(st.text())
def test_what_differs_in_case_or_form_alone_is_folded_alike(path: str) -> None:
    assert folded(path) == folded(path.upper()) == folded(normalize("NFC", path)) == folded(normalize("NFD", path))


def test_a_name_is_unusual_by_what_some_file_systems_keep_for_themselves() -> None:
    assert unusual('a/what?/<"b">/c|d/e*') == ["what?", '<"b">', "c|d", "e*"]
    assert unusual("onnx/model q4-k_m.(1).bin") == []
