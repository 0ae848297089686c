"""What a notebook file keeps when nobody looks: run without a front end, it ends with the truth in text and HTML."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient

from modelfetch.testing import LocalHub, Stall, Synthetic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZE = 3_000_000
SETUP = """
import sys
assert sys.executable == {python!r}
import modelfetch as mf
options = {{"endpoint": {endpoint!r}, "cache_dir": {cache!r}, "token": False}}
"""


class Notebook:
    """Runs cells and keeps what they leave."""

    def __init__(self, setup: str) -> None:
        self._setup = setup

    def outputs(self, *cells: str) -> list[list[dict[str, Any]]]:
        """The outputs of each cell."""
        sources = (self._setup, *cells)
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
        NotebookClient(notebook, timeout=90, allow_errors=True, kernel_name="python3").execute()
        return [cell.outputs for cell in notebook.cells[1:]]


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    with LocalHub(bandwidth=2 * SIZE) as hub:
        hub.add_repo("org/model", {"model.bin": Synthetic(SIZE), "config.json": b"{}"})
        yield hub


@pytest.fixture
def notebook(hub: LocalHub, tmp_path: Path, fresh_home: Path) -> Notebook:
    fresh_home.mkdir()  # a kernel's client wants to write there
    return Notebook(SETUP.format(python=sys.executable, endpoint=hub.endpoint, cache=str(tmp_path / "cache")))


def kept(output: dict[str, Any]) -> str:
    """The text that is kept, of an output that needs no widget any more."""
    assert output["data"].keys() == {"text/plain", "text/html"}
    return output["data"]["text/plain"]


def test_a_cell_that_returned_a_job_keeps_the_end_of_it_wherever_it_was_shown(notebook: Notebook) -> None:
    first, second, third = notebook.outputs(
        "job = mf.start_download('org/model', **options)\njob",
        "job.result().commit",
        "display(job)",
    )
    assert [kept(output) for output in (*first, *third)] == ["org/model: 100% · 3.00 MB of 3.00 MB · done"] * 2
    assert 'data-icon="downloaded"' in first[0]["data"]["text/html"]
    assert [output["output_type"] for output in second] == ["execute_result"]


def test_an_awaited_job_keeps_the_end_of_it(notebook: Notebook) -> None:
    [[card, result]] = notebook.outputs(
        "job = mf.start_download('org/model', **options)\ndisplay(job)\n(await job).bytes_transferred"
    )
    assert kept(card).endswith("done")
    assert int(result["data"]["text/plain"]) >= SIZE


def test_a_blocking_download_keeps_the_end_of_it(notebook: Notebook) -> None:
    [[card]] = notebook.outputs("result = mf.download('org/model', progress=mf.ui.notebook.bar('Model'), **options)")
    assert kept(card) == "Model: 100% · 3.00 MB of 3.00 MB · done"


def test_a_download_that_failed_keeps_why(notebook: Notebook) -> None:
    [[card, error]] = notebook.outputs("mf.download('org/nothing', progress=mf.ui.notebook.bar(), **options)")
    assert kept(card) == "Download: failed (ModelNotFoundError)"
    assert "org/nothing" in card["data"]["text/html"]
    assert error["ename"] == "ModelNotFoundError"


def test_a_blocking_download_that_was_interrupted_keeps_that_it_was_cancelled(
    notebook: Notebook, hub: LocalHub
) -> None:
    hub.inject(Stall(after=SIZE // 2, match="model.bin"))
    [[card, error]] = notebook.outputs(
        """
        import signal
        bar = mf.ui.notebook.bar()
        def show(progress):
            bar(progress)
            if progress.fraction > 0.1:
                signal.raise_signal(signal.SIGINT)
        mf.download('org/model', progress=show, **options)
        """
    )
    assert "cancelled" in kept(card)
    assert error["ename"] == "KeyboardInterrupt"


def test_a_job_that_is_waited_for_is_cancelled_by_an_interrupt(notebook: Notebook, hub: LocalHub) -> None:
    hub.inject(Stall(after=SIZE // 2, match="model.bin"))
    [[card, error], [ended]] = notebook.outputs(
        """
        import signal, threading, time
        def interrupt():
            while not job._run.ending._bells:  # until the cell waits
                time.sleep(0.01)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        job = mf.start_download('org/model', **options)
        display(job)
        threading.Thread(target=interrupt).start()
        job.result()
        """,
        "type(job.exception(10)).__name__",
    )
    assert error["ename"] == "KeyboardInterrupt"
    assert ended["data"]["text/plain"] == "'DownloadCancelled'"
    assert "cancelled" in kept(card)


def test_a_picker_keeps_its_models_in_text(notebook: Notebook) -> None:
    [[picker]] = notebook.outputs(
        "models = mf.Catalog([mf.ModelSpec('one', 'org/model'), mf.ModelSpec('huge', 'org/huge', min_ram_bytes=1 << 60)])\n"
        "mf.ui.notebook.picker(mf.DownloadManager(catalog=models, **options))"
    )
    assert picker["data"]["text/plain"] == "one: Not downloaded\nhuge: Does not fit"


def test_without_anywidget_a_job_is_one_line_and_a_card_says_what_to_install(notebook: Notebook) -> None:
    [[job], [error]] = notebook.outputs(
        "import sys\nsys.modules['anywidget'] = None\njob = mf.start_download('org/model', **options)\njob.result()\njob",
        "mf.ui.notebook.bar()",
    )
    assert job["data"] == {"text/plain": "<DownloadJob complete 100%>"}
    assert error["ename"] == "ImportError"
    assert "pip install 'modelfetch[notebook]'" in error["evalue"]
