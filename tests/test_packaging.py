"""What an installer, a vendoring script and a type checker rely on."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import modelfetch

PACKAGE = Path(modelfetch.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
CORE = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in (PACKAGE / "core").rglob("[!_]*.py")
)
WORLDLY = {
    "asyncio",
    "concurrent.futures",
    "filelock",
    "http.client",
    "huggingface_hub",
    "logging",
    "multiprocessing",
    "queue",
    "selectors",
    "shutil",
    "socket",
    "ssl",
    "subprocess",
    "tempfile",
    "threading",
    "tqdm",
    "urllib.request",
}


def run(script: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", script]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment, timeout=60).stdout


def newly_imported(statement: str) -> set[str]:
    """The modules a fresh interpreter has loaded after ``statement`` and did not have before."""
    script = (
        "import json, sys; before = set(sys.modules); "
        f"exec({statement!r}); print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    return set(json.loads(run(script)))


def effects_of(statement: str) -> list[str]:
    """The audit events of ``statement`` in a fresh interpreter, those of finding and reading modules aside."""
    script = (
        "import sys; seen = []; finding = {'os.listdir', 'os.scandir'}\n"
        "module = lambda event, args: event == 'open' and str(args[0]).endswith(('.py', '.pyc')) and args[1] in ('r', 'rb')\n"
        "worldly = ('open', 'os.', 'socket.', 'subprocess.', 'shutil.', 'tempfile.', '_thread.')\n"
        "watch = lambda event, args: seen.append(event) if not module(event, args) and event not in finding "
        "and event.startswith(worldly) else None\n"
        f"sys.addaudithook(watch)\n{statement}\nprint(*seen)"
    )
    return run(script).split()


def names_itself(source: str) -> bool:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            imported = [node.module or ""]
        else:
            continue
        if any(name.split(".")[0] == "modelfetch" for name in imported):
            return True
    return False


def test_the_version_is_a_literal_that_survives_vendoring():
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    literals = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__version__"
    ]

    assert literals == [modelfetch.__version__]


def test_the_installed_version_is_the_one_in_the_source():
    assert importlib.metadata.version("modelfetch") == modelfetch.__version__


def test_the_package_tells_type_checkers_that_it_is_typed():
    assert (PACKAGE / "py.typed").is_file()


@pytest.mark.parametrize(
    "source", ["import modelfetch", "from modelfetch.core import plan", "import os, modelfetch.api"]
)
def test_an_absolute_import_of_the_package_is_seen(source):
    assert names_itself(source)


@pytest.mark.parametrize("path", SOURCES, ids=[path.relative_to(PACKAGE).as_posix() for path in SOURCES])
def test_no_source_file_names_the_package_it_is_in(path):
    assert not names_itself(path.read_text(encoding="utf-8"))


def test_importing_the_package_loads_nothing_that_does_io():
    assert newly_imported("import modelfetch") & WORLDLY == set()


@pytest.mark.parametrize("module", CORE)
def test_importing_a_core_module_loads_nothing_that_does_io(module):
    assert newly_imported(f"import {module}") & WORLDLY == set()


def test_importing_the_package_opens_nothing_and_starts_nothing():
    assert effects_of("import modelfetch") == []


def test_an_import_that_opens_a_file_is_seen():
    assert effects_of("open(sys.executable, 'rb').close()") == ["open"]
