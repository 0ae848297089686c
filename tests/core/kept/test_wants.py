"""Which kept bytes somebody may still ask for, and which belong to nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from textwrap import dedent
from typing import Any

import pytest

from modelfetch.core.kept.wants import DAY, Note, Stand, Want, decode, encode, is_over, is_superseded, sort_out
from modelfetch.core.planning.listing import FileEntry

OLD, NEW = "a" * 40, "b" * 40
SHARED, OF_OLD, OF_NEW = "1" * 64, "2" * 64, "3" * 64
NOW = 10 * DAY
NOBODY: dict[str, Stand] = {}


def want(commit: str, *blob_ids: str, revision: str = "main") -> Want:
    files = (FileEntry(f"{number}.bin", 10, blob_id, blob_id) for number, blob_id in enumerate(blob_ids))
    return Want("org/x", revision, commit, tuple(files))


def note(what: Want | None, written: int = NOW, *, held: bool | None = False, name: str = "note") -> Note:
    return Note(name, what, written, held)


# ------------------------------------------------------------------ as text


def test_a_want_is_read_as_it_was_written() -> None:
    wanted = want(OLD, SHARED, OF_OLD)

    assert decode(encode(wanted), "org/x") == wanted


def test_a_note_is_this_text_to_the_letter() -> None:
    """Its identity is a digest of it, and a plan that is carried out again has to find its own note."""
    wanted = replace(want(OLD, SHARED), files=(FileEntry("0.bin", 10, SHARED, SHARED), FileEntry("x.json", 2, NEW)))

    assert encode(wanted) == dedent(
        f"""\
        {{
         "schema": "modelfetch.want/1",
         "repo_id": "org/x",
         "revision": "main",
         "commit": "{OLD}",
         "files": [
          {{
           "path": "0.bin",
           "size": 10,
           "blob_id": "{SHARED}",
           "sha256": "{SHARED}"
          }},
          {{
           "path": "x.json",
           "size": 2,
           "blob_id": "{NEW}",
           "sha256": null
          }}
         ]
        }}"""
    )
    assert wanted.identity == "c8471a8587e39bfc"


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "modelfetch.want/2"},
        {"repo_id": "org/another"},
        {"repo_id": None},
        {"revision": "../main"},
        {"revision": 7},
        {"revision": ["main"]},
        {"commit": "main"},
        {"commit": 7},
        {"files": None},
        {"files": [{"path": "../x", "size": 1, "blob_id": OLD, "sha256": None}]},
    ],
)
def test_a_note_that_cannot_be_trusted_is_not_understood(change: dict[str, Any]) -> None:
    told = json.loads(encode(want(OLD, SHARED)))

    assert decode(json.dumps(told | change), "org/x") is None


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "{}", "[" * 100_000, encode(want(OLD, SHARED))[:-9]])
def test_text_that_is_no_note_is_not_understood(text: str) -> None:
    assert decode(text, "org/x") is None


def test_the_same_want_has_the_same_identity_and_another_one_another() -> None:
    wanted = want(OLD, SHARED)

    assert wanted.identity == want(OLD, SHARED).identity
    others = [want(NEW, SHARED), want(OLD, OF_OLD), want(OLD, SHARED, revision=OLD), replace(wanted, repo_id="org/y")]
    assert len({wanted.identity, *(other.identity for other in others)}) == 5


def test_a_want_names_its_contents() -> None:
    assert want(OLD, SHARED, OF_OLD).blob_ids == {SHARED, OF_OLD}


# ------------------------------------------------------------------ who is at work


@pytest.mark.parametrize(
    ("held", "touched", "over"),
    [
        (True, 0, False),
        (False, NOW, True),
        (None, NOW - DAY, False),
        (None, NOW - DAY - 1, True),
    ],
)
def test_a_lock_tells_who_is_at_work_and_where_there_is_none_a_day_does(
    held: bool | None,  # noqa: FBT001 - a row of the table
    touched: int,
    over: bool,  # noqa: FBT001 - as above
) -> None:
    assert is_over(held, touched, NOW) is over


# ------------------------------------------------------------------ whose revision moved on


def test_a_branch_that_was_another_commit_later_supersedes() -> None:
    assert is_superseded(note(want(OLD, OF_OLD), 5), [], {"main": Stand(NEW, 6)})


@pytest.mark.parametrize("stand", [Stand(NEW, 4), Stand(NEW, 5), Stand(OLD, 6)], ids=["earlier", "at once", "the same"])
def test_a_branch_that_did_not_move_since_supersedes_nothing(stand: Stand) -> None:
    assert not is_superseded(note(want(OLD, OF_OLD), 5), [], {"main": stand})


def test_another_branch_says_nothing() -> None:
    assert not is_superseded(note(want(OLD, OF_OLD), 5), [], {"next": Stand(NEW, 6)})


def test_a_later_note_of_the_branch_at_another_commit_supersedes() -> None:
    old, new = note(want(OLD, OF_OLD), 5), note(want(NEW, OF_NEW), 6, name="new")

    assert is_superseded(old, [old, new], NOBODY)
    assert not is_superseded(new, [old, new], NOBODY)


def test_later_notes_of_the_same_commit_or_another_branch_or_that_are_not_understood_supersede_nothing() -> None:
    old = note(want(OLD, OF_OLD), 5)
    later = [note(want(OLD, SHARED), 6), note(want(NEW, OF_NEW, revision="next"), 6), note(None, 6)]

    assert not is_superseded(old, [old, *later], NOBODY)


def test_a_commit_that_was_asked_for_by_its_id_is_never_superseded() -> None:
    pinned = note(want(OLD, OF_OLD, revision=OLD), 5)

    assert not is_superseded(pinned, [note(want(NEW, OF_NEW), 6)], {OLD: Stand(NEW, 6)})


def test_a_note_that_is_not_understood_is_not_superseded() -> None:
    assert not is_superseded(note(None, 5), [], {"main": Stand(NEW, 6)})


# ------------------------------------------------------------------ what becomes of kept bytes


def test_what_nobody_asks_for_is_an_orphan() -> None:
    told = sort_out([], [OF_OLD], NOBODY, NOW, partial=False)

    assert (told.stays, told.orphans, told.notes) == ({}, {OF_OLD}, set())


def test_what_an_unfinished_download_asks_for_can_be_resumed() -> None:
    told = sort_out([note(want(OLD, OF_OLD))], [OF_OLD], NOBODY, NOW, partial=False)

    assert (told.stays, told.orphans, told.notes) == ({OF_OLD: "resumable"}, set(), set())


def test_once_the_branch_moved_on_only_what_the_new_commit_shares_stays() -> None:
    old, new = note(want(OLD, SHARED, OF_OLD), 5, name="old"), note(want(NEW, SHARED, OF_NEW), 6, name="new")

    told = sort_out([old, new], [SHARED, OF_OLD, OF_NEW], NOBODY, NOW, partial=False)

    assert told.stays == {SHARED: "resumable", OF_NEW: "resumable"}
    assert (told.orphans, told.notes) == ({OF_OLD}, {"old"})


@pytest.mark.parametrize("partial", [False, True])
def test_what_a_running_download_wants_stays_whatever_is_asked(partial: bool) -> None:  # noqa: FBT001 - a row
    superseded = note(want(OLD, OF_OLD), 5, held=True)

    told = sort_out([superseded], [OF_OLD], {"main": Stand(NEW, 6)}, NOW, partial=partial)

    assert (told.stays, told.orphans, told.notes) == ({OF_OLD: "running"}, set(), set())


def test_on_demand_unfinished_downloads_lose_what_they_kept() -> None:
    told = sort_out([note(want(OLD, OF_OLD)), note(None, name="odd")], [OF_OLD], NOBODY, NOW, partial=True)

    assert (told.stays, told.orphans, told.notes) == ({}, {OF_OLD}, {"note", "odd"})


def test_a_note_that_is_not_understood_may_ask_for_anything() -> None:
    told = sort_out([note(None)], [OF_OLD], NOBODY, NOW, partial=False)

    assert (told.stays, told.orphans, told.notes) == ({OF_OLD: "unreadable"}, set(), set())


def test_what_is_known_to_be_resumable_is_said_to_be() -> None:
    told = sort_out([note(None), note(want(OLD, OF_OLD))], [OF_OLD], NOBODY, NOW, partial=False)

    assert told.stays == {OF_OLD: "resumable"}


@pytest.mark.parametrize("what", [want(OLD, OF_OLD), None])
def test_a_note_without_a_download_goes_when_nothing_is_kept_for_it(what: Want | None) -> None:
    told = sort_out([note(what)], [], NOBODY, NOW, partial=False)

    assert told.notes == {"note"}


def test_a_note_of_a_download_that_lives_stays_though_nothing_is_kept_yet() -> None:
    assert sort_out([note(want(OLD, OF_OLD), held=True)], [], NOBODY, NOW, partial=True).notes == set()


def test_where_no_lock_tells_a_young_note_counts_as_running() -> None:
    young, old = note(want(OLD, OF_OLD), NOW, held=None), note(want(NEW, OF_NEW), 0, held=None, name="old")

    told = sort_out([young, old], [OF_OLD, OF_NEW], NOBODY, NOW, partial=True)

    assert (told.stays, told.orphans, told.notes) == ({OF_OLD: "running"}, {OF_NEW}, {"old"})
