"""A real Blender with a window on a display of its own, and a hand and an eye: xdotool clicks, ImageMagick looks."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INSIDE = Path(__file__).with_name("inside.py")
WIDTH, HEIGHT = 1280, 800
PATIENCE = 60.0
"""Seconds that anything may take on a busy machine: the first frame alone can take twelve."""

TAB_STEP = 12
"""Pixels between two tries for a tab of the sidebar."""


def tool(name: str) -> str:
    """A program that these tests cannot do without. Raises FileNotFoundError with the remedy."""
    path = shutil.which(name)
    if path is None:
        message = f"{name} is not installed: apt-get install blender xvfb xauth libgl1-mesa-dri imagemagick xdotool"
        raise FileNotFoundError(message)
    return path


def environment(home: Path, endpoint: str) -> dict[str, str]:
    """A user who has just been born, whose Hub is ours.

    Debian's Blender takes the library of the first ``python3`` on the path for that of its own: it shall be Debian's.
    """
    return os.environ | {
        "PATH": os.defpath,
        "HOME": str(home),
        "HF_HOME": str(home / "huggingface"),
        "HF_ENDPOINT": endpoint,
        "BLENDER_USER_RESOURCES": str(home / "blender"),
        "BLENDER_USER_CONFIG": str(home / "blender" / "config"),
        "BLENDER_USER_SCRIPTS": str(home / "blender" / "scripts"),
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "ALSOFT_DRIVERS": "null",
        "SDL_AUDIODRIVER": "dummy",
    }


class Display:
    """An X server without a screen."""

    def __init__(self) -> None:
        reading, writing = os.pipe()
        screen = f"{WIDTH}x{HEIGHT}x24"
        command = [
            tool("Xvfb"),
            "-displayfd",
            str(writing),
            "-screen",
            "0",
            screen,
            "+extension",
            "GLX",
            "-nolisten",
            "tcp",
        ]
        self._server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
        os.close(writing)
        with os.fdopen(reading) as number:
            self.name = f":{number.readline().strip()}"

    def stop(self) -> None:
        self._server.terminate()
        self._server.wait(PATIENCE)

    def hand(self, *words: object) -> None:
        """Move or press the mouse, as a person would."""
        subprocess.run([tool("xdotool"), *map(str, words)], env=os.environ | {"DISPLAY": self.name}, check=True)

    def look(self, target: str) -> bytes:
        """What is on the screen, in a file or (``ppm:-``) as bytes."""
        command = [tool("import"), "-window", "root", "-depth", "8", target]
        seen = subprocess.run(command, env=os.environ | {"DISPLAY": self.name}, check=True, capture_output=True)
        return seen.stdout

    def picture(self, target: Path) -> None:
        """A small picture for the documentation: few colours, none of the metadata."""
        target.parent.mkdir(parents=True, exist_ok=True)
        self.look(str(target))
        smaller = [tool("convert"), str(target), "-strip", "+dither", "-colors", "128", f"PNG8:{target}"]
        subprocess.run(smaller, check=True)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the screen, from its left upper corner."""

    left: int
    top: int
    width: int
    height: int


