"""The cells of the pages about notebooks run; the tests and pictures that the pages name are there."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[3]
PAGES = ("notebook", "model-picker")


def page(name: str) -> str:
    return (ROOT / "docs" / "how-to" / f"{name}.md").read_text(encoding="utf-8")


def test_every_test_that_is_named_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", page("model-picker")))
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    there = {name for source in sources for name in re.findall(r"def (test_\w+)\(", source)}
    assert len(named) > 15
    assert named - there == set()


@pytest.mark.parametrize("name", PAGES)
def test_every_picture_is_there_and_is_small(name: str) -> None:
    pictures = [ROOT / "docs" / "how-to" / path for path in re.findall(r"\]\((\S+\.png)\)", page(name))]
    assert pictures
    assert all(path.stat().st_size < 100_000 for path in pictures)


def test_every_cell_of_the_page_runs(monkeypatch: pytest.MonkeyPatch, fresh_home: Path) -> None:
    monkeypatch.syspath_prepend(ROOT / "docs" / "extensions")
    from practice_hub import Practice

    fresh_home.mkdir()  # a kernel's client wants to write there
    cells = ["import modelfetch as mf", *re.findall(r"```python\n(.*?)```", page("notebook"), re.DOTALL)]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])

    practice = Practice()
    try:
        NotebookClient(notebook, timeout=90, kernel_name="python3").execute()
    finally:
        practice.end()

    shown = [[output["data"]["text/plain"] for output in cell.outputs if "data" in output] for cell in notebook.cells]
    assert all(texts for texts in shown[1:])
    assert "done" in shown[2][-1]
