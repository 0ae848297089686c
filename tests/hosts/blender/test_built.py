"""What is in the zip, and what the add-on's own sources keep to."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tomllib
import zipfile
from typing import TYPE_CHECKING

import pytest

from .conftest import SIZE, SMALL, SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from modelfetch.testing import LocalHub

OWN = sorted((SOURCE / "whisper_models").glob("*.py"))
OF_BLENDER = {"operators", "panel", "registration", "runtime", "settings"}
OPTIONAL = {"IPython", "faster_whisper", "huggingface_hub", "mlx", "mlx_lm"}
"""Packages that are imported where they are needed, if they are there."""

LIMIT = 50

ALONE = """
import importlib.abc, json, sys

FORBIDDEN = {"modelfetch", "filelock", "huggingface_hub", "tqdm", "bpy", "requests"}

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in FORBIDDEN:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
from whisper_models.session import Session

session = Session()
session.start("small")
session.wait(60)
progress = session.look().run.progress
print(json.dumps([progress.status.value, progress.bytes_downloaded, progress.message]))
"""
"""A Python in which nothing is installed but the add-on."""


def imports(source: str) -> Iterator[str]:
    """The packages that are imported by an absolute name, with those for checkers alone left out."""
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (each.name.partition(".")[0] for each in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0]
        elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            waiting += node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_only_what_touches_blender_imports_bpy(path: Path) -> None:
    assert ("bpy" in set(imports(path.read_text(encoding="utf-8")))) == (path.stem in OF_BLENDER)


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_every_function_is_shorter_than_fifty_lines(path: Path) -> None:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    long = [node.name for node in nodes if isinstance(node, ast.FunctionDef) and length(node) >= LIMIT]

    assert long == []


def length(node: ast.FunctionDef) -> int:
    return (node.end_lineno or 0) - node.lineno + 1


def test_everything_in_the_zip_finds_its_parts_by_relative_imports(addon_zip: Path) -> None:
    with zipfile.ZipFile(addon_zip) as archive:
        sources = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".py")}
    foreign = {
        name: found
        for name, source in sources.items()
        if (found := set(imports(source)) - sys.stdlib_module_names - OPTIONAL - {"bpy"})
    }

    assert foreign == {}


def test_no_part_of_the_zip_changes_the_search_path(addon_zip: Path) -> None:
    with zipfile.ZipFile(addon_zip) as archive:
        for name in archive.namelist():
            assert b"sys.path." not in archive.read(name), name


def test_the_zip_holds_what_a_host_needs_and_the_licences_and_no_more(addon_zip: Path) -> None:
    with zipfile.ZipFile(addon_zip) as archive:
        names = archive.namelist()
    vendored = {name.split("/")[3] for name in names if name.startswith("whisper_models/_vendor/modelfetch/")}

    assert {name.split("/")[0] for name in names} == {"whisper_models"}
    assert vendored.isdisjoint({"testing", "cli", "ui", "__main__.py", "__pycache__"})
    assert "whisper_models/_vendor/modelfetch/LICENSE" in names
    assert "whisper_models/_vendor/filelock/LICENSE" in names


def test_the_same_sources_give_the_same_zip(addon_zip: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, str(SOURCE / "build.py"), "--output", str(tmp_path)], check=True, capture_output=True
    )

    assert (tmp_path / addon_zip.name).read_bytes() == addon_zip.read_bytes()


def test_the_manifest_and_the_legacy_description_agree() -> None:
    tree = ast.parse((SOURCE / "whisper_models" / "__init__.py").read_text(encoding="utf-8"))
    said = next(
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "bl_info"
    )
    legacy = ast.literal_eval(said)
    manifest = tomllib.loads((SOURCE / "whisper_models" / "blender_manifest.toml").read_text(encoding="utf-8"))

    assert legacy["name"] == manifest["name"]
    assert legacy["description"] == manifest["tagline"]
    assert ".".join(map(str, legacy["version"])) == manifest["version"]


def test_the_add_on_downloads_where_nothing_else_is_installed(site: Path, hub: LocalHub, tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(site), "HF_ENDPOINT": hub.endpoint, "HF_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, env=environment, check=False)

    assert done.stderr == ""
    assert json.loads(done.stdout) == ["complete", SIZE, ""]
    assert (tmp_path / "hub" / f"models--{SMALL.replace('/', '--')}" / "snapshots").is_dir()
