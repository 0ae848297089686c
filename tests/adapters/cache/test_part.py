"""A part is written from any thread, journalled after it was written, and published after it was checked."""

from __future__ import annotations

import errno
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from modelfetch.adapters.cache import RepoCache
from modelfetch.adapters.cache.claim import is_at
from modelfetch.adapters.cache.disk import Bytes
from modelfetch.adapters.cache.lock import Lock
from modelfetch.core.planning.listing import FileEntry
from modelfetch.core.planning.plan import Presence
from modelfetch.core.ranges import ByteRange, RangeSet
from modelfetch.core.transfer.journal import decode
from modelfetch.core.transfer.ports import Busy, Interrupted, Present, Usurped
from modelfetch.errors import CacheError, InsufficientStorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from conftest import Scene

    from modelfetch.adapters.cache import Part

MIB = 1 << 20


def never() -> bool:
    return False


def journalled(scene: Scene) -> RangeSet:
    told = decode(scene.journal_path.read_bytes())
    assert told is not None
    return told.kept


def filled(scene: Scene) -> Part:
    part = scene.claim()
    scene.bring(part, 0, scene.file.size)
    return part


def a_write_that_waits(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """From here on, blocks are written slowly: the first event says that one is under way, the second lets it go on."""
    writing, go_on = threading.Event(), threading.Event()
    pwrite = os.pwrite

    def slow(fd: int, view: memoryview, offset: int) -> int:
        writing.set()
        go_on.wait(30)
        return pwrite(fd, view, offset)

    monkeypatch.setattr(os, "pwrite", slow)
    return writing, go_on


# ------------------------------------------------------------------ bytes and their journal


def test_pieces_may_come_in_any_order_from_many_threads(scene: Scene) -> None:
    part = scene.claim()
    starts = range(0, scene.file.size, 4096)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda start: scene.bring(part, start, min(start + 4096, scene.file.size)), reversed(starts)))
    assert journalled(scene) == RangeSet.whole(scene.file.size)
    assert part.digest(scene.file.size, never) == scene.file.blob_id
    part.publish()
    assert scene.blob.read_bytes() == scene.content


def test_bytes_outside_of_the_file_are_refused(scene: Scene) -> None:
    part = scene.claim()
    for offset, data in ((scene.file.size - 1, b"xx"), (-1, b"x")):
        with pytest.raises(ValueError, match=r"not all within|0 <= start"):
            part.keep(offset, data)
    part.release()