@dataclass
class Blender:
    """A Blender that does what it is told. As a context manager it is ended at the end."""

    display: Display
    environment: dict[str, str]
    log: Path
    _process: subprocess.Popen[bytes] = field(init=False)
    _link: socket.socket = field(init=False)
    _answers: Any = field(init=False)

    def __enter__(self) -> Self:
        address = self.log.with_suffix(".socket")
        with socket.socket(socket.AF_UNIX) as door, self.log.open("wb") as log:
            door.bind(str(address))
            door.listen()
            door.settimeout(PATIENCE)
            options = ["--factory-startup", "-p", "0", "0", str(WIDTH), str(HEIGHT), "--no-window-focus"]
            command = [
                tool("blender"),
                *options,
                "--python-exit-code",
                "9",
                "--python",
                str(INSIDE),
                "--",
                str(address),
            ]
            self._process = subprocess.Popen(
                command, env=self.environment | {"DISPLAY": self.display.name}, stdout=log, stderr=log
            )
            self._link, _ = door.accept()
        self._link.settimeout(PATIENCE)
        self._answers = self._link.makefile("r", encoding="utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        self._answers.close()
        self._link.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(PATIENCE)

    def run(self, code: str) -> Any:
        """Run ``code`` in Blender's main loop; what it left in ``result``."""
        self.tell(code)
        said = json.loads(self._answers.readline())
        assert "error" not in said, said["error"]
        return said["result"]

    def tell(self, code: str) -> None:
        """The same, without waiting for an answer."""
        self._link.sendall(json.dumps({"code": code}).encode() + b"\n")

    def value(self, expression: str) -> Any:
        """What an expression is worth inside Blender."""
        return self.run(f"result = {expression}")

    def until(self, expression: str, wanted: Callable[[Any], bool] = bool) -> Any:
        """Ask until the answer is as wanted."""
        end = time.monotonic() + PATIENCE
        while not wanted(answer := self.value(expression)):
            assert time.monotonic() < end, f"{expression} stayed {answer!r}; Blender said: {self.said()}"
            time.sleep(0.05)
        return answer

    def said(self) -> str:
        """What Blender printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def quits_in(self) -> float:
        """Ask it to quit as File > Quit does, and wait; seconds."""
        began = time.monotonic()
        self.tell("bpy.ops.wm.quit_blender()")
        self._process.wait(PATIENCE)
        return time.monotonic() - began

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll()

    def sidebar(self) -> Box:
        """Where the 3D view's sidebar is on the screen."""
        left, bottom, width, height, tall = self.value("sidebar()")
        return Box(left, tall - bottom - height, width, height)

    def settle(self) -> None:
        """Wait until what is known now is on the screen."""
        drawn = self.value("len(draws)")
        self.run("part('runtime').redraw()")
        self.until(f"len(draws) > {drawn}")

    def open_tab(self) -> None:
        """Click down the sidebar's tabs until the panel is drawn."""
        box = self.sidebar()
        for top in range(box.top + TAB_STEP, box.top + box.height, TAB_STEP):
            self.click((box.left + box.width - 8, top))
            if self.value("len(draws)"):
                return
        message = f"no tab shows the panel; Blender said: {self.said()}"
        raise AssertionError(message)

    def click(self, at: tuple[int, int]) -> None:
        """Press the left button for 150 ms, as a person does, and take the pointer out of the way."""
        self.display.hand("mousemove", *at, "mousedown", 1, "sleep", 0.15, "mouseup", 1)
        self.value("True")
        self.display.hand("mousemove", WIDTH // 4, HEIGHT // 2)

    def red_button(self) -> tuple[int, int]:
        """The middle of the sidebar's red button, found by looking at the screen."""
        box = self.sidebar()
        red = [(x, y) for x, y, colour in pixels(self.display.look("ppm:-"), box) if is_alert(*colour)]
        rows = Counter(y for _, y in red)
        wide = [y for y, count in rows.items() if count > box.width / 8]  # a thin red line is an axis of the scene
        assert wide, "no red button is on the screen"
        columns = [x for x, y in red if y in wide]
        return (min(columns) + max(columns)) // 2, (min(wide) + max(wide)) // 2


def is_alert(red: int, green: int, blue: int) -> bool:
    """Whether Blender's dark theme draws an alert in this colour."""
    return red > 120 and green < 70 and blue < 70


def pixels(picture: bytes, box: Box) -> Iterator[tuple[int, int, bytes]]:
    """Each second pixel of ``box`` in a PPM of eight bits, with its place."""
    assert picture.startswith(b"P6"), "no PPM"
    row = 3 * WIDTH
    data = picture[-row * HEIGHT :]
    for y in range(box.top, box.top + box.height, 2):
        for x in range(box.left, box.left + box.width, 2):
            at = row * y + 3 * x
            yield x, y, data[at : at + 3]
