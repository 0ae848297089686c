"""A claim has one of three answers at once, and believes of an earlier owner only what can be true."""

from __future__ import annotations

import errno
import gc
import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import pytest

from modelfetch.adapters.cache import Part, RepoCache, sight
from modelfetch.core.planning.listing import FileEntry
from modelfetch.core.planning.plan import Presence
from modelfetch.core.ranges import ByteRange, RangeSet
from modelfetch.core.transfer.journal import Journal, decode, encode, encode_kept
from modelfetch.core.transfer.pieces import Piece
from modelfetch.core.transfer.ports import Absent, Busy, Present
from modelfetch.errors import CacheError, InsufficientStorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Scene

MIB = 1 << 20


def _line(text: bytes) -> bytes:
    return b"%s %08x\n" % (text, crc32(text))


def leave(scene: Scene, *stops: int) -> None:
    """What a crashed owner leaves: a part file and a journal, nobody's."""
    part = scene.claim()
    start = 0
    for stop in stops:
        scene.bring(part, start, stop)
        start = stop
    part.release()


def test_the_first_one_gets_the_file_with_nothing_kept(scene: Scene) -> None:
    part = scene.claim()
    assert (part.kept, part.size) == (RangeSet(), scene.file.size)
    part.release()


def test_a_second_one_is_told_how_far_the_owner_is(scene: Scene) -> None:
    part = scene.claim()
    assert scene.cache.claim(scene.file, scene.commit) == Busy(0)
    scene.bring(part, 0, 100)
    scene.bring(part, MIB, MIB + 50)
    assert scene.cache.claim(scene.file, scene.commit) == Busy(150)
    assert RepoCache(scene.root, "org/name").claim(scene.file, scene.commit) == Busy(150)
    part.release()


def test_who_follows_a_journal_reads_on_where_it_stopped(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    part, follower, read = scene.claim(), RepoCache(scene.root, "org/name"), []
    real = sight.read_on

    def counted(fd: int) -> Iterator[bytes]:
        for text in real(fd):
            read.append(len(text))
            yield text

    monkeypatch.setattr(sight, "read_on", counted)
    for at in range(0, 1_000, 10):
        scene.bring(part, at, at + 10)
        assert follower.look(scene.file) == Busy(at + 10)
    assert sum(read) == scene.journal_path.stat().st_size
    part.release()


def test_another_journal_in_the_place_of_the_one_that_was_followed_is_read_from_its_beginning(scene: Scene) -> None:
    """The system may even give it the same inode."""
    part, follower = scene.claim(), RepoCache(scene.root, "org/name")
    scene.bring(part, 0, 400)
    assert follower.look(scene.file) == Busy(400)
    pieces = [Piece(ByteRange(at, at + 1), 0) for at in range(0, 20, 2)]
    scene.journal_path.write_bytes(encode(Journal(scene.file.blob_id, scene.file.size, pieces)))
    assert follower.look(scene.file) == Busy(10)
    part.release()


def test_the_next_owner_takes_over_every_journalled_byte(scene: Scene) -> None:
    leave(scene, 100, MIB)
    part = scene.claim()
    assert part.kept == RangeSet.whole(MIB)
    assert part.audit(lambda: False) == RangeSet()
    part.release()


def test_taking_over_makes_the_journal_compact(scene: Scene) -> None:
    leave(scene, 100, 200)
    for _ in range(3):
        scene.claim().release()
    pieces = (scene.piece(0, 100), scene.piece(100, 200))
    assert scene.journal_path.read_bytes() == encode(Journal(scene.file.blob_id, scene.file.size, pieces))


def test_a_complete_file_is_present_and_costs_no_write(scene: Scene) -> None:
    scene.publish()
    before = sorted(scene.root.rglob("*"))
    assert scene.cache.claim(scene.file, scene.commit) == Present()
    assert scene.cache.look(scene.file) == Present()
    assert sorted(scene.root.rglob("*")) == before


def test_a_file_that_was_published_while_the_lock_was_taken_is_present(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    from modelfetch.adapters.cache import repo

    take = repo.take

    def published_meanwhile(path: Path) -> object:
        lock = take(path)
        scene.blob.write_bytes(scene.content)
        return lock

    monkeypatch.setattr(repo, "take", published_meanwhile)
    assert scene.cache.claim(scene.file, scene.commit) == Present()
    monkeypatch.undo()
    scene.blob.unlink()
    scene.claim().release()  # the lock was let go


def test_a_blob_of_another_size_is_not_the_file(scene: Scene) -> None:
    scene.publish()
    scene.blob.write_bytes(b"cut short")
    scene.claim().release()


def test_an_empty_file_can_be_claimed_and_published(make_scene: Callable[[FileEntry, bytes], Scene]) -> None:
    empty = make_scene(FileEntry("empty", 0, hashlib.sha1(b"blob 0\0").hexdigest()), b"")
    part = empty.claim()
    assert part.digest(0, lambda: False) == empty.file.blob_id
    part.publish()
    assert empty.blob.read_bytes() == b""
    assert empty.cache.claim(empty.file, empty.commit) == Present()


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda text: text[5:],
        lambda text: text.replace(b"journal/1", b"journal/2"),
        lambda _: encode(Journal("b" * 64, 10, ())),
        lambda _: os.urandom(4096),
        lambda _: _line(b"modelfetch.journal/1 %s %s" % (b"b" * 64, b"9" * 5000)),
    ],
    ids=["empty", "no head", "another version", "another content", "garbage", "an endless number"],
)
def test_a_journal_that_is_not_understood_keeps_nothing(scene: Scene, damage: Callable[[bytes], bytes]) -> None:
    leave(scene, 100)
    scene.journal_path.write_bytes(damage(scene.journal_path.read_bytes()))
    part = scene.claim()
    assert part.kept == RangeSet()
    part.release()


