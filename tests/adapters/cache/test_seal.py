"""What is written down of a snapshot: first what was asked for, and once all of it is there, where the branch stood."""

from __future__ import annotations

import errno
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from modelfetch.adapters.cache import RepoCache, disk, records
from modelfetch.adapters.cache.disk import open_temporary
from modelfetch.core.kept.record import Selection, SnapshotRecord
from modelfetch.core.kept.wants import Want, encode
from modelfetch.core.planning.listing import FileEntry, Listing, listing_from_hub_cache
from modelfetch.core.transfer.ports import Present
from modelfetch.errors import CacheError

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Scene

OTHER = "d" * 40
README = FileEntry("README.md", 5, "a" * 40)


def whole(scene: Scene) -> Selection:
    return Selection(None, None, (scene.file,))


def write_tree(scene: Scene, files: object, version: int = 1) -> None:
    path = scene.folder / "trees" / f"{scene.commit}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"format_version": version, "files": files}))


# ------------------------------------------------------------------ refs


@pytest.mark.parametrize("revision", ["main", "refs/pr/1", "v1.0"])
def test_a_branch_is_noted_once_the_snapshot_is_sealed(scene: Scene, revision: str) -> None:
    scene.publish()
    assert scene.cache.commit_of(revision) is None
    scene.cache.seal(scene.commit, revision, whole(scene))
    assert scene.cache.commit_of(revision) == scene.commit
    assert (scene.folder / "refs" / revision).read_bytes() == scene.commit.encode()


def test_a_commit_id_is_its_own_revision_and_gets_no_ref(scene: Scene) -> None:
    scene.publish()
    scene.cache.seal(scene.commit, scene.commit, whole(scene))
    assert not (scene.folder / "refs").exists()
    assert scene.cache.commit_of(OTHER) == OTHER


@pytest.mark.parametrize("taken", ["blob", "place"])
def test_no_branch_is_noted_when_something_was_taken_away_meanwhile(scene: Scene, taken: str) -> None:
    scene.publish()
    (scene.blob if taken == "blob" else scene.placed).unlink()
    assert scene.cache.seal(scene.commit, "main", whole(scene)) == (scene.file.blob_id,)
    assert not (scene.folder / "refs").exists()


def test_a_branch_that_moved_is_noted_anew(scene: Scene) -> None:
    scene.publish()
    scene.cache.seal(OTHER, "main", Selection(None, None, ()))
    scene.cache.seal(scene.commit, "main", whole(scene))
    assert scene.cache.commit_of("main") == scene.commit


@pytest.mark.parametrize("text", ["", "main", "c" * 39, "../" * 13 + "c", "\0" * 40])
def test_a_ref_that_holds_no_commit_is_no_ref(scene: Scene, text: str) -> None:
    (scene.folder / "refs").mkdir(parents=True)
    (scene.folder / "refs" / "main").write_text(text)
    assert scene.cache.commit_of("main") is None


def test_a_ref_with_a_line_break_is_understood(scene: Scene) -> None:
    (scene.folder / "refs").mkdir(parents=True)
    (scene.folder / "refs" / "main").write_text(scene.commit + "\n")
    assert scene.cache.commit_of("main") == scene.commit


@pytest.mark.parametrize("revision", ["../../../etc/passwd", "/etc/passwd", "", "a\\b"])
def test_a_revision_that_leaves_the_refs_names_no_commit(scene: Scene, revision: str) -> None:
    assert scene.cache.commit_of(revision) is None


