"""Where locks lie or cannot be had, work may be done twice; what is published is right, and somebody finishes."""

from __future__ import annotations

import errno
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from modelfetch.adapters.cache import Part, RepoCache, claim, lock, repo
from modelfetch.core.transfer.ports import Present, Usurped
from modelfetch.testing import FlipBit

from ..download.kit import MIB, REPO, assert_right, whole
from .company import FILES, LYING, peer, refusing, served

if TYPE_CHECKING:
    from modelfetch.core.planning.listing import FileEntry

    from ..download.kit import World

TYPED = {"path", "NetworkError", "CacheError", "IntegrityError"}
WITHOUT = {
    "everybody gets every lock": LYING,
    "NFS without its lock daemon": refusing(errno.ENOLCK),
    "no locks at all": refusing(errno.ENOSYS),
    "locks not supported": refusing(errno.ENOTSUP),
    "every lock is somebody's": refusing(errno.EAGAIN),
}


def assert_rerun_is_right(world: World) -> None:
    """With true locks again, what is left over does no harm and does not stay."""
    world.hub.bandwidth = None
    assert_right(world.download().path, FILES)
    assert world.left_over() == []


if sys.platform != "win32":  # there locks are not flock's

    @pytest.mark.parametrize("script", [WITHOUT[name] for name in list(WITHOUT)[:4]], ids=list(WITHOUT)[:4])
    def test_somebody_finishes_and_nothing_wrong_is_published(shared: World, script: str) -> None:
        peers = [peer(shared, script=script) for _ in range(3)]

        endings = [each.ending(100) for each in peers]

        words = {word for word, _ in endings}
        assert "path" in words, endings
        assert words <= TYPED, endings
        assert_rerun_is_right(shared)

    def test_a_source_that_lies_as_well_is_found_out(shared: World) -> None:
        shared.hub.bandwidth = None
        shared.hub.inject(FlipBit(offset=MIB, match="model.bin", times=None))
        peers = [peer(shared, script=LYING) for _ in range(3)]

        endings = {each.ending(100)[0] for each in peers}

        assert endings <= TYPED - {"path"}
        assert not list(shared.cache.rglob(f"blobs/{_entry(shared, 'model.bin').blob_id}"))
        shared.hub.heal()
        assert_rerun_is_right(shared)

    def test_a_rerun_after_a_kill_is_right(shared: World) -> None:
        peers = [peer(shared, script=LYING) for _ in range(2)]
        served(shared, 3 * MIB)
        for each in peers:
            each.kill()

        assert_rerun_is_right(shared)

    def test_an_owner_that_slept_while_another_finished_is_right_too(shared: World) -> None:
        sleeper = peer(shared, script=LYING)
        served(shared, 2 * MIB)
        sleeper.process.send_signal(signal.SIGSTOP)
        shared.hub.bandwidth = None
        path = peer(shared, script=LYING).path(100)
        assert_right(path, FILES)

        sleeper.process.send_signal(signal.SIGCONT)

        assert sleeper.path(100) == path
        assert_right(path, FILES)
        assert shared.left_over() == []

    def test_a_lock_that_is_always_somebodys_is_waited_for_and_can_be_left(shared: World) -> None:
        """It cannot be told from a neighbour who is slow to start: so it is shown, and Cancel works."""
        waiting = peer(shared, script=WITHOUT["every lock is somebody's"])
        waiting.wait_for(lambda line: line["stalled"] and line["message"], "what it waits for")
        assert shared.hub.body_bytes() == 0

        waiting.cancel()

        assert waiting.ending()[0] == "DownloadCancelled"
        assert_rerun_is_right(shared)


# ---------------------------------------------------------------- the two instants at which two owners could spoil a file


@pytest.fixture
def caches(world: World, monkeypatch: pytest.MonkeyPatch) -> tuple[RepoCache, RepoCache]:
    """Two processes' views of one cache in which everybody gets every lock."""
    monkeypatch.setattr(repo, "take", lambda _path: lock.Lock(None))
    world.publish(FILES)
    return RepoCache(world.cache, REPO), RepoCache(world.cache, REPO)


def _entry(world: World, path: str) -> FileEntry:
    return next(file.entry for file in world.plan().files if file.path == path)


def _owned(cache: RepoCache, file: FileEntry, commit: str) -> Part:
    part = cache.claim(file, commit)
    assert isinstance(part, Part)
    return part


def test_who_opened_a_part_that_was_published_meanwhile_finds_it_present(
    world: World, caches: tuple[RepoCache, RepoCache], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the second would go on writing to a file that others read already."""
    file, commit = _entry(world, "config.json"), world.plan().commit
    first = _owned(caches[0], file, commit)
    first.keep(0, whole(FILES["config.json"]))
    journal = claim._fresh_journal

    def published_first(*arguments: object) -> int:
        with suppress(Usurped):
            first.publish()
        return journal(*arguments)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(claim, "_fresh_journal", published_first)

    assert caches[1].claim(file, commit) == Present()


def test_who_lost_a_part_to_a_publisher_writes_no_more_and_does_not_fail(
    world: World, caches: tuple[RepoCache, RepoCache]
) -> None:
    """The first was between looking whether the part is its own and giving it its name when the second came."""
    file, commit = _entry(world, "model.bin"), world.plan().commit
    first = _owned(caches[0], file, commit)
    first.keep(0, whole(FILES["model.bin"]))
    second = _owned(caches[1], file, commit)
    (world.guests / f"{file.blob_id}.part").rename(world.folder / "blobs" / file.blob_id)

    with pytest.raises(Usurped):
        second.keep(0, b"other bytes")
    with pytest.raises(Usurped):
        second.publish()

    second.release()
    assert (world.folder / "blobs" / file.blob_id).read_bytes() == whole(FILES["model.bin"])
