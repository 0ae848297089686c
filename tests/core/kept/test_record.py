"""A record says which files were asked for at a commit, and is believed whole or not at all."""

from __future__ import annotations

import json
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.kept.record import Selection, SnapshotRecord, decode, encode
from modelfetch.core.planning.listing import FileEntry

COMMIT = "c" * 40
CONFIG = FileEntry("config.json", 12, "a" * 40)
MODEL = FileEntry("model.bin", 3_000, "b" * 64, "b" * 64)
README = FileEntry("README.md", 5, "d" * 40)
ALL = (README, CONFIG, MODEL)

PATTERNS = st.none() | st.lists(st.text(min_size=1, max_size=8), max_size=3).map(tuple)


def record(*selections: Selection) -> SnapshotRecord:
    return SnapshotRecord("org/name", COMMIT, selections)


@given(allow=PATTERNS, ignore=PATTERNS, files=st.sets(st.sampled_from(ALL)).map(tuple))
def test_what_was_written_is_read_again(
    allow: tuple[str, ...] | None, ignore: tuple[str, ...] | None, files: tuple[FileEntry, ...]
) -> None:
    told = record(Selection(allow, ignore, files), Selection(("x",), None, ()))
    assert decode(encode(told)) == told


def test_a_record_is_this_text_to_the_letter() -> None:
    told = record(Selection(None, ("*.md",), (CONFIG, MODEL)), Selection(("x",), None, ()))
    assert encode(told) == dedent(
        f"""\
        {{
         "schema": "modelfetch.snapshot/1",
         "repo_id": "org/name",
         "commit": "{COMMIT}",
         "selections": [
          {{
           "allow_patterns": null,
           "ignore_patterns": [
            "*.md"
           ],
           "files": [
            {{
             "path": "config.json",
             "size": 12,
             "blob_id": "{CONFIG.blob_id}",
             "sha256": null
            }},
            {{
             "path": "model.bin",
             "size": 3000,
             "blob_id": "{MODEL.blob_id}",
             "sha256": "{MODEL.sha256}"
            }}
           ]
          }},
          {{
           "allow_patterns": [
            "x"
           ],
           "ignore_patterns": null,
           "files": []
          }}
         ]
        }}"""
    )


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "modelfetch.snapshot/2"},
        {"schema": None},
        {"repo_id": 3},
        {"commit": "main"},
        {"commit": None},
        {"selections": {}},
        {"selections": ["x"]},
        {"selections": [{}]},
        {"selections": [{"allow_patterns": "*.bin", "ignore_patterns": None, "files": []}]},
        {"selections": [{"allow_patterns": None, "ignore_patterns": [1], "files": []}]},
        {"selections": [{"allow_patterns": None, "ignore_patterns": None, "files": None}]},
        {"selections": [{"allow_patterns": None, "ignore_patterns": None, "files": [{"path": "../x"}]}]},
    ],
)
def test_a_record_that_is_not_understood_says_nothing(change: dict[str, object]) -> None:
    told = json.loads(encode(record(Selection(None, None, ALL))))
    assert decode(json.dumps({**told, **change})) is None


def test_a_choice_is_called_by_its_patterns_and_by_nothing_else() -> None:
    def key(allow: tuple[str, ...] | None, ignore: tuple[str, ...] | None) -> str:
        return Selection(allow, ignore, ()).key

    assert key(None, ()) == key(None, None)
    assert Selection(None, None, (README,)).key == key(None, None)
    keys = {
        key(None, None),
        key((), None),
        key(("*",), None),
        key(None, ("*",)),
        key(("a", "b"), None),
    }
    assert len(keys) == 5


@pytest.mark.parametrize(
    ("allow", "ignore", "said"),
    [
        (None, (), "all of its files"),
        (("*.bin",), None, "allow_patterns=('*.bin',)"),
        (None, ("*.md",), "allow_patterns=None and ignore_patterns=('*.md',)"),
    ],
)
def test_a_choice_can_be_said(allow: tuple[str, ...] | None, ignore: tuple[str, ...] | None, said: str) -> None:
    assert Selection(allow, ignore, ()).choice == said


def test_the_order_of_patterns_makes_no_other_choice() -> None:
    chosen = Selection(("b", "a"), ("d", "c", "c"), (README,))
    assert chosen.is_chosen_by(("a", "b"), ("c", "d"))
    assert chosen.key == Selection(("a", "b", "a"), ("c", "d"), ()).key
    assert not chosen.is_chosen_by(("a",), ("c", "d"))


def test_records_of_one_snapshot_hold_together_what_each_of_them_does() -> None:
    some, other = Selection(("*.md",), None, (README,)), Selection(("*.bin",), None, ())
    newer = Selection(("*.md",), None, ())
    first = SnapshotRecord("org/name", COMMIT, (some, other))
    assert first.merged(SnapshotRecord("org/name", COMMIT, (newer,))).selections == (other, newer)
    assert first.merged(SnapshotRecord("org/name", COMMIT)) == first


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", "[" * 100_000, '"modelfetch.snapshot/1"'])
def test_text_that_is_no_record_says_nothing(text: str) -> None:
    assert decode(text) is None


def test_a_file_that_leaves_the_snapshot_makes_the_whole_record_untrusted() -> None:
    told = encode(record(Selection(None, None, ALL))).replace("config.json", "../../config.json")
    assert decode(told) is None


def test_a_selection_replaces_one_with_the_same_patterns() -> None:
    old, other = Selection(("*.bin",), None, ()), Selection(("*.json",), None, (CONFIG,))
    new = Selection(("*.bin",), (), (MODEL,))
    assert record(old, other).with_selection(new) == record(other, new)


def test_the_same_patterns_choose_what_was_recorded_under_them() -> None:
    told = record(Selection(None, None, ALL), Selection(("*.bin",), None, ()))
    assert told.files_for(("*.bin",), None) == ()


def test_an_empty_ignore_pattern_is_none() -> None:
    assert record(Selection(("*.bin",), (), (MODEL,))).files_for(("*.bin",), None) == (MODEL,)


def test_a_record_of_the_whole_repo_answers_for_any_patterns() -> None:
    told = record(Selection(None, (), ALL))
    assert told.files_for(("*.bin", "*.json"), ("config*",)) == (MODEL,)


def test_a_record_of_some_files_says_nothing_about_others() -> None:
    told = record(Selection(("*.bin",), None, (MODEL,)))
    assert told.files_for(None, None) is None
    assert told.files_for(("*.json",), None) is None


def test_allowing_nothing_is_not_the_whole_repo() -> None:
    assert not Selection((), None, ()).is_whole
    assert not Selection(None, ("*.md",), (CONFIG, MODEL)).is_whole
    assert Selection(None, None, ALL).is_whole


def test_a_record_is_whole_once_any_download_asked_for_everything() -> None:
    some = Selection(("*.bin",), None, (MODEL,))
    assert not record(some).is_whole
    assert record(some, Selection(None, None, ALL)).is_whole
