"""One download in a real JupyterLab, in a real Chromium: watched, cancelled with a mouse, interrupted, failed, done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modelfetch.testing import Forbidden, Synthetic

from .lab import wait_until

if TYPE_CHECKING:
    from .lab import Lab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

REPO = "Systran/faster-whisper-tiny"
SLOW = {"model.bin": Synthetic(75_000_000), "config.json": b"{}", "tokenizer.json": b"{ }", "vocabulary.txt": b"a"}
SPEED = 4_000_000

RETURNED = 'import modelfetch as mf\n\njob = mf.start_download("tiny")\njob'
AWAITED = 'import modelfetch as mf\n\njob = mf.start_download("tiny")\ndisplay(job)\nresult = await job'
BLOCKING = 'import modelfetch as mf\n\nresult = mf.download("tiny", progress=mf.ui.notebook.bar("Whisper tiny"))'
WAITED_FOR = 'import modelfetch as mf\n\njob = mf.start_download("tiny")\ndisplay(job)\nresult = job.result()'

ENDLESS = """
import itertools, threading, time
import modelfetch as mf

class Endless:
    name, presses = "Endless", 0
    looks = (mf.DownloadProgress(mf.DownloadStatus.DOWNLOADING, n, 10**6, seq=n) for n in itertools.count())

    def snapshot(self):
        return next(self.looks)

    def cancel(self, discard=False):
        self.presses += 1

    def subscribe(self, fn, *, interval):
        def run():
            while True:
                fn(self.snapshot())
                time.sleep(interval)
        threading.Thread(target=run, daemon=True).start()

endless = Endless()
mf.ui.notebook.show(endless)
"""

FLOOD = """
import time
import modelfetch as mf

def work(job):
    job.begin(look(0))
    until = time.monotonic() + 3
    for n in range(30_000):
        job.show(look(n))
        if n % 500 == 0:
            time.sleep(0.05)
    return mf.DownloadResult(None, "", (), 0, 0, 0.0, look(30_000, mf.DownloadStatus.COMPLETE))

def look(n, status=mf.DownloadStatus.DOWNLOADING):
    return mf.DownloadProgress(status, n, 30_000, files_total=1, seq=n)

job = mf.DownloadJob(work, name="Flood").start()
job
"""


def value(lab: Lab) -> int:
    """Where the bar stands."""
    return int(lab.page.get_by_role("progressbar", name="Whisper tiny").get_attribute("aria-valuenow") or 0)


@pytest.fixture
def slow(lab: Lab) -> None:
    lab.hub.add_repo(REPO, SLOW)
    lab.hub.bandwidth = SPEED


@pytest.mark.usefixtures("slow")
def test_a_press_of_a_moment_cancels_a_download_whose_cell_has_returned(lab: Lab) -> None:
    lab.page.emulate_media(reduced_motion="reduce")
    lab.open(RETURNED)
    lab.run(0)
    wait_until(lambda: lab.card("progress").count() and value(lab) >= 38, "the bar to move")
    card = lab.card("progress")
    label = card.get_attribute("aria-label")
    assert label is not None
    assert label.startswith("Whisper tiny, 75.0 MB, Downloading, ")
    assert lab.page.get_by_role("progressbar", name="Whisper tiny").count() == 1
    assert card.locator(".modelfetch-icon").evaluate("node => getComputedStyle(node).animationName") == "none"
    lab.picture("notebook-running", lab.cell(0))
    button = lab.page.get_by_role("button", name="Cancel Whisper tiny")
    assert button.inner_text() == "Cancel"

    before = len(lab.updates)
    pressed = lab.press(button)
    lab.card("download").wait_for()
    lab.tell("from the press to the cancelled card", pressed)

    assert before > 0
    assert lab.page.locator("#modelfetch-announcer").inner_text() == "Whisper tiny: Cancelled"
    assert lab.button("cancel").count() == 0
    lab.picture("notebook-cancelled", lab.cell(0))
    [kept] = lab.saved()
    assert "cancelled" in kept["data"]["text/plain"]
    lab.show()
    assert lab.card("download").locator(".modelfetch-status").inner_text() == "Cancelled"


@pytest.mark.usefixtures("slow")
def test_a_press_cancels_a_download_that_a_cell_awaits(lab: Lab) -> None:
    lab.open(AWAITED)
    lab.run(0)
    wait_until(lambda: lab.card("progress").count() and value(lab), "the bar to move")
    pressed = lab.press(lab.button("cancel"))
    lab.page.get_by_text("DownloadCancelled").first.wait_for()
    lab.tell("from the press to the error of the cell that awaits", pressed)
    lab.card("download").wait_for()


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("cell", [BLOCKING, WAITED_FOR], ids=["download", "result"])
def test_an_interrupt_cancels_a_download_that_blocks_its_cell(lab: Lab, cell: str) -> None:
    lab.open(cell)
    lab.run(0)
    wait_until(lambda: lab.card("progress").count() and value(lab) >= 2, "the bar to move while the cell blocks")
    lab.interrupt()
    lab.page.get_by_text("KeyboardInterrupt").first.wait_for()
    lab.card("download").wait_for()
    assert lab.page.locator(".modelfetch-status").inner_text() == "Cancelled"


@pytest.mark.usefixtures("slow")
def test_a_download_that_failed_says_why_in_the_notebook(lab: Lab) -> None:
    lab.open(RETURNED)
    lab.run(0)
    wait_until(lambda: lab.card("progress").count() and value(lab) >= 38, "the bar to move")
    lab.hub.inject(Forbidden(times=None))
    with lab.hub.unreachable():
        pass  # connections are cut, and on the next ones the Hub says no
    lab.card("failed").wait_for()
    assert lab.card("failed").locator(".modelfetch-reason").inner_text()
    lab.picture("notebook-failed", lab.cell(0))


def test_what_was_downloaded_is_said_in_the_file_and_is_there_without_a_kernel(lab: Lab) -> None:
    lab.hub.add_repo(REPO, SLOW)
    lab.open(RETURNED)
    lab.run(0)
    lab.card("downloaded").wait_for()
    lab.picture("notebook-done", lab.cell(0))
    [kept] = lab.saved()
    assert kept["data"]["text/plain"] == "Whisper tiny: 100% · 75.0 MB of 75.0 MB · done"
    lab.show()
    lab.card("downloaded").wait_for()


def test_of_eight_presses_while_updates_stream_each_one_arrives(lab: Lab) -> None:
    lab.open(ENDLESS, "endless.presses")
    lab.run(0)
    lab.button("cancel").wait_for()
    for _ in range(8):
        lab.press(lab.button("cancel"))
    lab.run(1)
    lab.cell(1).locator(".jp-OutputArea-output").wait_for()
    assert lab.cell(1).locator(".jp-OutputArea-output").inner_text().strip() == "8"


def test_thirty_thousand_looks_stay_under_the_server_s_limit_and_the_end_is_shown(lab: Lab) -> None:
    lab.open(FLOOD)
    lab.run(0)
    lab.card("downloaded").wait_for()
    lab.tell("30,000 looks", lab.updates[0], lab.updates[-1])
    assert len(lab.updates) <= 10 * (lab.updates[-1] - lab.updates[0]) + 5
    assert "100%" in lab.card("downloaded").inner_text()