def test_a_journal_for_another_size_keeps_nothing(scene: Scene) -> None:
    leave(scene, 100)
    scene.journal_path.write_bytes(encode(Journal(scene.file.blob_id, scene.file.size - 1, (scene.piece(0, 100),))))
    part = scene.claim()
    assert part.kept == RangeSet()
    part.release()


def test_a_torn_last_line_costs_that_line_alone(scene: Scene) -> None:
    leave(scene, 100, 200)
    scene.journal_path.write_bytes(scene.journal_path.read_bytes()[:-4])
    part = scene.claim()
    assert part.kept == RangeSet.whole(100)
    part.release()


def test_a_part_shorter_than_its_journal_keeps_what_it_can_hold(scene: Scene) -> None:
    leave(scene, 100, MIB)
    os.truncate(scene.part_path, MIB - 1)
    part = scene.claim()
    assert part.kept == RangeSet.whole(100)
    part.release()


def test_a_part_longer_than_the_file_is_cut(scene: Scene) -> None:
    leave(scene, scene.file.size)
    with scene.part_path.open("ab") as file:
        file.write(b"behind the end")
    part = scene.claim()
    assert part.digest(scene.file.size, lambda: False) == scene.file.blob_id
    part.publish()
    assert scene.blob.read_bytes() == scene.content


@pytest.mark.parametrize("plant", [Path.symlink_to, Path.hardlink_to], ids=["link", "second name"])
def test_what_leads_elsewhere_at_the_parts_place_is_not_written_through(
    scene: Scene, tmp_path: Path, plant: Callable[[Path, Path], None]
) -> None:
    leave(scene, 100)
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    scene.part_path.unlink()
    plant(scene.part_path, victim)
    part = scene.claim()
    assert part.kept == RangeSet()
    scene.bring(part, 0, 100)
    part.release()
    assert victim.read_bytes() == b"precious"
    assert not scene.part_path.is_symlink()


def test_a_pipe_planted_at_the_part_is_replaced(scene: Scene) -> None:
    leave(scene, 100)
    scene.part_path.unlink()
    os.mkfifo(scene.part_path)
    part = scene.claim()
    scene.bring(part, 0, 100)
    part.release()
    assert stat.S_ISREG(scene.part_path.lstat().st_mode)


def test_a_link_planted_at_the_journal_is_not_written_through(scene: Scene, tmp_path: Path) -> None:
    leave(scene, 100)
    victim = tmp_path / "victim"
    victim.write_bytes(scene.journal_path.read_bytes())
    before = victim.read_bytes()
    scene.journal_path.unlink()
    scene.journal_path.symlink_to(victim)
    part = scene.claim()
    assert part.kept == RangeSet()
    scene.bring(part, 0, 100)
    part.release()
    assert victim.read_bytes() == before
    assert not scene.journal_path.is_symlink()


