"""Over many downloads there is a bar for each, and each ends as its download ended."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch.testing import LocalHub, Reset, Stall, Status, Synthetic
from modelfetch.ui.many import Bar, Bars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

NAMES = ("org/one", "org/two")
SIZE = 2_000_000


class Drawn(Bar):
    """A bar that remembers what it was shown."""

    def __init__(self) -> None:
        self.shown: list[mf.DownloadProgress] = []
        self.closed = False

    def __call__(self, progress: mf.DownloadProgress) -> None:
        assert not self.closed
        self.shown.append(progress)

    def close(self) -> None:
        self.closed = True


class Wall:
    """The bars that were made, by the models' names."""

    def __init__(self) -> None:
        self.bars: dict[str, Drawn] = {}

    def __call__(self, name: str) -> Drawn:
        assert name not in self.bars
        self.bars[name] = Drawn()
        return self.bars[name]

    def last(self, name: str) -> mf.DownloadProgress:
        return self.bars[name].shown[-1]


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    with LocalHub() as hub:
        for name in NAMES:
            hub.add_repo(name, {"model.bin": Synthetic(SIZE)})
        yield hub


@pytest.fixture
def manager(hub: LocalHub, tmp_path: Path) -> Iterator[mf.DownloadManager]:
    with mf.DownloadManager(queue=True, endpoint=hub.endpoint, cache_dir=tmp_path, token=False) as manager:
        yield manager


def test_each_download_has_a_bar_that_ends_where_it_ended(manager: mf.DownloadManager) -> None:
    wall = Wall()
    with Bars(manager, wall):
        for job in [manager.start(name) for name in NAMES]:
            job.result()
    assert sorted(wall.bars) == sorted(NAMES)
    assert {wall.last(name).status for name in NAMES} == {mf.DownloadStatus.COMPLETE}
    assert {wall.last(name).percent for name in NAMES} == {100}


def test_a_cancel_is_shown_as_one(hub: LocalHub, manager: mf.DownloadManager) -> None:
    hub.inject(Stall(after=SIZE // 2, times=None))
    wall = Wall()
    with Bars(manager, wall):
        job = manager.start(NAMES[0])
        hub.wait_for_bytes(SIZE // 2)
        manager.cancel(NAMES[0])
        assert isinstance(job.exception(), mf.DownloadCancelled)
    assert wall.last(NAMES[0]).status is mf.DownloadStatus.CANCELLED


@pytest.mark.parametrize("fails", [False, True])
def test_an_update_that_ends_early_is_not_shown_as_the_older_version_that_stays(
    hub: LocalHub, manager: mf.DownloadManager, *, fails: bool
) -> None:
    older = manager.start(NAMES[0]).result()
    hub.add_repo(NAMES[0], {"model.bin": Synthetic(SIZE, seed=7)})
    faults = [Reset(after=SIZE // 2), Status(404, times=None)] if fails else [Stall(after=SIZE // 2, times=None)]
    for fault in faults:
        hub.inject(replace(fault, where="cdn"))
    wall = Wall()
    with Bars(manager, wall):
        job = manager.start(NAMES[0])
        if not fails:
            hub.wait_for_bytes(SIZE + SIZE // 2)
            manager.cancel(NAMES[0])
        error = job.exception()
    assert manager.state(NAMES[0]) == mf.Downloaded(older.path)
    last = wall.last(NAMES[0])
    assert last == job.snapshot()
    assert last.status is (mf.DownloadStatus.ERROR if fails else mf.DownloadStatus.CANCELLED)
    assert last.bytes_downloaded < last.bytes_total
    assert last.error == (type(error).__name__ if fails else None)


def test_a_failure_is_named(hub: LocalHub, manager: mf.DownloadManager) -> None:
    hub.add_repo("org/gated", {"model.bin": Synthetic(SIZE)}, gated="manual")
    wall = Wall()
    with Bars(manager, wall):
        assert manager.start("org/gated").exception() is not None
    assert wall.last("org/gated").error in {"AccessError", "AuthenticationError", "GatedModelError"}


def test_afterwards_every_bar_is_closed_and_nothing_more_is_drawn(manager: mf.DownloadManager) -> None:
    wall = Wall()
    with Bars(manager, wall):
        manager.start(NAMES[0]).result()
    manager.start(NAMES[1]).result()
    assert [name for name, bar in wall.bars.items() if bar.closed] == [NAMES[0]]


def test_a_model_that_is_only_looked_at_gets_no_bar(manager: mf.DownloadManager) -> None:
    wall = Wall()
    with Bars(manager, wall):
        manager.state(NAMES[0])
        manager.remove(NAMES[0])
    assert wall.bars == {}


@pytest.mark.parametrize("kind", ["tqdm", "rich"])
def test_where_there_is_no_terminal_nothing_is_written(
    kind: str, manager: mf.DownloadManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with getattr(mf.ui, kind).bars(manager):
        manager.start(NAMES[0]).result()
    assert sys.stderr.getvalue() == ""


@pytest.mark.parametrize("name", ["total", "initial", "iterable", "desc"])
def test_what_the_downloads_say_cannot_be_said_for_them(name: str, manager: mf.DownloadManager) -> None:
    options: dict[str, Any] = {name: 1}
    with pytest.raises(TypeError, match=name):
        mf.ui.tqdm.bars(manager, **options)


TWICE_AND_TWO = """
import sys
import modelfetch as mf

kind, endpoint, cache = sys.argv[1:]
options = {"endpoint": endpoint, "cache_dir": cache, "token": False}
mf.download("org/two", progress=getattr(mf.ui, kind).bar(), **options)
with mf.DownloadManager(max_active=2, **options) as manager, getattr(mf.ui, kind).bars(manager):
    for job in [manager.start(name) for name in ("org/one", "org/three")]:
        job.result()
print("end")
"""


if sys.platform != "win32":  # it has no pseudo-terminals

    @pytest.mark.parametrize(("kind", "full"), [("tqdm", "|██████████|"), ("rich", "━" * 20)])
    def test_on_a_terminal_every_download_keeps_its_line(
        kind: str,
        full: str,
        hub: LocalHub,
        tmp_path: Path,
        seen_on_a_terminal: Callable[[str, Sequence[str]], list[str]],
    ) -> None:
        hub.bandwidth = 4_000_000
        hub.add_repo("org/three", {"model.bin": Synthetic(SIZE // 2)})

        lines = seen_on_a_terminal(TWICE_AND_TWO, [kind, hub.endpoint, str(tmp_path)])

        assert lines[0] == f"{full} 100% · 2.00 MB of 2.00 MB · done"
        assert sorted(lines[1:3]) == [
            f"{full} org/one  100% · 2.00 MB of 2.00 MB · done",
            f"{full} org/three  100% · 1.00 MB of 1.00 MB · done",
        ]
        assert lines[3:] == ["end"]
