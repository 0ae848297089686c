"""The command on a real terminal: a pseudo-terminal with a width of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from modelfetch.testing import LocalHub, Synthetic

from .terminal import pseudo_terminal, read_all

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = 60

if sys.platform != "win32":  # the standard library has no pseudo-terminal there

    def on_a_terminal(*words: str) -> tuple[int, str, str]:
        """Exit code, what stdout got, and what the terminal got on stderr."""
        mine, its = pseudo_terminal(COLUMNS)
        with subprocess.Popen(
            [sys.executable, "-m", "modelfetch", *words], stdout=subprocess.PIPE, stderr=its, encoding="utf-8"
        ) as process:
            os.close(its)
            seen = read_all(mine).decode()
            assert process.stdout is not None
            return process.wait(30), process.stdout.read(), seen

    def test_the_bar_stays_in_one_line_of_the_terminal_s_width(tmp_path: Path) -> None:
        with LocalHub(bandwidth=10_000_000) as hub:
            hub.add_repo("org/name", {"model.bin": Synthetic(10_000_000)})
            code, out, seen = on_a_terminal(
                "download", "org/name", "--endpoint", hub.endpoint, "--cache-dir", str(tmp_path)
            )
        drawn = seen.removesuffix("\r\n").split("\r")
        assert (code, seen.count("\n")) == (0, 1)
        assert len(drawn) > 5
        assert all(len(line) < COLUMNS for line in drawn)
        assert drawn[-1].rstrip() == "org/name  100% · 10.0 MB of 10.0 MB · done"
        assert out.startswith(str(tmp_path))

    def test_an_error_comes_on_a_line_of_its_own_after_the_bar(tmp_path: Path) -> None:
        with LocalHub() as hub:
            code, out, seen = on_a_terminal(
                "download", "org/name", "--endpoint", hub.endpoint, "--cache-dir", str(tmp_path)
            )
        bar, error = seen.splitlines()[-2:]
        assert (code, out) == (1, "")
        assert bar.rstrip().endswith("org/name  failed (ModelNotFoundError)")
        assert error.startswith("ModelNotFoundError: ")