def test_another_users_part_is_replaced_where_the_folder_allows_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(scene, 100)
    real_open, refused = os.open, []

    def foreign(path: Path, flags: int, mode: int = 0o777, **more: int) -> int:
        if str(path).endswith(".part") and not refused:
            refused.append(path)
            raise PermissionError(13, "Permission denied", str(path))
        return real_open(path, flags, mode, **more)

    monkeypatch.setattr(os, "open", foreign)
    part = scene.claim()
    assert part.kept == RangeSet()
    part.release()
    assert refused == [str(scene.part_path)]


def test_a_folder_at_the_parts_path_is_an_error_that_names_it(scene: Scene) -> None:
    scene.part_path.mkdir(parents=True)
    with pytest.raises(CacheError) as caught:
        scene.cache.claim(scene.file, scene.commit)
    assert caught.value.path is not None
    assert caught.value.path.startswith(str(scene.folder))
    scene.part_path.rmdir()
    scene.claim().release()  # the lock was let go


def test_the_snapshot_folder_is_there_before_anything_else_of_the_repo(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repo folder without ``snapshots/`` is a corrupt one to huggingface_hub, a moment's included."""
    made: list[str] = []
    real = os.mkdir

    def noted(path: str, *args: int) -> None:
        made.append(path)
        real(path, *args)

    monkeypatch.setattr(os, "mkdir", noted)
    scene.claim().release()
    inside = [str(path) for path in made if str(path).startswith(f"{scene.folder}/")]
    assert inside[0] == str(scene.folder / "snapshots")


def test_looking_tells_the_same_without_becoming_the_owner(scene: Scene) -> None:
    assert scene.cache.look(scene.file) == Absent()
    part = scene.claim()
    assert scene.cache.look(scene.file) == Busy(0)
    scene.bring(part, 0, 100)
    assert scene.cache.look(scene.file) == Busy(100)
    part.forget()
    assert scene.cache.look(scene.file) == Absent()


@pytest.mark.parametrize("name", ["{}.incomplete", "{}.1a2b3c4d.incomplete"])
def test_a_neighbour_is_followed_through_its_temporary(scene: Scene, name: str) -> None:
    blobs = scene.folder / "blobs"
    blobs.mkdir(parents=True)
    (blobs / name.format(scene.file.blob_id)).write_bytes(b"x" * 77)
    (blobs / name.format("e" * 64)).write_bytes(b"x" * 99)
    assert scene.cache.look(scene.file) == Busy(77)


def test_of_journal_and_temporary_the_one_touched_last_is_alive(scene: Scene) -> None:
    leave(scene, 500)
    temporary = scene.folder / "blobs" / f"{scene.file.blob_id}.1a2b3c4d.incomplete"
    temporary.write_bytes(b"x" * 77)
    os.utime(temporary, (2_000_000_000, 2_000_000_000))
    assert RepoCache(scene.root, "org/name").look(scene.file) == Busy(77)
    os.utime(temporary, (1_000_000_000, 1_000_000_000))
    assert RepoCache(scene.root, "org/name").look(scene.file) == Busy(500)


@pytest.mark.parametrize("year", [1_000_000_000, 4_000_000_000], ids=["past", "future"])
def test_of_journal_and_temporary_the_one_that_grows_is_alive_whatever_the_clocks_say(scene: Scene, year: int) -> None:
    part = scene.claim()
    scene.bring(part, 0, 500)
    temporary = scene.folder / "blobs" / f"{scene.file.blob_id}.1a2b3c4d.incomplete"
    temporary.write_bytes(b"x" * 7_700)
    looking = RepoCache(scene.root, "org/name")
    looking.look(scene.file)
    scene.bring(part, 500, 600)
    for path in (temporary, scene.journal_path):
        os.utime(path, (year, year) if path == temporary else (2_000_000_000, 2_000_000_000))

    assert looking.look(scene.file) == Busy(600)
    assert looking.look(scene.file) == Busy(600)

    with temporary.open("ab") as file:
        file.write(b"x" * 100)
    assert looking.look(scene.file) == Busy(7_800)
    part.release()


def test_the_inventory_says_what_is_there_of_each_file(scene: Scene) -> None:
    missing = FileEntry("b.txt", 5, "b" * 40)
    assert scene.cache.inventory(scene.commit, [scene.file, missing]) == {}
    leave(scene, 100)
    assert scene.cache.inventory(scene.commit, [scene.file, missing]) == {scene.file.path: Presence("partial", 100)}
    scene.publish()
    found = scene.cache.inventory(scene.commit, [scene.file, missing])
    assert found == {scene.file.path: Presence("cached", scene.file.size)}


def test_a_blob_without_a_link_counts_as_cached(scene: Scene) -> None:
    scene.publish()
    other = scene.cache.inventory("d" * 40, [scene.file])
    assert other == {scene.file.path: Presence("cached", scene.file.size)}


def test_a_blob_in_the_shared_store_counts_as_cached(scene: Scene) -> None:
    stored = scene.root / "blobs" / "ab" / "abcd"
    stored.parent.mkdir(parents=True)
    stored.write_bytes(scene.content)
    scene.blob.parent.mkdir(parents=True)
    scene.blob.symlink_to("../../blobs/ab/abcd")
    assert scene.cache.inventory(scene.commit, [scene.file]) == {scene.file.path: Presence("cached", scene.file.size)}


def test_a_snapshot_file_that_is_no_link_counts_as_cached(scene: Scene) -> None:
    scene.placed.parent.mkdir(parents=True)
    scene.placed.write_bytes(scene.content)
    assert scene.cache.inventory(scene.commit, [scene.file]) == {scene.file.path: Presence("cached", scene.file.size)}
    assert scene.cache.claim(scene.file, scene.commit) == Present()


def test_a_file_of_another_size_does_not_count(scene: Scene) -> None:
    scene.placed.parent.mkdir(parents=True)
    scene.placed.write_bytes(scene.content[:-1])
    assert scene.cache.inventory(scene.commit, [scene.file]) == {}


@pytest.mark.parametrize("odd", ["loop", "dangling", "folder", "under a file"])
def test_odd_things_on_the_disk_count_as_missing(scene: Scene, odd: str) -> None:
    scene.blob.parent.mkdir(parents=True)
    match odd:
        case "loop":
            scene.blob.symlink_to(scene.blob.name)
        case "dangling":
            scene.blob.symlink_to("../nowhere")
        case "folder":
            scene.blob.mkdir()
        case _:
            (scene.folder / "snapshots" / scene.commit).mkdir(parents=True)
            (scene.folder / "snapshots" / scene.commit / "sub").write_bytes(b"a file where a folder belongs")
    assert scene.cache.inventory(scene.commit, [scene.file]) == {}


def test_a_cache_that_cannot_be_read_is_an_error_that_names_it(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, **_: object) -> os.stat_result:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "stat", refuse)
    with pytest.raises(CacheError, match="Permission denied"):
        scene.cache.inventory(scene.commit, [scene.file])


