"""Nothing is orphaned for ever: what nobody will ask for again is removed, and what somebody may is not."""

from __future__ import annotations

import json
import logging
import os
import shutil
import time
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf
from modelfetch.adapters.cache import leftovers, wants
from modelfetch.testing import Repo, Stall, Synthetic

from .kit import CONFIG, MIB, REPO, SIZE, TOTAL, WEIGHTS, Files, World, assert_right, state_of, wait_until

if TYPE_CHECKING:
    from pathlib import Path

OTHER_WEIGHTS = Synthetic(SIZE, 77)
MOVED: Files = {"config.json": CONFIG, "model.bin": OTHER_WEIGHTS}
DAY = 24 * 3600


def weights_kept(plan: mf.DownloadPlan) -> int:
    """Bytes of the weights that are here; a small file beside them may be whole by then, and is kept by the next download."""
    return next(file.bytes_present for file in plan.files if file.path == "model.bin")


@pytest.fixture
def repo(world: World) -> Repo:
    return world.publish()


def move(repo: Repo, branch: str = "main") -> None:
    """Let the branch go on to a commit with other weights."""
    repo.commit({"model.bin": OTHER_WEIGHTS, "sub folder/vocabulary.txt": None}, branch)


@pytest.fixture
def abandoned(world: World, repo: Repo) -> World:
    """A cache with a part of one commit, after the branch has moved on to another."""
    world.interrupted(MIB)
    move(repo)
    return world


def clean(world: World, *, partial: bool = False) -> mf.CleanReport:
    return mf.clean_cached(world.cache, partial=partial)


def reasons(report: mf.CleanReport) -> list[str]:
    return [left.reason for left in report.left_alone]


def notes(world: World) -> list[Path]:
    return sorted(world.guests.glob("wants/*"))


def part_of(world: World) -> Path:
    [part] = world.guests.glob("*.part")
    return part


# ------------------------------------------------------------------ after a download


def test_what_the_branch_has_left_behind_is_removed_by_the_next_download_and_said(
    abandoned: World, caplog: pytest.LogCaptureFixture
) -> None:
    old = part_of(abandoned)
    with caplog.at_level(logging.DEBUG, logger="modelfetch"):
        result = abandoned.download()

    assert_right(result.path, MOVED)
    assert not old.exists()
    assert abandoned.left_over() == []
    assert notes(abandoned) == []
    assert result.progress.message.startswith("Removed 1.")
    assert result.progress.message.endswith("MB that an abandoned download had left")
    [record] = [each for each in caplog.records if each.name == "modelfetch"]
    assert record.levelno == logging.DEBUG
    assert REPO in record.getMessage()


def test_subscribers_hear_of_it_in_the_terminal_progress(abandoned: World) -> None:
    seen: list[mf.DownloadProgress] = []

    abandoned.download(progress=seen.append)

    assert [progress.message for progress in seen if progress.status.is_final] == [seen[-1].message]
    assert "abandoned" in seen[-1].message


def test_a_download_that_removed_nothing_says_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.publish()
    with caplog.at_level(logging.DEBUG, logger="modelfetch"):
        result = world.download()

    assert result.progress.message == ""
    assert [each for each in caplog.records if each.name.startswith("modelfetch")] == []


def test_what_the_new_commit_wants_as_well_is_used_and_not_removed(world: World) -> None:
    world.publish()
    world.interrupted(MIB)
    kept = weights_kept(world.plan())
    world.publish({"model.bin": WEIGHTS, "more.txt": b"more"})
    world.hub.clear()

    assert_right(world.download().path, {"model.bin": WEIGHTS, "more.txt": b"more"})

    assert kept > 0
    assert world.hub.body_bytes("model.bin") == SIZE - kept
    assert world.left_over() == []
    assert notes(world) == []


def test_a_commit_that_was_asked_for_by_its_id_can_be_resumed_for_ever(world: World, repo: Repo) -> None:
    pinned = repo.at().sha
    world.interrupted(MIB, revision=pinned)
    kept = weights_kept(world.plan(revision=pinned))
    move(repo)

    assert world.download().progress.message == ""

    assert weights_kept(world.plan(revision=pinned)) == kept > 0


def test_an_unfinished_download_of_another_branch_can_be_resumed(world: World, repo: Repo) -> None:
    move(repo, "next")
    world.interrupted(MIB, revision="next")
    kept = weights_kept(world.plan(revision="next"))

    world.download()

    assert weights_kept(world.plan(revision="next")) == kept > 0


