"""What the panel shows, without Blender: views of looks, and the layout calls that a view becomes."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Addon

NEEDS_A_LOT = "It requires 8 GB RAM, this machine has 4 GB."


def look(addon: Addon, run: Any = None, **of_small: Any) -> Any:
    """A look at a cache in which nothing is, but for what is said of the model "small"."""
    model_card = importlib_card(addon).model_card
    cards = [model_card(spec, addon.mf.NotDownloaded()) for spec in addon.models.MODELS.values()]
    changed = tuple(replace(card, **of_small) if card.id == "small" else card for card in cards)
    return addon.session.Look(cards=changed, run=run)


def importlib_card(addon: Addon) -> Any:
    from importlib import import_module

    return import_module(addon.mf.__name__ + ".core.shown.card")


def run(addon: Addon, status: str, **progress: Any) -> Any:
    """A download of "small" that has got this far."""
    known = {"bytes_downloaded": 121_000_000, "bytes_total": 484_000_000, **progress}
    return addon.session.Run("small", addon.mf.DownloadProgress(status=addon.mf.DownloadStatus(status), **known))


def shown(addon: Addon, seen: Any, *, chosen: str = "small", is_online: bool = True) -> Any:
    return addon.view.panel_view(seen, chosen, is_online=is_online)


def test_the_size_and_the_memory_are_shown_before_anything_is_downloaded(addon: Addon) -> None:
    view = shown(addon, look(addon))

    assert view.facts.startswith("484 MB · 671 MB RAM · Speech")
    assert (view.status, view.download, view.refusal) == ("Not downloaded", "Download (484 MB)", "")
    assert view.bar is None
    assert not view.is_running


def test_a_model_that_does_not_fit_cannot_be_downloaded_and_says_why(addon: Addon) -> None:
    unavailable = importlib_card(addon).Icon.UNAVAILABLE

    view = shown(addon, look(addon, enabled=False, reason=NEEDS_A_LOT, icon=unavailable, status_text="Does not fit"))

    assert (view.refusal, view.lines, view.icon) == (NEEDS_A_LOT, (NEEDS_A_LOT,), "CANCEL")


def test_without_online_access_the_button_is_off_and_says_where_to_allow_it(addon: Addon) -> None:
    view = shown(addon, look(addon), is_online=False)

    assert view.download
    assert "Preferences > System > Network" in view.refusal


def test_a_running_download_shows_how_far_it_is_and_offers_no_second_one(addon: Addon) -> None:
    view = shown(addon, look(addon, run(addon, "downloading", speed=46_500_000.0, eta=7.0, files_total=4)))

    assert (view.bar, view.percent, view.status, view.is_running) == (0.25, 25, "Downloading", True)
    assert view.detail == "121 MB of 484 MB · 46.5 MB/s · 7 s left · file 1 of 4"
    assert view.download == ""


def test_a_running_download_stays_in_sight_in_a_scene_that_chose_another_model(addon: Addon) -> None:
    view = shown(addon, look(addon, run(addon, "downloading")), chosen="tiny")

    assert (view.model, view.is_running) == ("small", True)


def test_after_a_cancel_it_offers_to_resume_and_shows_what_is_kept(addon: Addon) -> None:
    view = shown(addon, look(addon, run(addon, "cancelled")))

    assert (view.status, view.bar, view.download) == ("Cancelled", 0.25, "Resume")


def test_after_a_cancel_another_choice_shows_that_other_model(addon: Addon) -> None:
    assert shown(addon, look(addon, run(addon, "cancelled")), chosen="tiny").status == "Not downloaded"


def test_a_failure_shows_its_message_and_offers_to_try_again(addon: Addon) -> None:
    view = shown(addon, look(addon, run(addon, "error", error="NetworkError", message="The Hub is away.")))

    assert (view.icon, view.lines, view.download) == ("ERROR", ("The Hub is away.",), "Try Again")


def test_a_download_that_is_complete_is_shown_as_the_cache_has_it(addon: Addon) -> None:
    card = importlib_card(addon)
    there = {
        "icon": card.Icon.DOWNLOADED,
        "actions": (card.Action.SELECT, card.Action.DELETE),
        "status_text": "Downloaded",
    }

    view = shown(addon, look(addon, run(addon, "complete"), **there))

    assert (view.status, view.bar, view.download, view.is_downloaded) == ("Downloaded", None, "", True)


@pytest.mark.parametrize(("status", "level"), [("complete", "INFO"), ("cancelled", "INFO"), ("error", "ERROR")])
def test_every_end_is_reported(addon: Addon, status: str, level: str) -> None:
    report = addon.view.ending(run(addon, status, message="What was fetched is kept."))

    assert report.level == level
    assert report.text.startswith("Whisper small")


def test_the_menu_lists_every_repo_once_with_its_size(addon: Addon) -> None:
    items = addon.view.menu(look(addon))

    assert ("small", "small · 484 MB") in [item[:2] for item in items]
    assert "large" not in [item[0] for item in items]
    assert [item[4] for item in items] == list(range(17))


def test_the_tooltip_of_a_model_says_whether_it_fits(addon: Addon) -> None:
    tips = {item[0]: item[2] for item in addon.view.menu(look(addon, reason=NEEDS_A_LOT))}

    assert NEEDS_A_LOT.rstrip(".") in tips["small"]


@pytest.mark.parametrize("columns", [8, 20, 33])
def test_no_line_is_wider_than_the_panel_and_no_word_is_lost(addon: Addon, columns: int) -> None:
    text = "121 MB of 484 MB · 46.5 MB/s · 7 s left · file 1 of 4"

    lines = addon.view.folded(text, columns)

    assert max(map(len, lines)) <= columns
    assert " ".join(lines).replace("· ", "").split() == text.replace("· ", "").split()


def test_a_look_and_a_view_cannot_be_changed(addon: Addon) -> None:
    seen = look(addon)
    with pytest.raises(FrozenInstanceError):
        seen.run = None
    with pytest.raises(FrozenInstanceError):
        shown(addon, seen).status = "something else"


class Layout:
    """Writes down what Blender would be asked to draw."""

    def __init__(self, drawn: list[tuple[str, str]]) -> None:
        self.drawn = drawn

    def row(self, **_: object) -> Layout:
        return type(self)(self.drawn)

    column = box = row

    def label(self, *, text: str, **_: object) -> None:
        self.drawn.append(("label", text))

    def separator(self) -> None:
        self.drawn.append(("separator", ""))

    def prop(self, _settings: object, name: str, **_: object) -> None:
        self.drawn.append(("prop", name))

    def operator(self, name: str, **_: object) -> Layout:
        self.drawn.append(("operator", name.removeprefix("whisper_models.")))
        return self


class NewerLayout(Layout):
    """The same, of a Blender that has progress bars."""

    def progress(self, *, text: str, **_: object) -> None:
        self.drawn.append(("progress", text))


def drawn(addon: Addon, seen: Any, layout: type[Layout] = Layout) -> list[tuple[str, str]]:
    calls: list[tuple[str, str]] = []
    addon.drawing.draw(layout(calls), object(), shown(addon, seen), 30)
    return calls


def test_there_is_a_download_button_or_a_cancel_button_and_never_both(addon: Addon) -> None:
    buttons = [name for kind, name in drawn(addon, look(addon)) if kind == "operator"]
    running = [name for kind, name in drawn(addon, look(addon, run(addon, "downloading"))) if kind == "operator"]

    assert buttons == ["refresh", "download"]
    assert running == ["refresh", "cancel"]


def test_where_blender_has_no_progress_bar_a_slider_shows_it(addon: Addon) -> None:
    seen = look(addon, run(addon, "downloading"))

    assert ("prop", "progress") in drawn(addon, seen)
    assert ("progress", "25%") in drawn(addon, seen, NewerLayout)
    assert ("prop", "progress") not in drawn(addon, seen, NewerLayout)