@pytest.mark.parametrize("kept", [0, 100])
def test_a_claim_that_the_disk_refuses_leaves_everything_as_it_was(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    if kept:
        leave(scene, kept)
    before = {path for path in scene.root.rglob("*") if ".locks" not in path.parts}
    gc.collect()  # what other tests left open is not closed in between
    descriptors = len(os.listdir("/dev/fd"))  # noqa: PTH208 - counted, not named

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(InsufficientStorageError):
        scene.cache.claim(scene.file, scene.commit)
    monkeypatch.undo()
    assert {path for path in scene.root.rglob("*") if ".locks" not in path.parts} == before
    assert len(os.listdir("/dev/fd")) == descriptors  # noqa: PTH208 - as above
    part = scene.claim()
    assert part.kept.size == kept
    part.release()


def test_a_claim_begins_again_when_its_folders_were_tidied_away(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    from modelfetch.adapters.cache import repo

    take, tidied = repo.take, []

    def tidy_first(path: str) -> object:
        if not tidied:
            tidied.append(path)
            scene.guests.rmdir()
        return take(path)

    monkeypatch.setattr(repo, "take", tidy_first)
    part = scene.claim()
    assert isinstance(part, Part)
    part.release()


def test_the_journal_is_what_a_follower_can_read(scene: Scene) -> None:
    part = scene.claim()
    piece = scene.bring(part, 0, 100)
    told = decode(scene.journal_path.read_bytes())
    assert told == Journal(scene.file.blob_id, scene.file.size, (piece,))
    assert scene.journal_path.read_bytes().endswith(encode_kept(piece))
    part.release()