def test_a_download_of_a_few_files_leaves_the_whole_repo_resumable(world: World) -> None:
    world.publish()
    world.interrupted(MIB)
    kept = weights_kept(world.plan())

    world.download(allow_patterns="*.json")

    assert weights_kept(world.plan()) == kept > 0


def test_parts_of_a_version_that_left_no_notes_are_removed(abandoned: World) -> None:
    for note in notes(abandoned):
        note.unlink()

    abandoned.download()

    assert abandoned.left_over() == []


def test_a_running_download_of_the_old_commit_is_left_alone(world: World, repo: Repo) -> None:
    world.hub.inject(Stall(after=2 * MIB, match="model.bin", times=None))
    job = world.start(max_connections=2)
    wait_until(lambda: job.snapshot().bytes_downloaded > MIB, "some bytes")
    world.hub.heal()
    move(repo)

    result = world.download()

    assert result.progress.message == ""
    assert not job.done()
    world.hub.bandwidth = None
    job.cancel()
    assert isinstance(job.exception(10), mf.DownloadCancelled)
    assert part_of(world).stat().st_size > MIB


def test_an_orphan_that_somebody_holds_is_left_to_its_holder(abandoned: World) -> None:
    held = hold(abandoned, part_of(abandoned).stem)

    abandoned.download()

    assert part_of(abandoned).exists()
    held.release()
    assert clean(abandoned).freed_bytes > 0
    assert abandoned.left_over() == []


def hold(world: World, blob_id: str) -> wants.Lock:
    """The lock that an owner has, in whatever process."""
    lock = wants.take(str(world.cache / ".locks" / world.folder.name / f"{blob_id}.lock"))
    assert lock is not None
    return lock


# ------------------------------------------------------------------ on demand


def test_cleaning_leaves_what_can_be_resumed_unless_it_is_asked_for_that_too(world: World) -> None:
    world.publish()
    world.interrupted(MIB)
    before = state_of(world.cache)
    world.hub.clear()

    report = clean(world)

    assert world.hub.requests == ()
    assert (report.freed_bytes, report.repo_ids, reasons(report)) == (0, (), ["resumable"])
    assert report.left_alone[0].size_bytes >= MIB // 2
    assert report.left_alone[0].repo_id == REPO
    assert state_of(world.cache) == before
    report = clean(world, partial=True)
    assert report.freed_bytes >= MIB // 2
    assert (report.repo_ids, report.left_alone) == ((REPO,), ())
    assert world.left_over() == []
    assert notes(world) == []
    assert_right(world.download().path)
    assert clean(world, partial=True) == mf.CleanReport()


def test_cleaning_removes_what_the_branch_left_behind_once_a_newer_plan_is_known(abandoned: World) -> None:
    abandoned.hub.inject(Stall(match="model.bin", times=None))
    job = abandoned.start()
    wait_until(lambda: len(list(abandoned.guests.glob("*.part"))) == 2, "the new part")

    report = clean(abandoned)

    assert report.freed_bytes >= MIB // 2
    assert reasons(report) == ["running"]
    abandoned.hub.heal()
    job.cancel()
    assert isinstance(job.exception(10), mf.DownloadCancelled)


