"""A Hub with one model, slow enough to press Cancel in, and the examples to point at it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from modelfetch.testing import Synthetic
from modelfetch.testing.fixture import isolated_cache as isolated_cache
from modelfetch.testing.fixture import local_hub as local_hub

from .kit import MODEL, SIZE, Example, pictures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from modelfetch.testing import LocalHub

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def hub(local_hub: LocalHub, isolated_cache: Path) -> LocalHub:  # noqa: ARG001 - the examples find it in the environment
    """Serves the model at such a speed that it takes twenty seconds."""
    local_hub.add_repo(MODEL, {"model.bin": Synthetic(SIZE), "config.json": b"{}"})
    local_hub.bandwidth = SIZE / 20
    return local_hub


@pytest.fixture
def example() -> Callable[[str], ModuleType]:
    """Imports ``examples/NAME.py``."""

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def running(hub: LocalHub) -> Iterator[Callable[..., Example]]:  # noqa: ARG001 - it is what they ask
    """Runs ``python examples/NAME.py WORDS``; whatever still runs at the end is killed."""
    started: list[Example] = []

    def run(name: str, *words: str) -> Example:
        started.append(Example([sys.executable, str(EXAMPLES / f"{name}.py"), *words]))
        return started[-1]

    yield run
    for one in started:
        one.kill()


@pytest.fixture(scope="session")
def display() -> Iterator[None]:
    """A screen to open windows on: on Linux a server of these tests' own, elsewhere the one that is there.

    It stays to the end, because Tk keeps its connection, and Xlib ends the process when one breaks.
    """
    if sys.platform != "linux":
        yield
        return
    server = shutil.which("Xvfb")
    assert server, "Xvfb is not installed: apt-get install xvfb"
    reading, writing = os.pipe()
    command = [server, "-displayfd", str(writing), "-screen", "0", "1024x768x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL) as process:
        os.close(writing)
        with os.fdopen(reading) as number:
            os.environ["DISPLAY"] = f":{number.readline().strip()}"
        yield
        del os.environ["DISPLAY"]
        process.terminate()


@pytest.fixture
def picture() -> Callable[[str], Path | None]:
    """Where a screenshot of that name goes; None when nobody asked for screenshots."""
    return pictures
