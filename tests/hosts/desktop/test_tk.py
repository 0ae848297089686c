"""The Tk example: a real window on a display of its own, with a finger on its button."""

from __future__ import annotations

import tkinter as tk
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf

from .kit import HELD, MODEL, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType
    from typing import Any

    from modelfetch.testing import LocalHub


@pytest.fixture(scope="session")
def window(display: None) -> Iterator[tk.Tk]:  # noqa: ARG001 - it is opened there
    """One to the end: Tk ends the process when a thread that did not make it lets it go, as a garbage collector may."""
    window = tk.Tk()
    yield window
    window.destroy()


@pytest.fixture
def frame(window: tk.Tk, hub: LocalHub, example: Callable[[str], ModuleType]) -> Iterator[Any]:  # noqa: ARG001 - it asks this one
    frame = example("tk").ModelFrame(window, MODEL)
    frame.pack(fill="both", expand=True)
    yield frame
    if frame.job is not None:
        frame.job.cancel()
    frame.destroy()


def live(frame: Any, seconds: float) -> None:
    """Let the window live for a moment."""
    over = tk.BooleanVar(frame, value=False)
    frame.after(int(seconds * 1000), lambda: over.set(True))
    frame.wait_variable(over)


def press(frame: Any) -> None:
    """A finger on the button, for as long as a finger takes."""
    frame.update()
    frame.button.event_generate("<Enter>")
    frame.button.event_generate("<ButtonPress-1>", x=5, y=5)
    live(frame, HELD)
    frame.button.event_generate("<ButtonRelease-1>", x=5, y=5)


def wait(frame: Any, seen: Callable[[], object]) -> None:
    until(seen, lambda: live(frame, 0.02))


def test_it_downloads_is_cancelled_and_goes_on(
    hub: LocalHub, frame: Any, picture: Callable[[str], Path | None]
) -> None:
    assert frame.button["text"] == "Download"

    press(frame)
    wait(frame, lambda: frame.bar["value"] > 0.1)
    assert (frame.button["text"], frame.status["text"].partition(" ")[0]) == ("Cancel", "Downloading")
    if path := picture("tk"):
        photograph(frame, path)

    press(frame)
    wait(frame, lambda: frame.button["text"] == "Retry")
    assert frame.status["text"].startswith("Cancelled")
    assert isinstance(frame.job.exception(), mf.DownloadCancelled)

    hub.bandwidth = None
    press(frame)
    wait(frame, lambda: frame.status["text"].startswith("Downloaded"))
    assert frame.bar["value"] == 1.0
    assert not frame.button.winfo_ismapped()
    assert frame.job.result().bytes_reused > 0


def photograph(frame: Any, path: Path) -> None:
    """What the display shows of the window; only who wants pictures needs ImageMagick."""
    import subprocess

    frame.update()
    name = str(frame.winfo_toplevel().winfo_id())
    subprocess.run(["import", "-window", name, str(path)], check=True)
