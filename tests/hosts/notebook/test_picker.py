"""The picker: models to choose from, what runs above them, and every refusal in words."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch.testing import Stall, Synthetic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from modelfetch.testing import LocalHub

    from .frontend import FrontEnd

SIZE = 1_000_000
MODELS = mf.Catalog(
    [
        mf.ModelSpec("one", "org/one", display_name="Model one", capabilities=("Speech",)),
        mf.ModelSpec("two", "org/two", display_name="Model two"),
        mf.ModelSpec("huge", "org/huge", display_name="Huge", min_ram_bytes=1 << 60),
    ]
)


@pytest.fixture
def manager(hub: LocalHub, tmp_path: Path) -> Iterator[mf.DownloadManager]:
    for name in ("org/one", "org/two", "org/else"):
        hub.add_repo(name, {"model.bin": Synthetic(SIZE), "config.json": b"{}"})
    options: Any = {"catalog": MODELS, "endpoint": hub.endpoint, "cache_dir": tmp_path / "cache", "token": False}
    with mf.DownloadManager(**options) as manager:
        yield manager


def held(hub: LocalHub) -> None:
    hub.inject(Stall(after=SIZE // 2, match="model.bin"))


def test_every_model_of_the_catalog_has_a_card_and_what_does_not_fit_is_dimmed(
    front_end: FrontEnd, manager: mf.DownloadManager
) -> None:
    mf.ui.notebook.picker(manager)
    assert [card["id"] for card in front_end.state["cards"]] == ["one", "two", "huge"]
    huge = front_end.card("huge")
    assert (huge["enabled"], huge["opacity"], huge["actions"], huge["tap"]) == (False, 0.5, [], None)
    assert huge["reason"].startswith("It requires")


def test_a_press_downloads_and_what_runs_is_above_with_a_cancel(
    front_end: FrontEnd, manager: mf.DownloadManager, hub: LocalHub
) -> None:
    held(hub)
    mf.ui.notebook.picker(manager)
    front_end.press("download", "one")
    front_end.wait(lambda: front_end.active and front_end.active[0]["fraction"], "the first bytes")
    assert [card["id"] for card in front_end.active] == ["one"]
    assert front_end.active[0]["actions"] == ["cancel"]

    front_end.press("cancel", "one")
    front_end.wait(lambda: not front_end.active, "the cancel")
    assert front_end.card("one")["status_text"] == "Not downloaded"


def test_what_runs_already_is_above_from_the_start(
    front_end: FrontEnd, manager: mf.DownloadManager, hub: LocalHub
) -> None:
    held(hub)
    manager.start("two")
    mf.ui.notebook.picker(manager)
    assert [card["id"] for card in front_end.active] == ["two"]


def test_while_a_download_runs_only_its_own_card_is_sent(
    front_end: FrontEnd, manager: mf.DownloadManager, hub: LocalHub
) -> None:
    hub.bandwidth = 2 * SIZE
    mf.ui.notebook.picker(manager)
    job = manager.start("one")
    front_end.wait(lambda: front_end.active and front_end.active[0]["fraction"], "the first bytes")
    sent = len(front_end.updates)
    job.result(30)
    running = [update for update in front_end.updates[sent:] if update.get("active")]
    assert running
    assert all(update.keys() == {"active"} for update in running)


def test_a_second_download_is_refused_in_words_that_go_with_the_next_press(
    front_end: FrontEnd, manager: mf.DownloadManager, hub: LocalHub
) -> None:
    held(hub)
    mf.ui.notebook.picker(manager)
    front_end.press("download", "one")
    front_end.press("download", "two")
    assert front_end.state["notice"].startswith("two was not started, because one is being downloaded.")
    front_end.press("cancel", "one")
    assert front_end.state["notice"] == ""


def test_a_refusal_that_the_card_itself_says_is_said_once(front_end: FrontEnd, manager: mf.DownloadManager) -> None:
    mf.ui.notebook.picker(manager)
    front_end.press("download", "no such model")
    assert "no such model" in front_end.state["notice"]


def test_a_selection_is_remembered_shown_and_told(front_end: FrontEnd, manager: mf.DownloadManager) -> None:
    for name in ("one", "two"):
        manager.start(name).result(30)
    chosen: list[str] = []
    picker = mf.ui.notebook.picker(manager, selected="one", on_select=chosen.append)
    assert (front_end.card("one")["icon"], front_end.card("two")["icon"]) == ("selected", "downloaded")

    front_end.press("select", "two")
    assert (picker.selected, chosen) == ("two", ["two"])
    assert (front_end.card("one")["icon"], front_end.card("two")["icon"]) == ("downloaded", "selected")


def test_a_host_that_raises_when_it_is_told_is_shown_and_nothing_else_breaks(
    front_end: FrontEnd, manager: mf.DownloadManager
) -> None:
    def broken(_: str) -> None:
        message = "no such microphone"
        raise OSError(message)

    manager.start("one").result(30)
    mf.ui.notebook.picker(manager, on_select=broken)
    front_end.press("select", "one")
    assert front_end.state["notice"] == "OSError: no such microphone"
    assert front_end.card("one")["icon"] == "selected"


def test_what_is_deleted_is_not_downloaded_and_not_selected_any_more(
    front_end: FrontEnd, manager: mf.DownloadManager
) -> None:
    manager.start("one").result(30)
    picker = mf.ui.notebook.picker(manager, selected="one")
    front_end.press("delete", "one")
    assert picker.selected is None
    assert front_end.card("one")["status_text"] == "Not downloaded"
    assert manager.state("one") == mf.NotDownloaded()


def test_a_failure_is_on_the_card_with_another_try(
    front_end: FrontEnd, manager: mf.DownloadManager, hub: LocalHub
) -> None:
    hub.add_repo("org/one", {"model.bin": Synthetic(SIZE)}, gated="manual")
    mf.ui.notebook.picker(manager)
    front_end.press("download", "one")
    front_end.wait(lambda: front_end.card("one")["icon"] == "failed", "the failure")
    assert front_end.card("one")["reason"]
    assert front_end.card("one")["actions"] == ["retry"]

    hub.add_repo("org/one", {"model.bin": Synthetic(SIZE)})
    front_end.press("retry", "one")
    front_end.wait(lambda: front_end.card("one")["icon"] == "downloaded", "another try")


def test_a_download_that_is_not_in_the_catalog_is_above_and_can_be_cancelled(
    front_end: FrontEnd, manager: mf.DownloadManager, hub: LocalHub
) -> None:
    held(hub)
    mf.ui.notebook.picker(manager)
    job = manager.start("org/else")
    front_end.wait(lambda: front_end.active, "its card")
    assert front_end.active[0]["title"] == "org/else"
    front_end.press("cancel", "org/else")
    assert isinstance(job.exception(10), mf.DownloadCancelled)
    assert front_end.active == []


def test_many_changes_at_once_are_few_messages_and_the_last_one_is_shown(
    front_end: FrontEnd, manager: mf.DownloadManager
) -> None:
    picker = mf.ui.notebook.picker(manager)
    sent, clock = len(front_end.updates), mf.ui.notebook_widget.time.monotonic
    started = clock()
    for count in range(3_000):
        picker._changed("elsewhere", mf.Downloading(mf.DownloadProgress(bytes_downloaded=count, bytes_total=2_999)))
    front_end.wait(lambda: front_end.active[0]["fraction"] == 1.0, "the last one")
    assert len(front_end.updates) - sent <= (clock() - started) / 0.1 + 3


def test_presses_from_several_threads_are_each_dealt_with(front_end: FrontEnd, manager: mf.DownloadManager) -> None:
    mf.ui.notebook.picker(manager)
    threads = [threading.Thread(target=front_end.press, args=("cancel", name)) for name in ("one", "two", "huge") * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert front_end.state["notice"] == ""
    assert [card["id"] for card in front_end.state["cards"]] == ["one", "two", "huge"]