def test_a_system_without_positioned_reads_and_writes_gives_the_same_file(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pwrite", "preadv"):
        monkeypatch.delattr(os, name)
    scene.publish()
    assert scene.blob.read_bytes() == scene.content


def test_a_disk_that_takes_a_few_bytes_at_a_time_gets_all_of_them(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    pwrite, preadv = os.pwrite, os.preadv

    def little(fd: int, views: Sequence[memoryview], offset: int) -> int:
        return preadv(fd, [views[0][:100_000]], offset)

    monkeypatch.setattr(os, "pwrite", lambda fd, view, offset: pwrite(fd, view[:100_000], offset))
    monkeypatch.setattr(os, "preadv", little)
    scene.publish()
    assert scene.blob.read_bytes() == scene.content


def test_dropped_bytes_are_not_kept_for_the_next_owner(scene: Scene) -> None:
    part = scene.claim()
    for start in (0, 100, 200):
        scene.bring(part, start, start + 100)
    part.discard(RangeSet.of([ByteRange(100, 110), ByteRange(250, 260)]))
    part.release()
    assert scene.cache.inventory(scene.commit, [scene.file]) == {scene.file.path: Presence("partial", 100)}


def test_a_line_torn_by_a_full_disk_costs_that_line_alone(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    part = scene.claim()
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[: len(data) // 2]))
    scene.bring(part, 0, 100)
    monkeypatch.undo()
    scene.bring(part, 100, 200)
    scene.bring(part, 200, 300)
    assert journalled(scene) == RangeSet.of([ByteRange(100, 300)])
    part.release()


@pytest.mark.parametrize("step", ["pwrite", "write"])
def test_a_full_disk_is_told_with_the_room_there_is(scene: Scene, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    part = scene.claim()

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(InsufficientStorageError) as caught:
        scene.bring(part, 0, 100)
    assert caught.value.available == scene.cache.free_bytes() or (caught.value.available or 0) > 0
    monkeypatch.undo()
    part.release()


# ------------------------------------------------------------------ digest and audit


def test_the_digest_runs_along_with_the_download(scene: Scene) -> None:
    part = scene.claim()
    for start in range(0, scene.file.size, MIB):
        stop = min(start + MIB, scene.file.size)
        scene.bring(part, start, stop)
        digest = part.digest(stop, never)
        assert (digest == scene.file.blob_id) is (stop == scene.file.size)
        assert digest is None or stop == scene.file.size
    part.release()


def test_a_small_file_is_checked_by_its_git_blob_id(make_scene: Callable[[FileEntry, bytes], Scene]) -> None:
    scene = make_scene(FileEntry("hello.txt", 6, "ce013625030ba8dba906f756967f9e9ca394464a"), b"hello\n")
    scene.publish()
    assert scene.placed.read_bytes() == b"hello\n"


def test_one_flipped_bit_makes_another_digest_and_the_audit_finds_it(scene: Scene) -> None:
    part = scene.claim()
    scene.bring(part, 0, MIB)
    scene.bring(part, MIB, scene.file.size)
    with scene.part_path.open("r+b") as file:
        file.seek(MIB + 5)
        file.write(bytes([scene.content[MIB + 5] ^ 1]))
    assert part.digest(scene.file.size, never) != scene.file.blob_id
    assert part.audit(never) == RangeSet.of([ByteRange(MIB, scene.file.size)])
    part.discard(RangeSet.of([ByteRange(MIB, scene.file.size)]))
    scene.bring(part, MIB, scene.file.size)
    assert part.digest(scene.file.size, never) == scene.file.blob_id
    part.release()


def test_bytes_that_the_disk_lost_are_lies_too(scene: Scene) -> None:
    part = scene.claim()
    scene.bring(part, 0, 100)
    scene.bring(part, 100, scene.file.size)
    os.truncate(scene.part_path, MIB)
    assert part.digest(scene.file.size, never) != scene.file.blob_id
    assert part.audit(never) == RangeSet.of([ByteRange(100, scene.file.size)])
    part.release()


def test_a_digest_stops_between_blocks_and_goes_on_later(scene: Scene) -> None:
    part = filled(scene)
    asked = iter([False, True])
    with pytest.raises(Interrupted):
        part.digest(scene.file.size, lambda: next(asked))
    assert part.digest(scene.file.size, never) == scene.file.blob_id
    with pytest.raises(Interrupted):
        part.audit(lambda: True)
    part.release()


def test_nothing_is_written_any_more_once_the_whole_file_was_hashed(scene: Scene) -> None:
    """A connection that was told to stop may still hold bytes, and they may be wrong."""
    part = filled(scene)
    assert part.digest(scene.file.size, never) == scene.file.blob_id
    with pytest.raises(Interrupted):
        part.keep(0, b"late and wrong")
    part.publish()
    assert scene.blob.read_bytes() == scene.content


def test_the_digest_waits_for_a_write_under_way(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    part = filled(scene)
    writing, go_on = a_write_that_waits(monkeypatch)
    with ThreadPoolExecutor(2) as pool:
        write = pool.submit(part.keep, 0, b"wrong")
        assert writing.wait(30)
        with pytest.raises(Interrupted):  # it may be stopped while it waits
            part.digest(scene.file.size, lambda: True)
        digest = pool.submit(part.digest, scene.file.size, never)
        go_on.set()
        write.result(30)
        assert digest.result(30) not in {None, scene.file.blob_id}
    part.release()


# ------------------------------------------------------------------ publishing


def test_a_published_file_has_its_final_name_and_leaves_nothing_behind(scene: Scene) -> None:
    part = filled(scene)
    part.digest(scene.file.size, never)
    part.publish()
    assert scene.blob.read_bytes() == scene.content
    part.release()
    assert list(scene.guests.iterdir()) == []
    assert scene.cache.claim(scene.file, scene.commit) == Present()


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_a_published_file_has_the_mode_of_any_file_of_its_owner(scene: Scene, umask: int) -> None:
    leftover = scene.claim()
    scene.bring(leftover, 0, 100)
    leftover.release()
    scene.part_path.chmod(0o600)  # another user's habits
    before = os.umask(umask)
    try:
        scene.publish()
    finally:
        os.umask(before)
    assert stat.S_IMODE(scene.blob.stat().st_mode) == 0o666 & ~umask


def test_a_link_into_the_shared_store_is_replaced_and_never_written_through(scene: Scene) -> None:
    stored = scene.root / "blobs" / "ab" / "abcd"
    stored.parent.mkdir(parents=True)
    stored.write_bytes(b"another repo needs this")
    scene.blob.parent.mkdir(parents=True)
    scene.blob.symlink_to("../../blobs/ab/abcd")
    scene.publish()
    assert stored.read_bytes() == b"another repo needs this"
    assert not scene.blob.is_symlink()
    assert scene.blob.read_bytes() == scene.content


def test_a_dangling_link_at_the_final_name_is_replaced(scene: Scene) -> None:
    scene.blob.parent.mkdir(parents=True)
    scene.blob.symlink_to("../../blobs/ab/gone")
    scene.publish()
    assert scene.blob.read_bytes() == scene.content
    assert not (scene.root / "blobs").exists()


def test_the_bytes_are_on_the_device_before_the_name(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    from modelfetch.adapters.cache import part as module

    order: list[str] = []
    sync, rename = module.sync, module.rename
    monkeypatch.setattr(module, "sync", lambda fd: (order.append("sync"), sync(fd)))
    monkeypatch.setattr(module, "rename", lambda old, new: (order.append("rename"), rename(old, new)))
    scene.publish()
    assert order == ["sync", "rename"]


def test_a_device_that_cannot_write_is_an_error_and_the_file_stays_unpublished(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = filled(scene)
    part.digest(scene.file.size, never)

    def broken(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", broken)
    with pytest.raises(CacheError, match="Input/output error"):
        part.publish()
    assert not scene.blob.exists()
    part.release()
    assert scene.cache.inventory(scene.commit, [scene.file])[scene.file.path].state == "partial"


# ------------------------------------------------------------------ letting go


def test_releasing_keeps_every_journalled_byte(scene: Scene) -> None:
    part = scene.claim()
    scene.bring(part, 0, 100)
    part.release()
    assert scene.cache.inventory(scene.commit, [scene.file]) == {scene.file.path: Presence("partial", 100)}
    scene.claim().release()


def test_a_try_that_kept_nothing_leaves_the_cache_as_it_was(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock file stays, as huggingface_hub's does: unlinking it would split the next lockers."""
    scene.root.mkdir()
    part = scene.claim()

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(InsufficientStorageError):
        part.keep(0, b"written and never journalled")
    part.release()
    assert [path.name for path in scene.root.iterdir()] == [".locks"]


def test_a_try_that_kept_nothing_removes_no_folder_of_anybody_elses(scene: Scene) -> None:
    theirs = scene.folder / "snapshots" / scene.commit
    theirs.mkdir(parents=True)
    scene.claim().release()
    assert list(scene.folder.iterdir()) == [theirs.parent]
    assert theirs.is_dir()


def test_the_last_of_several_tries_tidies_up(scene: Scene) -> None:
    first, second = scene.claim(), scene.cache.claim(FileEntry("b", 5, "b" * 40), scene.commit)
    first.release()
    assert scene.guests.is_dir()
    assert not isinstance(second, Busy | Present)
    second.release()
    assert not scene.folder.exists()


def test_everything_dropped_counts_as_nothing_kept(scene: Scene) -> None:
    part = scene.claim()
    scene.bring(part, 0, 100)
    part.discard(RangeSet.whole(scene.file.size))
    part.release()
    assert not scene.folder.exists()


def test_what_an_earlier_owner_left_can_be_forgotten_without_owning_it(scene: Scene) -> None:
    part = scene.claim()
    part.keep(0, memoryview(scene.content[:10]))
    scene.cache.forget(scene.file)
    assert scene.part_path.exists(), "somebody has it"
    part.release()
    scene.cache.forget(scene.file)
    assert not scene.part_path.exists()
    assert not scene.journal_path.exists()
    scene.cache.forget(scene.file)


def test_forgetting_removes_what_was_kept(scene: Scene) -> None:
    part = filled(scene)
    part.forget()
    assert scene.cache.inventory(scene.commit, [scene.file]) == {}
    assert not scene.folder.exists()


@pytest.mark.parametrize("ends", [["release"], ["forget"], ["publish", "release"]])
def test_after_the_end_every_call_is_harmless(scene: Scene, ends: list[str]) -> None:
    part = filled(scene)
    part.digest(scene.file.size, never)
    for end in ends:
        getattr(part, end)()
    before = {path: path.read_bytes() for path in scene.root.rglob("*") if path.is_file()}
    for _ in range(2):
        with pytest.raises(Interrupted):
            part.keep(0, b"late")
        part.discard(RangeSet.whole(4))
        assert part.digest(scene.file.size, never) is None
        assert part.audit(never) == RangeSet()
        part.publish()
        part.forget()
        part.release()
    assert {path: path.read_bytes() for path in scene.root.rglob("*") if path.is_file()} == before


def test_a_release_never_waits_for_a_write_under_way(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    part = scene.claim()
    writing, go_on = a_write_that_waits(monkeypatch)
    with ThreadPoolExecutor(1) as pool:
        write = pool.submit(scene.bring, part, 0, 100)
        assert writing.wait(30)
        part.release()
        assert scene.cache.claim(scene.file, scene.commit) == Busy(0)  # still held: the last one out lets go
        go_on.set()
        write.result(30)
    monkeypatch.undo()
    assert scene.cache.inventory(scene.commit, [scene.file]) == {scene.file.path: Presence("partial", 100)}
    scene.claim().release()


def test_a_release_stops_a_digest_under_way(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    part = filled(scene)
    reads = []
    read_into = Bytes.read_into

    def released_meanwhile(self: Bytes, view: memoryview, offset: int) -> int:
        reads.append(offset)
        part.release()
        return read_into(self, view, offset)

    monkeypatch.setattr(Bytes, "read_into", released_meanwhile)
    with pytest.raises(Interrupted):
        part.digest(scene.file.size, never)
    assert reads == [0]


def test_a_release_during_publishing_leaves_the_bytes_as_they_are(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = filled(scene)
    part.digest(scene.file.size, never)
    fdatasync = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda fd: (part.release(), fdatasync(fd)))
    part.publish()
    assert not scene.blob.exists()
    assert scene.cache.inventory(scene.commit, [scene.file])[scene.file.path].state == "partial"


# ------------------------------------------------------------------ locks that lie


@pytest.fixture
def lying(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every lock is given to everybody, as on some Lustre, GPFS and NFS mounts."""
    from modelfetch.adapters.cache import repo

    monkeypatch.setattr(repo, "take", lambda _: Lock(None))


@pytest.mark.usefixtures("lying")
def test_whoever_claimed_last_owns_the_part_and_the_other_notices(scene: Scene) -> None:
    first = scene.claim()
    scene.bring(first, 0, 100)
    second = scene.claim()
    assert second.kept == RangeSet.whole(100)
    for step in (
        lambda: first.keep(100, b"x"),
        lambda: first.discard(RangeSet.whole(100)),
        first.publish,
    ):
        with pytest.raises(Usurped):
            step()
    scene.bring(second, 100, scene.file.size)
    first.forget()
    assert second.digest(scene.file.size, never) == scene.file.blob_id
    second.publish()
    assert scene.blob.read_bytes() == scene.content


@pytest.mark.usefixtures("lying")
def test_a_usurped_owner_leaves_the_others_files_alone(scene: Scene) -> None:
    first, second = scene.claim(), scene.claim()
    first.release()
    assert scene.part_path.exists()
    assert scene.journal_path.exists()
    second.release()
    assert not scene.folder.exists()


@pytest.mark.usefixtures("lying")
def test_a_write_that_outlasts_the_release_does_not_call_it_a_takeover(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By then the file may be ours again, and must not be given up for what an old writer says."""
    first, again = scene.claim(), []

    def released_meanwhile(path: str, mark: tuple[int, int]) -> bool:
        if not again:
            first.release()
            again.append(scene.claim())
        return is_at(path, mark)

    monkeypatch.setattr("modelfetch.adapters.cache.part.is_at", released_meanwhile)
    with pytest.raises(Interrupted):
        first.keep(0, b"x")
    again[0].release()


def test_a_cache_that_was_deleted_under_a_download_is_noticed(scene: Scene) -> None:
    import shutil

    part = scene.claim()
    scene.bring(part, 0, 100)
    shutil.rmtree(scene.folder)
    with pytest.raises(Usurped):
        part.keep(100, b"x")
    part.release()
    scene.claim().release()


# ------------------------------------------------------------------ between threads and caches


def test_of_many_threads_one_gets_the_file(scene: Scene) -> None:
    start = threading.Barrier(8)

    def claim(_: int) -> object:
        start.wait(30)
        return RepoCache(scene.root, "org/name").claim(scene.file, scene.commit)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(claim, range(8)))
    owners = [answer for answer in answers if not isinstance(answer, Busy)]
    assert len(owners) == 1
    owners[0].release()  # type: ignore[attr-defined]


def test_failing_and_succeeding_claims_at_once_leave_a_healthy_cache(scene: Scene, tmp_path: Path) -> None:
    files = [FileEntry(f"{number}.txt", 5, f"{number:040x}") for number in range(40)]

    def attempt(file: FileEntry) -> None:
        part = scene.cache.claim(file, scene.commit)
        assert not isinstance(part, Busy | Present)
        part.release()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(attempt, files))
    assert not scene.folder.exists()
    assert tmp_path.exists()
