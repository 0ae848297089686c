"""The picker in a real JupyterLab: with a mouse and by day, with the keyboard alone and by night."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modelfetch.testing import Synthetic

from .lab import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .lab import Lab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

PREPARED = """
import modelfetch as mf

def model(name, *badges, **more):
    return mf.ModelSpec(name, f"org/{name}", display_name=f"Whisper {name}", capabilities=("Speech", *badges), **more)

models = mf.Catalog([
    model("tiny", "Multilingual", description="The quickest", size_bytes=30_000_000, min_ram_bytes=1 << 28),
    model("base", "Multilingual", description="Quick, and better", size_bytes=30_000_000, min_ram_bytes=1 << 28),
    model("small.en", description="Good, for English alone", size_bytes=30_000_000, min_ram_bytes=1 << 28),
    model("locked", "Multilingual", description="Asks for a licence first", size_bytes=78_000_000),
    model("giant", "Multilingual", description="For a machine you do not have", size_bytes=3_090_000_000, min_ram_bytes=1 << 42),
])
mf.download(models["tiny"])
"""
SHOWN = """manager = mf.DownloadManager(catalog=models)
picker = mf.ui.notebook.picker(manager, selected="tiny")
picker"""
SLOW = 3_000_000


@pytest.fixture(autouse=True)
def models(lab: Lab) -> None:
    files = {"model.bin": Synthetic(30_000_000), "config.json": b"{}"}
    for name in ("tiny", "base", "small.en"):
        lab.hub.add_repo(f"org/{name}", files)
    lab.hub.add_repo("org/locked", files, gated="manual")


@pytest.fixture
def night(server: Lab) -> Iterator[None]:
    server.theme("Dark")
    yield
    server.theme("Light")


def opened(lab: Lab) -> None:
    """The picker, with one model downloaded and selected and one failed."""
    lab.open(PREPARED, SHOWN, "picker.selected")
    lab.run(0)
    lab.run(1)
    lab.model("giant").wait_for()
    assert lab.model("giant").evaluate("node => getComputedStyle(node).opacity") == "0.5"
    assert lab.button("download", lab.model("giant")).count() == 0
    lab.hub.bandwidth = SLOW


def icon(lab: Lab, name: str) -> str | None:
    return lab.model(name).get_attribute("data-icon")


def test_a_person_with_a_mouse_downloads_selects_cancels_and_deletes(lab: Lab) -> None:
    opened(lab)
    lab.press(lab.button("download", lab.model("locked")))
    wait_until(lambda: icon(lab, "locked") == "failed", "the refusal of the Hub")

    lab.press(lab.button("download", lab.model("base")))
    above = lab.page.locator(".modelfetch-active [role=progressbar]")
    wait_until(lambda: above.count() and int(above.get_attribute("aria-valuenow") or 0) >= 40, "the download above")
    lab.picture("picker-light", lab.page.locator(".modelfetch-cards"), scale="css")

    lab.press(lab.model("small.en").locator(".modelfetch-title"))
    lab.page.get_by_role("alert").filter(has_text="small.en was not started").wait_for()
    lab.press(lab.button("cancel", lab.page.locator(".modelfetch-active")))
    wait_until(lambda: icon(lab, "base") == "download", "the cancel")

    lab.hub.bandwidth = None
    lab.press(lab.button("download", lab.model("base")))
    wait_until(lambda: icon(lab, "base") == "downloaded", "the download")
    lab.press(lab.model("base").locator(".modelfetch-title"))
    wait_until(lambda: icon(lab, "base") == "selected", "the selection")
    assert icon(lab, "tiny") == "downloaded"

    delete = lab.button("delete", lab.model("tiny"))
    delete.dblclick()
    assert delete.inner_text() == "Really delete?"
    assert icon(lab, "tiny") == "downloaded"
    lab.press(delete)
    wait_until(lambda: icon(lab, "tiny") == "download", "the deletion")

    lab.run(2)
    lab.cell(2).locator(".jp-OutputArea-output").wait_for()
    assert lab.cell(2).locator(".jp-OutputArea-output").inner_text() == "'base'"


@pytest.mark.usefixtures("night")
def test_a_person_with_a_keyboard_does_the_same_in_the_dark(lab: Lab) -> None:
    opened(lab)
    press = lab.page.keyboard.press

    def focused() -> list[str]:
        script = (
            "() => [document.activeElement.dataset.action, document.activeElement.closest('[data-id]')?.dataset.id]"
        )
        return lab.page.evaluate(script)

    lab.button("delete", lab.model("tiny")).focus()
    press("Tab")
    assert focused() == ["download", "base"]
    press("Enter")
    wait_until(lambda: focused() == ["cancel", "base"], "the focus to stay at the card")
    above = lab.page.locator(".modelfetch-active [role=progressbar]")
    wait_until(lambda: above.count() and int(above.get_attribute("aria-valuenow") or 0) >= 40, "the download above")
    lab.picture("picker-dark", lab.page.locator(".modelfetch-cards"), scale="css")
    press("Space")
    wait_until(lambda: focused() == ["download", "base"], "the cancel")

    lab.hub.bandwidth = None
    press("Enter")
    wait_until(lambda: icon(lab, "base") == "downloaded", "the download")
    assert focused() == ["select", "base"]
    press("Enter")
    wait_until(lambda: icon(lab, "base") == "selected", "the selection")
    assert focused() == ["delete", "base"]
    press("Enter")
    assert lab.button("delete", lab.model("base")).inner_text() == "Really delete?"
    press("Enter")
    wait_until(lambda: icon(lab, "base") == "download", "the deletion")
    assert lab.page.locator(".jp-Notebook .jp-CodeCell").count() == 3