def test_cleaning_while_downloads_run_takes_nothing_from_them(world: World) -> None:
    world.publish()
    world.hub.bandwidth = 4_000_000
    job = world.start()
    wait_until(lambda: job.snapshot().bytes_downloaded > MIB // 2, "some bytes")

    report = clean(world, partial=True)

    assert set(reasons(report)) == {"running"}
    assert report.freed_bytes == 0
    assert_right(job.result(30).path)
    assert job.result().bytes_transferred == TOTAL


def test_what_a_killed_process_kept_can_be_resumed_or_cleaned(world: World) -> None:
    world.publish()
    world.hub.bandwidth = 2_000_000
    child = world.downloader()
    wait_until(lambda: sum(each.kept.size for each in world.journals().values()) > MIB // 2, "some bytes")
    child.kill()
    child.wait()
    world.hub.wait_until_quiet()
    world.hub.bandwidth = None

    assert reasons(clean(world)) == ["resumable"]
    assert weights_kept(world.plan()) > 0
    assert clean(world, partial=True).freed_bytes > 0
    assert (world.left_over(), notes(world)) == ([], [])
    assert_right(world.download().path)


def test_what_huggingface_hub_keeps_is_listed_and_left_alone(world: World) -> None:
    world.publish()
    world.download()
    theirs = world.folder / "blobs" / f"{'e' * 64}.0a1b2c3d.incomplete"
    theirs.write_bytes(bytes(5000))

    report = clean(world, partial=True)

    assert [(left.blob_id, left.reason) for left in report.left_alone] == [("e" * 64, "not ours")]
    assert theirs.read_bytes() == bytes(5000)


def test_a_note_of_a_later_version_protects_all_of_its_repo(abandoned: World) -> None:
    [note] = notes(abandoned)
    note.write_text(json.dumps(json.loads(note.read_text()) | {"schema": "modelfetch.want/2"}))

    abandoned.download()

    assert reasons(clean(abandoned)) == ["unreadable"]
    assert clean(abandoned, partial=True).freed_bytes > 0
    assert (abandoned.left_over(), notes(abandoned)) == ([], [])


def test_where_no_lock_tells_only_what_nobody_touched_for_a_day_is_removed(
    abandoned: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "take", lambda _: wants.Lock(None))
    abandoned.download()

    assert reasons(clean(abandoned)) == ["untellable"]

    long_ago = time.time() - 2 * DAY
    for path in abandoned.guests.glob("*.*"):
        os.utime(path, (long_ago, long_ago))
    assert clean(abandoned).freed_bytes > 0
    assert abandoned.left_over() == []


def test_what_the_system_does_not_let_go_is_said_and_is_no_failure(
    abandoned: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = os.unlink

    def refuse(path: str) -> None:
        if path.endswith(".part"):
            raise PermissionError(path)
        unlink(path)

    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", refuse)
        assert_right(abandoned.download().path, MOVED)
        assert reasons(clean(abandoned)) == ["refused"]

    assert clean(abandoned).freed_bytes > 0


def test_a_repo_that_cannot_be_read_does_not_keep_the_others_from_being_cleaned(
    abandoned: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for note in notes(abandoned):
        note.unlink()
    (abandoned.cache / "models--org--another" / "snapshots").mkdir(parents=True)
    look = leftovers.kept

    def refuse(layout: wants.Layout) -> dict[str, int]:
        if layout.repo_id == "org/another":
            raise PermissionError(layout.guests)
        return look(layout)

    monkeypatch.setattr(leftovers, "kept", refuse)

    report = clean(abandoned)

    assert report.repo_ids == (REPO,)
    assert [(left.repo_id, left.reason) for left in report.left_alone] == [("org/another", "refused")]


def test_a_planted_link_leads_to_no_removal(world: World, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "v1"
    elsewhere.mkdir(parents=True)
    (elsewhere / f"{'e' * 64}.part").write_bytes(b"precious")
    (world.folder / "snapshots").mkdir(parents=True)
    (world.folder / ".modelfetch").symlink_to(elsewhere.parent)

    assert clean(world, partial=True) == mf.CleanReport()

    assert (elsewhere / f"{'e' * 64}.part").read_bytes() == b"precious"


def test_temporaries_and_locks_of_a_crash_are_removed(world: World) -> None:
    world.publish()
    world.download()
    wants_folder = world.guests / "wants"
    wants_folder.mkdir()
    crashed = [world.guests / "main.0a1b2c3d.tmp", wants_folder / f"{'a' * 16}-0a1b2c3d.lock"]
    for path in crashed:
        path.write_bytes(bytes(100))

    assert clean(world).freed_bytes == 100

    assert not any(path.exists() for path in (*crashed, wants_folder))


def test_a_snapshot_that_was_being_removed_when_the_process_died_goes_after_a_day(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.publish()
    world.download()
    aside = world.guests / f"{'c' * 40}.0a1b2c3d.tmp"
    (aside / "sub").mkdir(parents=True)
    (aside / "sub" / "model.bin").write_bytes(bytes(5000))
    clean(world)
    assert aside.exists()
    monkeypatch.setattr(leftovers.time, "time_ns", lambda: int((time.time() + 2 * DAY) * 10**9))

    assert clean(world).freed_bytes == 5000

    assert not aside.exists()


def test_what_is_noted_of_a_snapshot_that_another_program_removed_goes_with_the_next_cleaning(world: World) -> None:
    world.publish()
    path = world.download().path
    noted = world.guests / "snapshots" / path.name
    clean(world)
    assert noted.is_dir()
    shutil.rmtree(path)

    clean(world)

    assert not noted.exists()


def test_a_cache_that_is_not_there_is_clean(tmp_path: Path) -> None:
    assert mf.clean_cached(tmp_path / "nowhere") == mf.CleanReport()
    assert not (tmp_path / "nowhere").exists()


def test_a_cache_that_cannot_be_listed_is_a_cache_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: object) -> None:
        raise PermissionError(path)

    monkeypatch.setattr(os, "scandir", refuse)

    with pytest.raises(mf.CacheError):
        mf.clean_cached(tmp_path)
