"""A real JupyterLab in a real Chromium: opens notebooks, runs cells, presses with a mouse and types."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import nbformat
from playwright.sync_api import sync_playwright

import modelfetch
from modelfetch.testing import LocalHub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, FrameLocator, Locator, Page, WebSocket

PATIENCE = 90.0
"""Seconds that something may take on a busy machine."""

PRESS = 150
"""Milliseconds that a person holds a button down."""

TOKEN = "lab"
PICTURES = os.environ.get("MODELFETCH_SCREENSHOTS")
"""A folder for pictures, where somebody wants them."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SWITCHES = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    assert path, f"a Chromium is needed; none of {', '.join(_NAMES)} was found"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_SWITCHES)
        yield browser
        browser.close()


def wait_until(happened: Callable[[], Any], what: str) -> None:
    """Block until ``happened()``."""
    until = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < until, f"{what}: not within {PATIENCE} s"
        time.sleep(0.05)


class Lab:
    """One server, which sees nothing of the user's; with a window it is what a person has before them.

    Its kernels download from ``hub``.
    """

    def __init__(self, folder: Path) -> None:
        self.hub = LocalHub()
        self.root = folder / "notebooks"
        self.root.mkdir()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._url = f"http://127.0.0.1:{free.getsockname()[1]}"
        self._page: Page | None = None
        self._count = 0
        self.updates: list[float] = []

    # ------------------------------------------------------------------ the server

    def __enter__(self) -> Self:
        self.hub.start()
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
        command += [f"--port={self._url.rpartition(':')[2]}", "--ServerApp.port_retries=0"]
        command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={self.root}"]
        command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.news_url=None"]
        folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "HOME", "HF_HOME")
        own = {name: str(self._folder / name.lower()) for name in folders}
        own |= {"HF_ENDPOINT": self.hub.endpoint, "HF_HUB_CACHE": str(self._cache), "HF_HUB_DISABLE_TELEMETRY": "1"}
        own |= {"PYTHONPATH": str(Path(modelfetch.__file__).parent.parent), "PYTHONDONTWRITEBYTECODE": "1"}
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, env=os.environ | own, stdout=log, stderr=subprocess.STDOUT)
        wait_until(self._is_there, "the server")
        self._set("@jupyterlab/apputils-extension:notification", fetchNews="false")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(30)
        self.hub.stop()

    @property
    def _cache(self) -> Path:
        return self._folder / "cache"

    def _is_there(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self._folder / "log").read_text()
        with contextlib.suppress(OSError):
            return bool(self._rest("GET", "status"))
        return False

    def _rest(self, method: str, path: str, body: object = None, under: str = "api") -> Any:
        request = urllib.request.Request(
            f"{self._url}/{under}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {TOKEN}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def theme(self, name: str) -> None:
        """JupyterLab Light or JupyterLab Dark, from the next notebook on."""
        self._set("@jupyterlab/apputils-extension:themes", theme=f"JupyterLab {name}")

    def _set(self, setting: str, **values: str) -> None:
        self._rest("PUT", f"settings/{setting}", {"raw": json.dumps(values)}, "lab/api")

    # ------------------------------------------------------------------ a window

    @contextlib.contextmanager
    def window(self, browser: Browser) -> Iterator[None]:
        """A window, an empty cache and a Hub at its best."""
        shutil.rmtree(self._cache, ignore_errors=True)
        self.hub.heal()
        self.hub.bandwidth = None
        context = browser.new_context(viewport={"width": 1000, "height": 1500}, device_scale_factor=2)
        self._page = context.new_page()
        self._page.set_default_timeout(PATIENCE * 1000)
        self._page.on("websocket", self._listen)
        self.updates.clear()
        try:
            yield
        finally:
            context.close()
            for kernel in self._rest("GET", "kernels"):
                self._rest("DELETE", f"kernels/{kernel['id']}")

    def _listen(self, websocket: WebSocket) -> None:
        websocket.on("framereceived", self._count_update)

    def _count_update(self, frame: bytes | str) -> None:
        text = frame.encode() if isinstance(frame, str) else frame
        if b"comm_msg" in text and b'"update"' in text:
            self.updates.append(time.monotonic())

    @property
    def page(self) -> Page:
        """What a person sees."""
        assert self._page is not None
        return self._page

    def open(self, *cells: str) -> None:
        """A notebook of these cells."""
        self._count += 1
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, self.file)
        self.show()

    def show(self) -> None:
        """The notebook as it is in its file."""
        self.page.goto(f"{self._url}/lab/tree/{self.file.name}?token={TOKEN}&reset")
        self.page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        wait_until(self._has_kernel, "a kernel")
        self.page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").wait_for()

    def _has_kernel(self) -> bool:
        with contextlib.suppress(urllib.error.HTTPError):  # one that just begins has no state
            return [kernel["execution_state"] for kernel in self._rest("GET", "kernels")] == ["idle"]
        return False

    @property
    def file(self) -> Path:
        """Where the notebook is kept."""
        return self.root / f"{self._count}.ipynb"

    def cell(self, number: int) -> Locator:
        """One of the cells."""
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(number)

    def run(self, number: int) -> None:
        """Run it, as a person does: again, when JupyterLab took no notice."""
        while self.cell(number).locator(".jp-InputPrompt").inner_text() == "[ ]:":
            self.cell(number).locator(".jp-InputArea-editor").click()
            self.page.keyboard.press("Shift+Enter")
            self.page.wait_for_timeout(500)

    def interrupt(self) -> None:
        """Stop the kernel, as a person does."""
        self.page.keyboard.press("Escape")
        for _ in range(2):
            self.page.keyboard.press("i")

    def press(self, target: Locator) -> float:
        """Hold the mouse button down on it for a moment; when it was let go (monotonic seconds)."""
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.page.mouse.down()
        self.page.wait_for_timeout(PRESS)
        self.page.mouse.up()
        return time.monotonic()

    def tell(self, what: str, since: float, until: float | None = None) -> None:
        """Write down how long something took, for who asks pytest with ``-rP``."""
        took = (time.monotonic() if until is None else until) - since
        sys.stdout.write(f"{what}: {took:.2f} s, {len(self.updates)} updates\n")

    # ------------------------------------------------------------------ cards

    def card(self, icon: str, within: str = "") -> Locator:
        """The card that shows this icon."""
        return self.page.locator(f"{within} .modelfetch-card[data-icon='{icon}']".strip())

    def model(self, name: str) -> Locator:
        """A card of a picker's list."""
        return self.page.locator(f".modelfetch-list .modelfetch-card[data-id='{name}']")

    def button(self, action: str, within: Locator | FrameLocator | None = None) -> Locator:
        """A button that can be seen."""
        return (within or self.page).locator(f"button[data-action='{action}']:not([hidden])")

    def saved(self) -> list[dict[str, Any]]:
        """Save the notebook, and what its file keeps of the outputs."""
        before = self.file.stat().st_mtime_ns
        self.page.keyboard.press("Control+s")
        wait_until(lambda: self.file.stat().st_mtime_ns > before, "the notebook's file")
        return [output for cell in nbformat.read(self.file, 4).cells for output in cell.get("outputs", ())]

    def picture(self, name: str, target: Locator, *, scale: Literal["css", "device"] = "device") -> None:
        """Take one for the documentation, when somebody wants that."""
        if PICTURES:
            self.page.mouse.move(990, 1490)
            target.screenshot(path=Path(PICTURES) / f"{name}.png", scale=scale, animations="allow")
