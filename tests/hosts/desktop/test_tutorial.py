"""The tutorial's own test, as its reader writes and runs it, against the window that he wrote before."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .kit import PATIENCE

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "tutorial" / "cancel-button.md"
OPENED = """
import runpy, sys, tkinter

tkinter.Tk.mainloop = lambda window: print(window.winfo_class(), window.title())
sys.argv = ["cancel_button.py", "tiny"]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""The window's command, by which it opens and is not waited for."""


def test_the_test_that_the_tutorial_ends_with_passes(display: None, tmp_path: Path) -> None:  # noqa: ARG001 - its window is opened there
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "test_cancel_button.py").write_text(code, encoding="utf-8")
    shutil.copy(ROOT / "examples" / "tk.py", tmp_path / "cancel_button.py")

    command = [sys.executable, "-m", "pytest", "--rootdir=.", "test_cancel_button.py"]
    bare = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # its reader has none of the plugins of these tests
    run = subprocess.run(command, cwd=tmp_path, env=bare, capture_output=True, text=True, timeout=PATIENCE, check=False)

    assert "1 passed" in run.stdout, run.stdout + run.stderr


def test_its_window_opens_by_the_command_that_it_gives(display: None, tmp_path: Path) -> None:  # noqa: ARG001 - it is opened there
    shutil.copy(ROOT / "examples" / "tk.py", tmp_path / "cancel_button.py")

    command = [sys.executable, "-c", OPENED]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False)

    assert run.stdout == "Tk Model\n", run.stderr
