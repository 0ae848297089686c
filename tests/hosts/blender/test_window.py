"""Debian's Blender 3.4 with a window: what a person sees and clicks, and what Blender does to an add-on meanwhile."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from modelfetch.testing import Synthetic

from .conftest import OTHERS, SIZE, SMALL, WEIGHTS

if TYPE_CHECKING:
    from modelfetch.testing import LocalHub

    from .stage import Blender

pytestmark = [pytest.mark.blender, pytest.mark.timeout(240)]

SLOW = 6_000_000
TRUE_SIZE = 483_546_902
"""Bytes of the real model's weights."""

MOST_TWICE = 16 * 1024 * 1024
"""Bytes that sixteen connections may have had under way, a MiB each, when they were cut."""

PICTURES = os.environ.get("MODELFETCH_SCREENSHOTS")
"""A folder for pictures, where somebody wants them."""

DOWNLOAD = "in_window(bpy.ops.whisper_models.download)"


def picture(blender: Blender, name: str) -> None:
    """Take one for the documentation, when somebody wants that."""
    if PICTURES:
        blender.settle()
        blender.display.picture(Path(PICTURES) / f"blender-{name}.png")


@pytest.fixture
def downloading(blender: Blender, hub: LocalHub) -> Blender:
    """A Blender in which a download is well under way, too slow to end by itself."""
    hub.bandwidth = SLOW
    assert blender.value(DOWNLOAD) == ["RUNNING_MODAL"]
    blender.until("view().percent >= 10")
    return blender


def test_a_person_sees_it_run_cancels_it_with_the_mouse_and_resumes(blender: Blender, hub: LocalHub) -> None:
    hub.add_repo(SMALL, {"model.bin": Synthetic(TRUE_SIZE), **OTHERS})
    size = TRUE_SIZE + SIZE - WEIGHTS
    blender.open_tab()
    picture(blender, "idle")
    hub.bandwidth = size / 10
    assert blender.value(DOWNLOAD) == ["RUNNING_MODAL"]
    blender.until("view().percent >= 30")
    picture(blender, "running")
    assert blender.value("bpy.context.scene.whisper_models.progress >= 30")
    assert blender.value("bpy.context.scene.whisper_models.status") == "Downloading"

    blender.settle()
    blender.click(blender.red_button())

    blender.until("status() == 'cancelled' and not part('runtime').pulse.is_running")
    picture(blender, "cancelled")
    assert "Whisper small: The download was cancelled" in blender.said()
    kept = blender.value("look().run.progress.bytes_downloaded")
    assert size > kept >= 0.3 * size
    hub.wait_until_quiet()

    hub.bandwidth = None
    assert blender.value(DOWNLOAD) == ["RUNNING_MODAL"]
    blender.until("status() == 'complete' and not part('runtime').pulse.is_running")
    picture(blender, "done")
    assert "Whisper small is downloaded and checked" in blender.said()
    assert hub.body_bytes() <= size + MOST_TWICE


def test_the_interface_goes_on_while_it_downloads_at_full_speed(blender: Blender, hub: LocalHub) -> None:
    blender.open_tab()
    blender.run("in_window(bpy.ops.wm.probe)")
    blender.until("len(ticks) >= 100")
    idle = blender.value("ticks_per_second()")

    blender.run("in_window(lambda: bpy.ops.whisper_models.download(model='base'))")
    hub.wait_for_bytes(1)
    blender.run("ticks.clear()")
    blender.until("status() == 'complete'")

    busy, longest = blender.value("[ticks_per_second(), longest_gap()]")
    speed = hub.body_bytes() / 1e6 / blender.value("ticks[-1] - ticks[0]")
    print(f"{busy:.1f} ticks/s at {speed:.0f} MB/s (idle {idle:.1f}), longest gap {longest * 1000:.0f} ms")  # noqa: T201 - a figure, in the log
    assert blender.value("len(ticks)") > 0


def test_a_download_outlives_the_file_that_was_open_and_is_followed_again(downloading: Blender, hub: LocalHub) -> None:
    downloading.run("in_window(bpy.ops.wm.read_homefile)")

    downloading.until("part('runtime').pulse.is_running and look().is_running")
    hub.bandwidth = None

    downloading.until("status() == 'complete' and not part('runtime').pulse.is_running")
    assert "Whisper small is downloaded and checked" in downloading.said()
    assert hub.body_bytes() <= SIZE


def test_disabling_the_add_on_stops_the_download_and_enabling_it_resumes(downloading: Blender, hub: LocalHub) -> None:
    downloading.run("bpy.ops.preferences.addon_disable(module=ADDON)")
    hub.wait_until_quiet()
    assert not downloading.value("part('runtime').pulse.is_running")
    assert hub.body_bytes() < SIZE
    assert downloading.value("threads()") == []

    hub.bandwidth = None
    downloading.run("bpy.ops.preferences.addon_enable(module=ADDON)")
    assert downloading.value(DOWNLOAD) == ["RUNNING_MODAL"]

    downloading.until("status() == 'complete' and not part('runtime').pulse.is_running")
    assert downloading.value("look().run.progress.bytes_reused") > 0


def test_blender_does_not_reload_its_scripts_during_a_download_and_does_afterwards(
    downloading: Blender, hub: LocalHub
) -> None:
    """Blender refuses it while any modal operator runs; what matters is that nothing breaks."""
    refused = downloading.value("refusal(lambda: in_window(bpy.ops.script.reload))")
    assert "running modal operators" in refused
    assert downloading.value("look().is_running")

    downloading.run("in_window(bpy.ops.whisper_models.cancel)")
    downloading.until("not part('runtime').pulse.is_running")
    downloading.run("before = part('runtime').session(); in_window(bpy.ops.script.reload)")
    downloading.until("part('runtime').session() is not before")  # Blender does it when it comes round
    hub.bandwidth = None

    assert downloading.value(DOWNLOAD) == ["RUNNING_MODAL"]
    downloading.until("status() == 'complete' and not part('runtime').pulse.is_running")


def test_a_download_ends_when_the_user_takes_online_access_back(downloading: Blender, hub: LocalHub) -> None:
    """This Blender never asks the user, so the answer is put in the place of where newer ones keep it."""
    downloading.run("part('operators').is_online = lambda: False")

    downloading.until("status() == 'cancelled' and not part('runtime').pulse.is_running")

    hub.wait_until_quiet()
    assert hub.body_bytes() < SIZE


def test_blender_quits_while_it_downloads(downloading: Blender, hub: LocalHub) -> None:
    seconds = downloading.quits_in()
    print(f"quit in {seconds:.1f} s")  # noqa: T201 - the same

    assert downloading.exit_code == 0
    hub.wait_until_quiet()
    assert hub.body_bytes() < SIZE
