"""The add-on as people get it: built by its own command, with and without a Blender around it."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from modelfetch.testing import LocalHub, Synthetic

from .stage import Blender, Display, environment

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).parents[3] / "examples" / "blender_addon"
SMALL, BASE = "Systran/faster-whisper-small", "Systran/faster-whisper-base"
WEIGHTS = 60_000_000
OTHERS = {"config.json": b"{}", "tokenizer.json": b"{ }", "vocabulary.txt": b"a"}
SIZE = WEIGHTS + sum(map(len, OTHERS.values()))
"""Bytes of the small model's files."""

MANY = 800_000_000


@pytest.fixture(scope="session")
def addon_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip that the one command writes."""
    command = [sys.executable, str(SOURCE / "build.py"), "--output", str(tmp_path_factory.mktemp("dist"))]
    return Path(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())


@pytest.fixture(scope="session")
def site(addon_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the unpacked add-on."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(addon_zip) as archive:
        archive.extractall(folder)
    return folder


class Addon:
    """The add-on's pure modules, as attributes."""

    def __getattr__(self, name: str) -> Any:
        return importlib.import_module(f"whisper_models.{name}")

    @property
    def mf(self) -> Any:
        """Its own copy of modelfetch."""
        return importlib.import_module("whisper_models._vendor.modelfetch")


@pytest.fixture(scope="session")
def addon(site: Path) -> Iterator[Addon]:
    """Its pure part, in this process and without bpy."""
    sys.path.insert(0, str(site))
    yield Addon()
    sys.path.remove(str(site))


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    """A Hub with two Whisper models: "small" is smaller than the real one, "base" takes some seconds at full speed."""
    with LocalHub() as hub:
        hub.add_repo(SMALL, {"model.bin": Synthetic(WEIGHTS), **OTHERS})
        hub.add_repo(BASE, {"model.bin": Synthetic(MANY), **OTHERS})
        yield hub


@pytest.fixture(scope="session")
def display() -> Iterator[Display]:
    """A screen that nobody sees."""
    display = Display()
    yield display
    display.stop()


@pytest.fixture
def blender(display: Display, addon_zip: Path, hub: LocalHub, tmp_path: Path) -> Iterator[Blender]:
    """A Blender of its own with a window, in which somebody has installed and enabled the zip and opened the sidebar."""
    with Blender(display, environment(tmp_path, hub.endpoint), tmp_path / "blender.log") as blender:
        blender.run(f"install({str(addon_zip)!r}); count_draws(); sidebar()")
        yield blender
    shutil.rmtree(tmp_path / "huggingface", ignore_errors=True)  # a gigabyte that pytest would keep for three runs
