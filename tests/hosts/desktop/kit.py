"""What the tests of the examples share: the model, and an example that runs as a program."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MODEL = "org/model"
SIZE = 8_000_000

PATIENCE = 60.0
"""Seconds that anything may take on a busy machine."""

HELD = 0.15
"""Seconds that a finger stays on a button; what is drawn anew meanwhile would lose the press."""


def pictures(name: str) -> Path | None:
    """Where a screenshot goes, if ``MODELFETCH_SCREENSHOTS`` asks for any."""
    folder = os.environ.get("MODELFETCH_SCREENSHOTS")
    return Path(folder) / f"{name}.png" if folder else None


def until(seen: Callable[[], object], step: Callable[[], object]) -> None:
    """Take ``step`` after step, which lets the window live for a moment, until ``seen`` is true."""
    patience = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < patience, "it did not happen"
        step()


class Example:
    """A program in a process of its own, and the lines that it has written."""

    def __init__(self, command: list[str]) -> None:
        self.lines: list[str] = []
        self._more = threading.Condition()
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            env=os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"},
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._more:
                self.lines.append(line.rstrip())
                self._more.notify_all()

    def wait_for(self, word: str) -> str:
        """The first line that has ``word`` in it."""
        with self._more:
            found = self._more.wait_for(lambda: next((line for line in self.lines if word in line), None), PATIENCE)
        assert found, "\n".join(self.lines)
        return found

    def interrupt(self) -> None:
        """Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def ended(self) -> int:
        """Its exit code, once all it wrote was read."""
        code = self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def kill(self) -> None:
        """End it, however it is. Idempotent."""
        self._process.kill()
        self.ended()
        assert self._process.stdout is not None
        self._process.stdout.close()
