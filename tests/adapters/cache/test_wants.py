"""The notes that downloads leave of what they want: seen by others from before the first byte, and free once it is over."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from modelfetch.adapters.cache import RepoCache, wants
from modelfetch.core.kept.wants import Want, decode
from modelfetch.errors import InsufficientStorageError

from .conftest import COMMIT, REPO, Scene

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

HOLDER = """
import sys
from pathlib import Path
from modelfetch.adapters.cache import RepoCache
from modelfetch.core.kept.wants import decode

want = decode(Path(sys.argv[2]).read_text(), sys.argv[3])
held = RepoCache(Path(sys.argv[1]), sys.argv[3]).declare(want)
print("held", flush=True)
sys.stdin.read()
"""


def want_of(scene: Scene, repo_id: str = REPO) -> Want:
    return Want(repo_id, "main", COMMIT, (scene.file,))


def found(scene: Scene) -> list[str]:
    return sorted(path.suffix for path in (scene.guests / "wants").glob("*"))


def others(scene: Scene) -> list[dict[str, int]]:
    """What a download of another repo in the same cache sees."""
    watcher = RepoCache(scene.root, "org/watcher")
    ours = watcher.declare(want_of(scene, "org/watcher"))
    seen = watcher.others(ours)
    ours.end(keep=False)
    return seen


def test_others_see_what_is_missing_while_the_download_lives(scene: Scene) -> None:
    held = scene.cache.declare(want_of(scene))
    part = scene.claim()
    scene.bring(part, 0, 1 << 20)

    [missing] = others(scene)

    assert list(missing) == [str(scene.part_path)]
    assert scene.file.size - (1 << 20) - 8192 <= missing[str(scene.part_path)] <= scene.file.size - (1 << 20)
    part.release()
    held.end(keep=True)
    assert others(scene) == []


def test_what_is_published_is_missed_no_more(scene: Scene) -> None:
    held = scene.cache.declare(want_of(scene))
    scene.publish()

    assert list(others(scene)[0].values()) == [0]
    held.end(keep=False)


def test_without_links_what_is_in_the_snapshot_is_missed_no_more(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_DISABLE_SYMLINKS", "1")
    held = scene.cache.declare(want_of(scene))
    scene.publish()

    assert list(others(scene)[0].values()) == [0]
    held.end(keep=False)


def test_an_ended_download_that_kept_nothing_leaves_the_cache_as_it_was(scene: Scene) -> None:
    scene.cache.declare(want_of(scene)).end(keep=True)

    assert not scene.root.exists()


def test_an_ended_download_that_kept_bytes_leaves_its_note_and_no_lock(scene: Scene) -> None:
    held = scene.cache.declare(want_of(scene))
    assert found(scene) == [".json", ".lock"]
    part = scene.claim()
    scene.bring(part, 0, 100)
    part.release()

    held.end(keep=True)

    [note] = (scene.guests / "wants").glob("*")
    assert decode(note.read_text(), REPO) == want_of(scene)


def test_the_same_want_replaces_the_note_of_a_download_that_is_over(scene: Scene) -> None:
    part = scene.claim()
    scene.bring(part, 0, 100)
    for _ in range(3):
        scene.cache.declare(want_of(scene)).end(keep=True)
    part.release()

    assert found(scene) == [".json"]


def test_the_same_want_of_two_running_downloads_has_two_notes(scene: Scene) -> None:
    first, second = scene.cache.declare(want_of(scene)), RepoCache(scene.root, REPO).declare(want_of(scene))

    first.end(keep=False)

    assert found(scene) == [".json", ".lock"]
    assert len(others(scene)) == 1
    second.end(keep=False)
    assert others(scene) == []


def test_a_killed_process_leaves_a_note_that_nobody_holds(
    scene: Scene, tmp_path: Path, run_python: Callable[..., subprocess.Popen[str]]
) -> None:
    (tmp_path / "want.json").write_text(wants.encode(want_of(scene)))
    holder = run_python(HOLDER, str(scene.root), str(tmp_path / "want.json"), REPO)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    assert len(others(scene)) == 1

    holder.kill()
    holder.wait()

    assert others(scene) == []
    assert found(scene) == [".json"]
    scene.cache.clean()
    assert found(scene) == []


@pytest.mark.parametrize("at", ["lock", "note"])
def test_a_full_disk_leaves_nothing_of_a_note(scene: Scene, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if at == "lock":
        monkeypatch.setattr(wants, "take", lambda _: wants.Lock(None))
    monkeypatch.setattr(wants, "replace_text", refuse)

    with pytest.raises(InsufficientStorageError):
        scene.cache.declare(want_of(scene))

    assert not scene.root.exists()


def test_a_lock_that_a_cleaner_took_for_a_crashs_is_made_again_under_another_name(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, taken = wants.take, list[str]()

    def interfered(path: str) -> wants.Lock | None:
        taken.append(path)
        if len(taken) == 1:
            return None
        lock = take(path)
        if len(taken) == 2:
            Path(path).unlink()
        return lock

    monkeypatch.setattr(wants, "take", interfered)

    held = scene.cache.declare(want_of(scene))

    assert len(set(taken)) == 3
    monkeypatch.undo()
    assert len(others(scene)) == 1
    held.end(keep=False)


def test_where_every_lock_is_taken_away_the_note_is_written_all_the_same(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wants, "take", lambda _: None)

    held = scene.cache.declare(want_of(scene))

    assert found(scene) == [".json", ".lock"]
    monkeypatch.undo()
    held.end(keep=False)


def test_where_no_lock_tells_a_note_counts_as_neither_held_nor_over(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wants, "take", lambda _: wants.Lock(None))
    held = scene.cache.declare(want_of(scene))

    assert wants.is_held(wants.Layout(scene.root, REPO), held.name) is None
    assert others(scene) == []
    held.end(keep=False)


def test_a_folder_that_is_removed_meanwhile_is_made_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    mkdir, removed = os.mkdir, list[str]()

    def interfered(path: str, mode: int = 0o777) -> None:
        if str(path).endswith("wants") and not removed:
            removed.append(path)
            shutil.rmtree(scene.folder)
        mkdir(path, mode)

    monkeypatch.setattr(os, "mkdir", interfered)

    held = scene.cache.declare(want_of(scene))

    assert removed
    assert (scene.folder / "snapshots").is_dir()
    held.end(keep=False)
    assert not scene.root.exists()


def test_a_link_in_place_of_a_note_is_no_note(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.json").write_text(wants.encode(want_of(scene)))
    (scene.guests / "wants").mkdir(parents=True)
    (scene.guests / "wants" / "planted.json").symlink_to(tmp_path / "elsewhere.json")

    assert wants.notes(wants.Layout(scene.root, REPO)) == []


def test_what_cannot_be_listed_at_the_end_leaves_the_note(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    held = scene.cache.declare(want_of(scene))

    def refuse(layout: wants.Layout) -> dict[str, int]:
        raise PermissionError(layout.guests)

    monkeypatch.setattr(wants, "kept", refuse)
    held.end(keep=True)

    assert found(scene) == [".json"]
