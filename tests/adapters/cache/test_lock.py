"""The lock is huggingface_hub's, is never waited for, and is never what correctness rests on."""

from __future__ import annotations

import errno
import os
import stat
import warnings
from typing import TYPE_CHECKING, Any

import filelock
import pytest

from modelfetch.adapters.cache.lock import take

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

HOLD = """
import sys
from filelock import FileLock
with FileLock(sys.argv[1], mode=0o664):
    print("held", flush=True)
    sys.stdin.read(1)
print("free", flush=True)
"""

CLAIM = """
import sys
from modelfetch.adapters.cache.lock import take
lock = take(sys.argv[1])
print("held" if lock else "busy", flush=True)
sys.stdin.read(1)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".locks" / "models--org--name" / "abc.lock"


def answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_held_lock_is_busy_for_another_holder_in_the_same_process(path: Path) -> None:
    first = take(str(path))
    assert first is not None
    assert take(str(path)) is None
    first.release()
    second = take(str(path))
    assert second is not None
    second.release()


def test_letting_go_twice_does_not_let_go_of_anothers(path: Path) -> None:
    first = take(str(path))
    assert first is not None
    first.release()
    second = take(str(path))
    assert second is not None
    first.release()
    assert take(str(path)) is None
    second.release()


def test_a_lock_held_by_a_neighbours_process_is_busy(path: Path, run_python: Callable[..., Any]) -> None:
    path.parent.mkdir(parents=True)
    neighbour = run_python(HOLD, str(path))
    assert answer(neighbour) == "held"
    assert take(str(path)) is None
    neighbour.stdin.write("x")
    neighbour.stdin.flush()
    assert answer(neighbour) == "free"
    lock = take(str(path))
    assert lock is not None
    lock.release()


def test_ours_makes_a_neighbours_process_wait(path: Path, run_python: Callable[..., Any]) -> None:
    lock = take(str(path))
    assert lock is not None
    neighbour = run_python(HOLD, str(path))
    follower = run_python(CLAIM, str(path))
    assert answer(follower) == "busy"
    lock.release()
    assert answer(neighbour) == "held"


def test_a_killed_process_blocks_nobody(path: Path, run_python: Callable[..., Any]) -> None:
    owner = run_python(CLAIM, str(path))
    assert answer(owner) == "held"
    assert take(str(path)) is None
    owner.kill()
    owner.wait(30)
    lock = take(str(path))
    assert lock is not None
    lock.release()


def test_a_group_may_share_the_lock_file_and_it_stays(path: Path) -> None:
    lock = take(str(path))
    assert lock is not None
    lock.release()
    assert stat.S_IMODE(path.stat().st_mode) == 0o664


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK, errno.EIO])
def test_without_locks_the_download_goes_on(path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    import fcntl

    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # filelock may say that it falls back
        first, second = take(str(path)), take(str(path))
    assert first is not None
    assert second is not None
    first.release()
    second.release()


def test_a_filelock_that_has_no_locks_at_all_does_not_stop_the_download(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        message = "FileSystem does not appear to support flock; use SoftFileLock instead"
        raise NotImplementedError(message)

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    assert take(str(path)) is not None


@pytest.mark.parametrize("marker", ["stale", "none"])
def test_a_lock_that_a_crash_could_leave_for_ever_is_not_taken(
    path: Path, monkeypatch: pytest.MonkeyPatch, marker: str
) -> None:
    """filelock falls back to a marker file by itself; a crashed owner's would block everybody."""
    import fcntl

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", refuse)
    monkeypatch.setattr(filelock, "FileLock", lambda *_, **__: filelock.SoftFileLock(path))
    if marker == "stale":
        path.parent.mkdir(parents=True)
        path.write_text(f"{os.getpid()}\n")
    first, second = take(str(path)), take(str(path))
    assert first is not None
    assert second is not None


def test_an_older_filelock_without_the_option_is_asked_without_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = filelock.FileLock

    def older(path: Path, *, timeout: float, mode: int, thread_local: bool) -> filelock.BaseFileLock:
        return real(path, timeout=timeout, mode=mode, thread_local=thread_local)

    monkeypatch.setattr(filelock, "FileLock", older)
    lock = take(str(path))
    assert lock is not None
    assert take(str(path)) is None
    lock.release()


def test_a_lock_that_is_let_go_while_it_is_tried_is_still_busy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Going on without it would make two owners of one content; the next try gets it."""

    def refuse(*_: object, **__: object) -> None:
        raise filelock.Timeout(str(path))

    path.parent.mkdir(parents=True)
    path.touch()
    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    assert take(str(path)) is None


def test_a_lock_folder_that_cannot_be_made_does_not_stop_the_download(tmp_path: Path) -> None:
    (tmp_path / ".locks").write_bytes(b"a file where a folder belongs")
    assert take(str(tmp_path / ".locks" / "x" / "abc.lock")) is not None


def test_a_link_planted_at_the_lock_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "victim")
    lock = take(str(path))
    assert lock is not None
    lock.release()
    assert not (tmp_path / "victim").exists()
