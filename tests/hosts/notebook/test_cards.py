"""A card in a notebook shows what is, hands over what is pressed, and hurts nobody."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch.core.shown.card import progress_card
from modelfetch.core.transfer.progress import DownloadProgress, DownloadStatus
from modelfetch.testing import Stall, Synthetic
from modelfetch.ui.notebook_still import card_html

from .frontend import fed, looks

if TYPE_CHECKING:
    from pathlib import Path

    from modelfetch.testing import LocalHub

    from .frontend import FrontEnd

REPO = "org/model"
SIZE = 2_000_000
RUNNING = DownloadProgress(DownloadStatus.DOWNLOADING, 290, 1000, files_total=1, speed=10.0, eta=71.0, seq=1)


@pytest.fixture
def options(hub: LocalHub, tmp_path: Path) -> dict[str, Any]:
    hub.add_repo(REPO, {"model.bin": Synthetic(SIZE), "config.json": b"{}"})
    return {"endpoint": hub.endpoint, "cache_dir": tmp_path / "cache", "token": False}


def test_a_running_download_is_one_card_with_a_cancel_and_no_other_button(
    front_end: FrontEnd, hub: LocalHub, options: dict[str, Any]
) -> None:
    hub.inject(Stall(after=SIZE // 2, match="model.bin"))
    job = mf.start_download(REPO, **options)
    mf.ui.notebook.show(job)
    front_end.wait(lambda: front_end.active[0]["fraction"], "the first bytes")

    [card] = front_end.active
    assert (card["title"], card["icon"], card["status_text"], card["actions"], card["tap"]) == (
        REPO,
        "progress",
        "Downloading",
        ["cancel"],
        None,
    )
    assert front_end.state["cards"] == []
    job.cancel()


def test_a_press_on_cancel_ends_the_download_and_the_card_has_no_button_left(
    front_end: FrontEnd, hub: LocalHub, options: dict[str, Any]
) -> None:
    hub.inject(Stall(after=SIZE // 2, match="model.bin"))
    job = mf.start_download(REPO, **options)
    mf.ui.notebook.show(job, "The model")
    front_end.press("cancel", "The model")

    assert isinstance(job.exception(10), mf.DownloadCancelled)
    [card] = front_end.active
    assert (card["title"], card["status_text"], card["actions"]) == ("The model", "Cancelled", [])


def test_what_is_no_press_is_left_alone(front_end: FrontEnd) -> None:
    gate = threading.Event()
    job = mf.DownloadJob(lambda _: gate.wait(10))
    mf.ui.notebook.show(job.start())
    for action in ("download", "delete", "no such thing", ""):
        front_end.press(action, "any")
    assert not job.done()
    job.cancel()
    gate.set()


def test_the_end_is_drawn_before_the_result_is_there(front_end: FrontEnd, options: dict[str, Any]) -> None:
    job = mf.start_download(REPO, **options)
    mf.ui.notebook.show(job)
    job.result(30)
    assert (front_end.active[0]["status_text"], front_end.active[0]["fraction"]) == ("Downloaded", 1.0)


def test_a_download_that_failed_says_why(front_end: FrontEnd, options: dict[str, Any]) -> None:
    job = mf.start_download("org/nothing", **options)
    mf.ui.notebook.show(job)
    error = job.exception(30)
    [card] = front_end.active
    assert (card["icon"], card["reason"], card["actions"]) == ("failed", str(error), [])


def test_a_front_end_that_is_gone_does_not_hurt_the_download(front_end: FrontEnd, options: dict[str, Any]) -> None:
    job = mf.start_download(REPO, **options)
    mf.ui.notebook.show(job)
    front_end.is_gone = True
    assert job.result(30).path.is_dir()


def test_a_bar_that_cannot_be_drawn_does_not_hurt_the_download(front_end: FrontEnd, options: dict[str, Any]) -> None:
    bar = mf.ui.notebook.bar()
    front_end.is_gone = True
    assert mf.download(REPO, progress=bar, **options).path.is_dir()


def test_a_bar_follows_to_the_end_without_a_button_and_may_be_used_again(front_end: FrontEnd) -> None:
    bar = mf.ui.notebook.bar("The model")
    for _ in range(2):
        bar(RUNNING)
        assert [front_end.active[0][name] for name in ("fraction", "percent", "actions")] == [0.29, 29, []]
        bar(replace(RUNNING, status=DownloadStatus.COMPLETE, bytes_downloaded=1000))
        assert front_end.active[0]["status_text"] == "Downloaded"
    assert len(front_end.messages) - len(front_end.updates) == 2 * len(("layout", "cards"))


# ------------------------------------------------------------------ how often


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_ten_minutes_of_fifty_looks_a_second_are_ten_messages_a_second(front_end: FrontEnd) -> None:
    bar, clock = mf.ui.notebook.bar(), Clock()
    bar._pace._clock = clock
    for progress in looks(30_000):
        bar(progress)
        clock.now += 0.02
    bar(DownloadProgress(DownloadStatus.COMPLETE, 1, 1))
    assert 5_900 <= len(front_end.updates) <= 6_003
    assert front_end.active[0]["status_text"] == "Downloaded"


def test_who_keeps_the_interval_himself_is_never_held_back(front_end: FrontEnd) -> None:
    bar, clock = mf.ui.notebook.bar(), Clock()
    bar._pace._clock = clock
    for number, progress in enumerate(looks(100)):
        bar(progress)
        clock.now = 1000.0 + (number + 1) * 0.1 + (0.004 if number % 2 else 0.0)
    assert len(front_end.updates) == 100


def test_thirty_thousand_looks_as_fast_as_they_come_are_few_messages_and_the_last_is_the_end(
    front_end: FrontEnd,
) -> None:
    job = fed(30_000)
    mf.ui.notebook.show(job)
    started = mf.ui.notebook_widget.time.monotonic()
    job.start().result(60)
    seconds = mf.ui.notebook_widget.time.monotonic() - started
    assert len(front_end.updates) <= seconds / 0.1 + 4
    assert front_end.active[0]["status_text"] == "Downloaded"


# ------------------------------------------------------------------ what is kept


def test_what_is_kept_is_markup_in_which_no_text_is_markup() -> None:
    failed = replace(RUNNING, status=DownloadStatus.ERROR, message='<script>"&')
    html = card_html(progress_card(failed, "<b>"), "p{}")
    assert "<script>" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;&quot;&amp;" in html
    assert html.startswith("<style>p{}</style>")


@pytest.mark.parametrize(("done", "text"), [(29, "29%"), (1, "1%"), (100, "100%"), (0, "0%")])
def test_percent_is_rounded_down_and_no_rounding_takes_one_off(done: int, text: str) -> None:
    progress = replace(RUNNING, bytes_downloaded=done * 10**10, bytes_total=10**12)
    assert f">{text}<" in card_html(progress_card(progress, "any"), "")
    assert ">99%<" in card_html(progress_card(replace(progress, bytes_downloaded=10**12 - 1), "any"), "")


def test_what_is_kept_of_a_card_without_a_plan_has_no_bar() -> None:
    assert "progressbar" not in card_html(progress_card(DownloadProgress(DownloadStatus.CANCELLED), "any"), "")
