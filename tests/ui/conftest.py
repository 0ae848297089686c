"""What a person sees on a terminal: a pseudo-terminal's output, read as a terminal reads it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ..terminal import HEIGHT, pseudo_terminal, read_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WIDTH = 90


@pytest.fixture
def seen_on_a_terminal() -> Callable[[str, Sequence[str]], list[str]]:
    """Runs code with arguments in a process on a terminal; the lines that are on the screen at the end."""
    import pyte

    def run(code: str, arguments: Sequence[str]) -> list[str]:
        mine, its = pseudo_terminal(WIDTH)
        command = [sys.executable, "-c", code, *arguments]
        environment = os.environ | {"TERM": "xterm-256color"}
        for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"):
            environment.pop(name, None)
        screen = pyte.Screen(WIDTH, HEIGHT)
        with subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=environment) as process:
            os.close(its)
            pyte.ByteStream(screen).feed(read_all(mine))
            assert process.wait(30) == 0, "\n".join(screen.display)
        return [line.rstrip() for line in screen.display if line.strip()]

    return run
