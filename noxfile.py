"""Everything that is checked about modelfetch, one session each; ``nox`` alone runs what CI runs.

``nox -l`` lists the sessions, ``nox -s NAME`` runs one, ``nox -s tests-3.12 -- -k cancel`` hands words on to pytest.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import nox

nox.needs_version = ">=2026.2"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"  # the interpreters that are here are the ones that are tested
nox.options.sessions = [
    "lint",
    "imports",
    "typing",
    "core",
    "tests",
    "crashes",
    "interop",
    "backends",
    "browser",
    "desktop",
    "blender",
    "bare",
    "docs",
    "simulate",
    "demo",
]

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
TWO_TO_A_CORE = (f"--numprocesses={2 * (os.cpu_count() or 1)}", "--dist=worksteal")
"""Most tests wait for sockets, disks and processes more than they compute."""

NEEDS_ITS_OWN = ("crashes", "hosts/desktop", "hosts/notebook", "interop", "simulation")
"""Folders with a session of their own: they need other packages, root, or time."""

DEEP = ("faults", "neighbours", "security")
"""Folders of which the oldest interpreter's word is enough: what they find is seldom the interpreter's, and they take long."""

SIMULATED_RUNS = "20000"


def found_by_pyenv() -> list[str]:
    """The newest version of each series that pyenv has."""
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    releases = [path.name for path in versions.glob("*") if re.fullmatch(r"\d+\.\d+\.\d+", path.name)]
    by_series = ([name for name in releases if name.startswith(f"{series}.")] for series in PYTHONS)
    return [max(names, key=lambda name: int(name.split(".")[2])) for names in by_series if names]


if FOUND_BY_PYENV := found_by_pyenv():  # its shims answer for active versions alone, so nox would miss the others
    os.environ.setdefault("PYENV_VERSION", ":".join(FOUND_BY_PYENV))


def group(*names: str) -> list[str]:
    """The requirements of dependency groups, in a form that pip takes as well as uv."""
    return nox.project.dependency_groups(PROJECT, *names)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The suite against the newest of everything: all of it on the oldest interpreter, all but the deep part on the others."""
    session.install(".", *group("test"))
    elsewhere = NEEDS_ITS_OWN if session.python == PYTHONS[0] else (*NEEDS_ITS_OWN, *DEEP)
    ignored = [f"--ignore=tests/{folder}" for folder in elsewhere]
    session.run("pytest", *TWO_TO_A_CORE, *ignored, "-m", "not backend and not blender", *session.posargs)


@nox.session
def crashes(session: nox.Session) -> None:
    """Processes killed at every change of the disk, full disks, odd file systems; mounting takes root and Linux."""
    session.install(".", *group("test"))
    session.run("pytest", *TWO_TO_A_CORE, "tests/crashes", *session.posargs)


@nox.session
def core(session: nox.Session) -> None:
    """The core alone: no dependency, no I/O, every branch covered."""
    session.install("--no-deps", "--editable", ".")
    session.install(*group("test", "coverage"))
    session.run("coverage", "run", "-m", "pytest", "tests/core", *session.posargs)
    if not session.posargs:
        session.run("coverage", "report")


@nox.session
@nox.parametrize("hub", ["036", "1", "2"], ids=["036", "1", "2"])
def interop(session: nox.Session, hub: str) -> None:
    """The neighbour on the same cache, in each generation that people have; the oldest with our oldest dependencies."""
    session.install(".", *group("test", f"interop-{hub}"))
    ours = ("tests/adapters",) if hub == "036" else ()  # the oldest dependencies; the newest are in every other session
    session.run("pytest", *TWO_TO_A_CORE, "tests/interop", *ours, "-m", "not backend", *session.posargs)


@nox.session
def backends(session: nox.Session) -> None:
    """The real faster-whisper and mlx-lm, loading the tiny models."""
    session.install(".[mlx,whisper]", *group("test"))
    session.run("pytest", "tests/backends", "tests/interop", "-m", "backend", *session.posargs)


@nox.session
def browser(session: nox.Session) -> None:
    """Notebooks: as a file keeps them, and as a person sees them in a real JupyterLab in the system's Chromium."""
    session.install(".[notebook]", *group("browser"))
    session.run("pytest", "tests/hosts/notebook", "-rP", *session.posargs)
    if not session.posargs:
        session.run("pytest", "--nbmake", "--nbmake-timeout=120", "examples/notebook.ipynb")


@nox.session
def desktop(session: nox.Session) -> None:
    """The examples for Qt, Tk, Textual, asyncio, trio and FastAPI, each run and cancelled by its own button."""
    session.install(".", *group("desktop"))
    session.run("pytest", "tests/hosts/desktop", *session.posargs, env={"QT_QPA_PLATFORM": "offscreen"})


@nox.session(python="3.11")
def blender(session: nox.Session) -> None:
    """The add-on in Debian's Blender, with a window and without, and in Blender 5, whose wheel is for one Python alone."""
    session.install(".", *group("blender"))
    session.run("pytest", "tests/hosts/blender", "-m", "blender", "-rP", *session.posargs)


@nox.session
def bare(session: nox.Session) -> None:
    """The package with filelock alone, and a copy of it under another name."""
    session.install("--no-deps", ".")
    session.install("filelock", *group("test"))
    session.run("pytest", *TWO_TO_A_CORE, "tests/test_packaging.py", "tests/test_vendored.py", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Style and spelling; ``nox -s lint -- --fix`` mends what can be mended."""
    session.install(*group("lint"))
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", *([] if session.posargs else ["--check"]))
    session.run("codespell")


@nox.session
def imports(session: nox.Session) -> None:
    """The layers, the purity of the core and the independence of the adapters."""
    session.install(".", *group("imports"))
    session.run("lint-imports", "--no-cache")


@nox.session
def typing(session: nox.Session) -> None:
    """The package and the public API's typing tests, as each platform sees them."""
    session.install(".", *group("typing"))
    api = sorted(str(path) for path in Path("tests/typing").glob("*.py"))
    session.run("mypy", "--platform=linux", "src/modelfetch", *api, *session.posargs)
    for platform in ("darwin", "win32"):  # there, what only Linux reaches is unreachable by design
        session.run("mypy", f"--platform={platform}", "--no-warn-unreachable", "src/modelfetch", *api)


@nox.session
def docs(session: nox.Session) -> None:
    """The pages, with every warning an error, and the examples in them."""
    session.install(".", *group("docs"))
    build = ("sphinx-build", "--fail-on-warning", "--nitpicky", "--keep-going", "--quiet", "--fresh-env")
    session.run(*build, "--builder=html", "docs", "docs/_build/html")
    session.run(*build, "--builder=doctest", "docs", "docs/_build/doctest")


@nox.session
def simulate(session: nox.Session) -> None:
    """Whole downloads in virtual time, from seeds; ``nox -s simulate -- 1000000`` for a long night."""
    seeds, *rest = session.posargs or [SIMULATED_RUNS]
    session.install("--no-deps", ".")
    session.install("filelock", *group("test"))
    session.run("pytest", *TWO_TO_A_CORE, "tests/simulation", "--timeout=0", *rest)
    session.run("python", "-m", "modelfetch.testing.simulator", seeds)


@nox.session
def demo(session: nox.Session) -> None:
    """The main job as a newcomer sees it."""
    session.install(".")
    session.run("modelfetch", "demo", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Side by side with huggingface_hub in one run, as ratios; a look, never a test."""
    session.install(".")
    session.run("python", "benchmarks/run.py", *session.posargs)