def test_the_ref_comes_last(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.publish()
    written: list[str] = []
    real = records.replace_text

    def noted(folder: str, path: str, text: str, *, lasting: bool = False) -> None:
        assert scene.placed.exists()
        written.append(path)
        real(folder, path, text, lasting=lasting)

    monkeypatch.setattr(records, "replace_text", noted)
    scene.cache.seal(scene.commit, "main", whole(scene))
    assert [path.split("/")[-2] for path in written] == [scene.commit, "trees", "refs", "refs"]


def test_a_ref_that_could_not_be_written_leaves_the_old_one(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.publish()
    scene.cache.seal(OTHER, "main", Selection(None, None, ()))
    real = os.replace

    def refuse(source: str, target: str) -> None:
        if target == str(scene.folder / "refs" / "main"):
            raise PermissionError(13, "Permission denied", target)
        real(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(CacheError, match="completing the snapshot"):
        scene.cache.seal(scene.commit, "main", whole(scene))
    assert scene.cache.commit_of("main") == OTHER
    assert sorted(path.name for path in scene.guests.iterdir()) == ["refs", "snapshots"]


def test_a_snapshot_that_is_removed_while_they_are_listed_is_not_there(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshots, real = scene.folder / "snapshots", os.scandir
    for commit in (scene.commit, OTHER):
        (snapshots / commit).mkdir(parents=True)

    def scandir(path: str) -> list[os.DirEntry[str]]:
        found = list(real(path))
        (snapshots / OTHER).rmdir()
        return found

    monkeypatch.setattr(os, "scandir", scandir)
    assert scene.cache.commits_by_age() == (scene.commit,)


def test_without_a_ref_a_branch_is_where_the_last_unfinished_download_saw_it(scene: Scene) -> None:
    for commit, written in ((OTHER, 1), (scene.commit, 2)):
        want = Want("org/name", "main", commit, (scene.file,))
        path = scene.guests / "wants" / f"{want.identity}-{written:08x}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(encode(want))
        os.utime(path, ns=(written, written))
    assert scene.cache.commit_of("main") == scene.commit
    assert scene.cache.commit_of("dev") is None
    scene.publish()
    scene.cache.seal(OTHER, "main", Selection(None, None, ()))
    assert scene.cache.commit_of("main") == OTHER


# ------------------------------------------------------------------ records


def test_what_is_asked_for_is_noted_before_any_of_it_is_there(scene: Scene) -> None:
    scene.cache.note(scene.commit, "main", whole(scene))
    assert scene.cache.recorded(scene.commit) == SnapshotRecord("org/name", scene.commit, (whole(scene),))
    assert scene.cache.commit_of("main") == scene.commit
    assert not (scene.folder / "refs").exists()
    assert not scene.placed.exists()


def test_huggingface_hub_is_told_what_a_commit_holds_when_all_of_it_is_asked_for(scene: Scene) -> None:
    scene.cache.note(scene.commit, "main", whole(scene))
    tree = json.loads((scene.folder / "trees" / f"{scene.commit}.json").read_text())
    assert listing_from_hub_cache(tree, "org/name", scene.commit) == Listing("org/name", scene.commit, (scene.file,))


def test_huggingface_hub_is_told_nothing_of_a_choice_of_files(scene: Scene) -> None:
    scene.cache.note(scene.commit, "main", Selection(("*.md",), None, (README,)))
    assert not (scene.folder / "trees").exists()


def test_what_huggingface_hub_noted_itself_stays(scene: Scene) -> None:
    write_tree(scene, {}, version=2)
    before = (scene.folder / "trees" / f"{scene.commit}.json").read_bytes()
    scene.cache.note(scene.commit, "main", whole(scene))
    assert (scene.folder / "trees" / f"{scene.commit}.json").read_bytes() == before


def test_what_was_asked_for_is_recorded(scene: Scene) -> None:
    scene.publish()
    scene.cache.seal(scene.commit, "main", whole(scene))
    assert scene.cache.recorded(scene.commit) == SnapshotRecord("org/name", scene.commit, (whole(scene),))
    assert scene.cache.recorded(OTHER) is None


def test_records_of_several_downloads_are_merged(scene: Scene) -> None:
    scene.publish()
    some = Selection(("*.md",), None, (README,))
    scene.cache.note(scene.commit, "main", some)
    scene.cache.note(scene.commit, "main", whole(scene))
    recorded = scene.cache.recorded(scene.commit)
    assert recorded is not None
    assert set(recorded.selections) == {some, whole(scene)}


def test_downloads_that_note_at_the_same_time_lose_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever one has read before another writes."""
    some = Selection(("*.md",), None, (README,))
    other = RepoCache(scene.root, "org/name")
    real = records.replace_text

    def outrun(folder: str, path: str, text: str, *, lasting: bool = False) -> None:
        monkeypatch.setattr(records, "replace_text", real)
        other.note(scene.commit, "main", some)
        real(folder, path, text, lasting=lasting)

    monkeypatch.setattr(records, "replace_text", outrun)
    scene.cache.note(scene.commit, "main", whole(scene))
    recorded = scene.cache.recorded(scene.commit)
    assert recorded is not None
    assert set(recorded.selections) == {some, whole(scene)}


@pytest.mark.parametrize("name", ["trees/{}.json", ".modelfetch/v1/snapshots/{}"])
def test_what_another_user_keeps_to_himself_says_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    scene.cache.note(scene.commit, "main", whole(scene))
    secret = str(scene.folder / name.format(scene.commit))
    assert os.path.lexists(secret)

    def refuse(real: Any) -> Any:
        def refused(path: Any, *rest: Any) -> Any:
            if str(path).startswith(secret):
                raise PermissionError(errno.EACCES, "Permission denied", path)
            return real(path, *rest)

        return refused

    for call in ("open", "listdir"):
        monkeypatch.setattr(os, call, refuse(getattr(os, call)))
    recorded = scene.cache.recorded(scene.commit)
    assert recorded is not None
    assert recorded.selections == (whole(scene),)


def test_a_ref_is_whole_to_the_byte_for_others_do_not_overlook_a_line_s_end(scene: Scene) -> None:
    scene.publish()
    ref = scene.folder / "refs" / "main"
    ref.parent.mkdir(parents=True, exist_ok=True)
    ref.write_text(f"{scene.commit}\n")
    scene.cache.seal(scene.commit, "main", whole(scene))
    assert ref.read_text() == scene.commit


def test_a_ref_takes_the_place_of_a_folder_that_is_empty(scene: Scene) -> None:
    scene.publish()
    (scene.folder / "refs" / "release").mkdir(parents=True)
    scene.cache.seal(scene.commit, "release", whole(scene))
    assert scene.cache.commit_of("release") == scene.commit


def test_what_stands_in_the_way_is_named(scene: Scene) -> None:
    scene.publish()
    in_the_way = scene.folder / "refs"
    in_the_way.write_text("no folder")
    with pytest.raises(CacheError, match="a file stands where a folder belongs") as caught:
        scene.cache.seal(scene.commit, "release", whole(scene))
    assert caught.value.path == str(in_the_way)


@pytest.mark.parametrize(("gone", "instead"), [("a", "a/b"), ("a/b", "a"), ("a/b/c", "a"), ("a", "a/b/c")])
def test_a_branch_that_can_not_be_beside_another_takes_its_place(scene: Scene, gone: str, instead: str) -> None:
    """Git has no branch ``a/b`` beside ``a``: what was noted of the one that was there before is old."""
    scene.publish()
    scene.cache.seal(scene.commit, gone, whole(scene))
    scene.cache.note(scene.commit, instead, whole(scene))
    scene.cache.seal(scene.commit, instead, whole(scene))
    assert (scene.cache.commit_of(instead), scene.cache.commit_of(gone)) == (scene.commit, None)


def test_sealing_again_writes_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.publish()
    scene.cache.seal(scene.commit, "main", whole(scene))

    def refuse(*_: Any) -> None:
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr(records, "replace_text", refuse)
    scene.cache.seal(scene.commit, "main", whole(scene))


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache that this user may only read: nothing can be made, renamed or unlinked in it."""

    def refuse(*arguments: object, **_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(arguments[0]))

    real = os.open

    def open_to_read(path: Path, flags: int, mode: int = 0o777) -> int:
        if flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
            refuse(path)
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", open_to_read)
    for name in ("symlink", "replace", "unlink", "rmdir", "mkdir"):
        monkeypatch.setattr(os, name, refuse)


@pytest.mark.parametrize("sealed", [True, False], ids=["by us", "by a neighbour"])
def test_a_complete_cache_that_may_only_be_read_is_left_as_it_is(
    scene: Scene, request: pytest.FixtureRequest, *, sealed: bool
) -> None:
    scene.publish()
    if sealed:
        scene.cache.seal(scene.commit, "main", whole(scene))
    before = sorted(scene.root.rglob("*"))
    request.getfixturevalue("read_only")
    cache = RepoCache(scene.root, "org/name")
    assert cache.claim(scene.file, scene.commit) == Present()
    cache.link(scene.commit, scene.file.path, scene.file.blob_id)
    cache.seal(scene.commit, "main", whole(scene))
    assert sorted(scene.root.rglob("*")) == before


def test_a_download_into_a_cache_that_may_only_be_read_is_an_error_that_names_it(
    scene: Scene, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("read_only")
    with pytest.raises(CacheError, match="Read-only file system") as caught:
        scene.cache.claim(scene.file, scene.commit)
    assert caught.value.path == str(scene.folder)


def test_a_ref_that_a_download_could_not_write_is_an_error(scene: Scene, request: pytest.FixtureRequest) -> None:
    scene.publish()
    scene.cache.note(scene.commit, "main", selection := whole(scene))
    request.getfixturevalue("read_only")
    with pytest.raises(CacheError, match="completing the snapshot"):
        scene.cache.seal(scene.commit, "main", selection)


def test_a_note_that_a_download_could_not_write_is_an_error(scene: Scene, request: pytest.FixtureRequest) -> None:
    scene.publish()
    request.getfixturevalue("read_only")
    with pytest.raises(CacheError, match="noting what is asked for"):
        scene.cache.note(scene.commit, "main", whole(scene))


def test_a_neighbours_listing_is_a_record_of_the_whole_repo(scene: Scene) -> None:
    write_tree(
        scene,
        {
            "README.md": {"size": 5, "blob_id": "a" * 40},
            scene.file.path: {
                "size": 132,
                "blob_id": "e" * 40,
                "lfs_sha256": scene.file.blob_id,
                "lfs_size": scene.file.size,
                "xet_hash": "f" * 64,
            },
        },
    )
    recorded = scene.cache.recorded(scene.commit)
    assert recorded is not None
    assert recorded.files_for(None, None) == (README, scene.file)


def test_a_neighbours_listing_adds_to_a_record_of_some_files(scene: Scene) -> None:
    some = Selection(("*.bin",), None, (scene.file,))
    scene.cache.note(scene.commit, "main", some)
    write_tree(scene, {"README.md": {"size": 5, "blob_id": "a" * 40}})
    recorded = scene.cache.recorded(scene.commit)
    assert recorded is not None
    assert recorded.files_for(("*.bin",), None) == (scene.file,)
    assert recorded.files_for(None, None) == (README,)


def test_our_own_record_of_the_whole_repo_is_enough(scene: Scene) -> None:
    scene.cache.note(scene.commit, "main", whole(scene))
    write_tree(scene, {"README.md": {"size": 5, "blob_id": "a" * 40}})
    recorded = scene.cache.recorded(scene.commit)
    assert recorded is not None
    assert recorded.files_for(None, None) == (scene.file,)


@pytest.mark.parametrize(
    "tree",
    [
        '{"format_version": 2, "files": {}}',
        "{",
        "[]",
        '{"format_version": 1, "files": {"../x": {"size": 1}}}',
        "\udcff",
    ],
)
def test_a_neighbours_listing_that_is_not_understood_is_none(scene: Scene, tree: str) -> None:
    write_tree(scene, {})
    path = scene.folder / "trees" / f"{scene.commit}.json"
    path.write_bytes(tree.encode("utf-8", "surrogateescape"))
    assert scene.cache.recorded(scene.commit) is None


@pytest.mark.parametrize("text", ["", "{", '{"schema": "modelfetch.snapshot/9"}', "\udcff"])
def test_a_broken_record_is_none_and_is_replaced(scene: Scene, text: str) -> None:
    some = Selection(("*.bin",), None, (scene.file,))
    scene.publish()
    scene.cache.seal(scene.commit, "main", some)
    (path,) = (scene.guests / "snapshots" / scene.commit).iterdir()
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert scene.cache.recorded(scene.commit) is None
    scene.cache.seal(scene.commit, "main", Selection(("*.bin",), None, (scene.file,)))
    assert scene.cache.recorded(scene.commit) is not None


def test_a_record_of_another_repo_or_commit_is_none(scene: Scene) -> None:
    scene.cache.note(scene.commit, "main", whole(scene))
    path = scene.guests / "snapshots" / scene.commit
    path.rename(path.with_name(OTHER))
    assert scene.cache.recorded(OTHER) is None


# ------------------------------------------------------------------ snapshots and leftovers


def test_the_snapshot_changed_last_comes_first(scene: Scene) -> None:
    for age, commit in enumerate(["a" * 40, "b" * 40, "c" * 40]):
        folder = scene.folder / "snapshots" / commit
        folder.mkdir(parents=True)
        os.utime(folder, (1_000_000_000 - age, 1_000_000_000 - age))
    (scene.folder / "snapshots" / "not-a-commit").mkdir()
    (scene.folder / "snapshots" / ("d" * 40)).write_bytes(b"a file where a folder belongs")
    assert scene.cache.commits_by_age() == ("a" * 40, "b" * 40, "c" * 40)


def test_sealing_removes_what_crashes_left_of_its_files(scene: Scene) -> None:
    scene.publish()
    for name in (scene.part_path, scene.journal_path, scene.guests / f"{scene.file.blob_id}.journal.1a2b3c4d.tmp"):
        name.write_bytes(b"left by a crash")
    others = scene.guests / f"{'e' * 64}.part"
    others.write_bytes(b"of another download")
    fd, living = open_temporary(str(scene.guests), "main")
    (scene.guests / "main.1a2b3c4d.tmp").write_bytes(b"")
    (scene.guests / "link.1a2b3c4d.tmp").symlink_to("nowhere")
    scene.cache.seal(scene.commit, "main", whole(scene))
    assert sorted(path.name for path in scene.guests.iterdir()) == sorted(
        [others.name, os.path.basename(living), "snapshots"]  # noqa: PTH119 - the adapter's paths are strings
    )
    os.close(fd)


def test_a_temporary_that_somebody_took_for_a_crashs_is_made_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.publish()
    real, gone = disk.rename, []

    def taken(source: str, target: str) -> None:
        if not gone:
            gone.append(source)
            os.unlink(source)  # noqa: PTH108 - as above
        real(source, target)

    monkeypatch.setattr(disk, "rename", taken)
    scene.cache.seal(scene.commit, "main", whole(scene))
    assert gone
    assert scene.cache.commit_of("main") == scene.commit


def test_sealing_leaves_a_part_that_somebody_holds(scene: Scene) -> None:
    part = scene.claim()
    scene.bring(part, 0, 100)
    scene.placed.parent.mkdir(parents=True, exist_ok=True)
    scene.placed.write_bytes(scene.content)
    scene.cache.seal(scene.commit, "main", whole(scene))
    scene.bring(part, 100, 200)
    part.release()
    assert scene.journal_path.exists()
