"""While a test of the core runs, the core touches nothing: no file, socket, process, thread or sleep.

Rule: an audit event counts against the test when the nearest frame that is neither the standard library's nor the
import system's belongs to the core or to its tests. What pytest, hypothesis or coverage do meanwhile is theirs. So is what
other threads do, and what is collected as garbage: both are left over from tests that ran before in the same process.
"""

from __future__ import annotations

import gc
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

FORBIDDEN = (
    "_thread.",
    "fcntl.",
    "ftplib.",
    "glob.",
    "http.client.",
    "mmap.",
    "msvcrt.",
    "open",
    "os.",
    "pathlib.",
    "shutil.",
    "signal.",
    "socket.",
    "sqlite3.",
    "subprocess.",
    "tempfile.",
    "time.sleep",
    "urllib.",
    "winreg.",
)
TESTS = str(Path(__file__).parent)
TOOLS = tuple(
    str(Path(sys.modules[name].__file__ or "").parent)
    for name in ("_pytest", "coverage", "hypothesis", "pluggy")
    if name in sys.modules
)
IMPORT_SYSTEM = "<frozen importlib"


class TouchedTheWorldError(AssertionError):
    """The core, or a test of it, did what only an adapter may."""


class Watch:
    """An audit hook cannot be taken away again, so it is one that looks at one thread, or at none."""

    def __init__(self) -> None:
        self.thread: int | None = None
        self.seen: list[str] = []

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        if self.thread != threading.get_ident() or not event.startswith(FORBIDDEN) or not _is_ours(sys._getframe(1)):
            return
        self.seen.append(f"{event}{args!r}")
        message = f"the core touched the world: {self.seen[-1]}; only an adapter may"
        raise TouchedTheWorldError(message)


def _is_ours(frame: FrameType | None) -> bool:
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith((IMPORT_SYSTEM, *TOOLS)):
            return False
        if name.startswith(TESTS) or frame.f_globals.get("__name__", "").startswith("modelfetch"):
            return True
        frame = frame.f_back
    return True


WATCH = Watch()
sys.addaudithook(WATCH)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    WATCH.seen.clear()
    gc.disable()
    WATCH.thread = threading.get_ident()
    try:
        result = yield
    finally:
        WATCH.thread = None
        gc.enable()
    if WATCH.seen:
        pytest.fail(f"the core touched the world: {'; '.join(WATCH.seen)}")
    return result
