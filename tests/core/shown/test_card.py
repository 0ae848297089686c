"""A card holds all that is drawn of a model, whatever draws it: these are the cards, field by field."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.models.fit import GIB, MachineFacts, judge_fit
from modelfetch.core.models.spec import ModelSpec
from modelfetch.core.shown.card import Action, Icon, model_card, progress_card
from modelfetch.core.shown.states import Downloaded, Downloading, Failed, NotDownloaded, Queued
from modelfetch.core.transfer.progress import DownloadProgress, DownloadStatus
from modelfetch.errors import NetworkError

if TYPE_CHECKING:
    from pathlib import Path

    from modelfetch.core.shown.states import ModelState

SPEC = ModelSpec(
    "large-v3",
    "org/large-v3",
    display_name="Whisper large-v3",
    description="Speech to text",
    capabilities=("Speech", "Multilingual"),
    size_bytes=2_890_000_000,
    min_ram_bytes=8 * GIB,
)
RUNNING = DownloadProgress(
    status=DownloadStatus.DOWNLOADING,
    bytes_downloaded=247_000_000,
    bytes_total=2_890_000_000,
    files_total=4,
    speed=46_500_000.0,
    eta=56.8,
)
HERE = Downloaded(cast("Path", PurePosixPath("/cache")))
ERROR = NetworkError("The Hub cannot be reached. Go online and try again.")

BASE: dict[str, Any] = {
    "id": "large-v3",
    "title": "Whisper large-v3",
    "subtitle": "Speech to text",
    "size_text": "2.89 GB",
    "ram_text": "8 GB RAM",
    "badges": ["Speech", "Multilingual"],
    "icon": "download",
    "fraction": None,
    "percent": None,
    "status_text": "Not downloaded",
    "detail_text": "",
    "reason": "",
    "enabled": True,
    "opacity": 1.0,
    "tap": "download",
    "actions": ["download"],
    "label": "Whisper large-v3, Speech to text, 2.89 GB, Not downloaded",
}
GOLDEN: dict[str, tuple[ModelState, bool, dict[str, Any]]] = {
    "not downloaded": (NotDownloaded(), False, BASE),
    "queued": (
        Queued(1),
        False,
        BASE
        | {
            "icon": "progress",
            "status_text": "Waiting",
            "detail_text": "1 before it",
            "tap": None,
            "actions": ["cancel"],
            "label": "Whisper large-v3, Speech to text, 2.89 GB, Waiting",
        },
    ),
    "downloading": (
        Downloading(RUNNING),
        False,
        BASE
        | {
            "icon": "progress",
            "fraction": 247 / 2890,
            "percent": 8,
            "status_text": "Downloading",
            "detail_text": "247 MB of 2.89 GB · 46.5 MB/s · 57 s left · file 1 of 4",
            "tap": None,
            "actions": ["cancel"],
            "label": "Whisper large-v3, Speech to text, 2.89 GB, Downloading, 8 percent",
        },
    ),
    "downloaded": (
        HERE,
        False,
        BASE
        | {
            "icon": "downloaded",
            "status_text": "Downloaded",
            "tap": "select",
            "actions": ["select", "delete"],
            "label": "Whisper large-v3, Speech to text, 2.89 GB, Downloaded",
        },
    ),
    "selected": (
        HERE,
        True,
        BASE
        | {
            "icon": "selected",
            "status_text": "Selected",
            "tap": "select",
            "actions": ["delete"],
            "label": "Whisper large-v3, Speech to text, 2.89 GB, Selected",
        },
    ),
    "failed": (
        Failed(ERROR, str(ERROR)),
        False,
        BASE
        | {
            "icon": "failed",
            "status_text": "Failed",
            "reason": "The Hub cannot be reached. Go online and try again.",
            "actions": ["retry"],
            "label": "Whisper large-v3, Speech to text, 2.89 GB, Failed, The Hub cannot be reached. Go online and try again",
        },
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_each_state_has_its_card(name: str) -> None:
    state, selected, expected = GOLDEN[name]
    card = model_card(SPEC, state, selected=selected).to_dict()
    assert card == expected
    assert json.loads(json.dumps(card)) == card


def test_what_does_not_fit_is_dimmed_and_disabled_with_the_reason() -> None:
    fit = judge_fit(SPEC, MachineFacts(4 * GIB))
    card = model_card(SPEC, NotDownloaded(), fit=fit).to_dict()
    assert card == BASE | {
        "icon": "unavailable",
        "status_text": "Does not fit",
        "reason": "It requires 8 GB RAM, this machine has 4 GB.",
        "enabled": False,
        "opacity": 0.5,
        "tap": None,
        "actions": [],
        "label": "Whisper large-v3, Speech to text, 2.89 GB, Does not fit, It requires 8 GB RAM, this machine has 4 GB",
    }


def test_a_model_for_which_the_disk_is_too_small_is_disabled_too() -> None:
    fit = judge_fit(SPEC, MachineFacts(16 * GIB, free_storage=GIB))
    card = model_card(SPEC, Failed(ERROR, str(ERROR)), fit=fit)
    assert not card.enabled
    assert card.reason == "Not enough storage: 3.47 GB required, 1.07 GB available."


def test_an_estimate_warns_and_disables_nothing() -> None:
    guessed = replace(SPEC, unverified=("min_ram_bytes", "size_bytes"))
    card = model_card(guessed, NotDownloaded(), fit=judge_fit(guessed, MachineFacts(4 * GIB)))
    assert (card.enabled, card.tap, card.size_text, card.ram_text) == (
        True,
        Action.DOWNLOAD,
        "about 2.89 GB",
        "about 8 GB RAM",
    )
    assert card.reason.startswith("It needs about 8 GB of memory, this machine has 4 GB")


def test_a_model_that_fits_needs_no_reason() -> None:
    assert model_card(SPEC, NotDownloaded(), fit=judge_fit(SPEC, MachineFacts(16 * GIB))).reason == ""


def test_a_failure_is_said_before_a_warning() -> None:
    tight = judge_fit(SPEC, MachineFacts(16 * GIB, 2 * GIB))
    assert model_card(SPEC, Failed(ERROR, "No."), fit=tight).reason == "No."
    assert "close other programs" in model_card(SPEC, HERE, fit=tight).reason


def test_a_spec_that_says_nothing_shows_its_name_alone() -> None:
    card = model_card(ModelSpec("mine", "org/mine"), Queued())
    assert (card.title, card.size_text, card.ram_text, card.detail_text) == ("mine", "", "", "next")


# ------------------------------------------------------------------ one download


@pytest.mark.parametrize(
    ("changes", "icon", "word", "actions"),
    [
        ({"status": DownloadStatus.PENDING}, Icon.PROGRESS, "Preparing", (Action.CANCEL,)),
        ({"status": DownloadStatus.CHECKING}, Icon.PROGRESS, "Checking", (Action.CANCEL,)),
        ({}, Icon.PROGRESS, "Downloading", (Action.CANCEL,)),
        ({"stalled": True}, Icon.PROGRESS, "Stalled", (Action.CANCEL,)),
        ({"status": DownloadStatus.VERIFYING}, Icon.PROGRESS, "Verifying", (Action.CANCEL,)),
        ({"status": DownloadStatus.COMPLETE}, Icon.DOWNLOADED, "Downloaded", ()),
        ({"status": DownloadStatus.CANCELLED}, Icon.DOWNLOAD, "Cancelled", (Action.RETRY,)),
        ({"status": DownloadStatus.ERROR, "message": "No."}, Icon.FAILED, "Failed", (Action.RETRY,)),
    ],
)
def test_a_download_has_a_card_at_every_moment(
    changes: dict[str, Any], icon: Icon, word: str, actions: tuple[Action, ...]
) -> None:
    card = progress_card(replace(RUNNING, **changes), "Whisper")
    assert (card.icon, card.status_text, card.actions, card.tap) == (icon, word, actions, None)
    assert card.fraction == RUNNING.fraction
    assert card.reason == ("No." if icon is Icon.FAILED else "")


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"status": DownloadStatus.CHECKING}, "247 MB of 2.89 GB"),
        ({"speed": 0.0, "eta": None}, "247 MB of 2.89 GB · file 1 of 4"),
        ({"stalled": True}, "247 MB of 2.89 GB · file 1 of 4"),
        ({"stalled": True, "message": "waiting"}, "247 MB of 2.89 GB · waiting · file 1 of 4"),
        ({"status": DownloadStatus.CANCELLED, "message": "A long story."}, "247 MB of 2.89 GB"),
        ({"status": DownloadStatus.ERROR, "error": "NetworkError", "message": "No."}, "247 MB of 2.89 GB"),
    ],
)
def test_the_detail_says_nothing_that_the_status_says(changes: dict[str, Any], detail: str) -> None:
    assert progress_card(replace(RUNNING, **changes), "Whisper").detail_text == detail


def test_before_there_is_a_plan_there_is_no_bar() -> None:
    card = progress_card(DownloadProgress(), "Whisper", id="w")
    assert (card.id, card.fraction, card.percent, card.size_text, card.label) == (
        "w",
        None,
        None,
        "",
        "Whisper, Preparing",
    )


@pytest.mark.parametrize("done", [29, 57, 58, 99, 100])
def test_the_percent_that_is_said_is_the_one_that_is_shown(done: int) -> None:
    progress = replace(RUNNING, bytes_downloaded=done, bytes_total=100)
    card = progress_card(progress, "Whisper")
    assert card.percent == progress.percent == done
    assert card.label == f"Whisper, 100 B, Downloading, {done} percent"


@given(
    status=st.sampled_from(DownloadStatus),
    done=st.integers(0, 10**13),
    more=st.integers(0, 10**13),
    stalled=st.booleans(),
)
def test_a_fraction_never_leaves_the_bar(status: DownloadStatus, done: int, more: int, *, stalled: bool) -> None:
    card = progress_card(DownloadProgress(status, done, done + more, stalled=stalled), "any")
    assert card.fraction is None or 0.0 <= card.fraction <= 1.0
    assert (card.percent is None) == (card.fraction is None)
    assert card.percent is None or (card.percent == 100) == (more == 0)
    assert card.title in card.label
