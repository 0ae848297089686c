"""What a notebook needs is in every copy of the package, and costs those nothing who have no notebook."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import modelfetch

PACKAGE = Path(modelfetch.__file__).parent
ROOT = Path(__file__).parents[3]
DATA = ("ui/notebook.js", "ui/notebook.css")
HEAVY = {"anywidget", "ipywidgets", "IPython", "traitlets"}


def run(script: str, path: Path, *arguments: str) -> str:
    """What a script prints in a process that finds packages in ``path`` too."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(path)!r})\n{script}", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def test_the_script_and_the_style_are_in_the_wheel(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, check=True, cwd=ROOT, capture_output=True, timeout=60)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name: archive.read(f"modelfetch/{name}") for name in DATA}
    assert packed == {name: (PACKAGE / name).read_bytes() for name in DATA}


def test_a_vendored_copy_shows_cards_with_its_own_script(tmp_path: Path) -> None:
    copy = tmp_path / "addon" / "_vendor" / "models"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "ui" / "notebook.css").write_text(".vendored {}", encoding="utf-8")
    script = (
        "from addon._vendor import models as mf\n"
        "card = mf.ui.notebook.show(mf.DownloadJob(None, name='any'))\n"
        "print(card.widget._css, len(card.widget._esm) > 1000)"
    )
    assert run(script, tmp_path) == ".vendored {} True"


def test_importing_the_package_or_the_module_of_cards_loads_no_widget() -> None:
    script = (
        "before = set(sys.modules)\nimport modelfetch, modelfetch.job\n"
        "assert 'modelfetch.ui.notebook' not in sys.modules\n"
        "modelfetch.ui.notebook\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    assert set(run(script, PACKAGE.parent).split()) & HEAVY == set()


def test_a_job_that_nobody_looks_at_loads_no_widget() -> None:
    script = "import modelfetch\nrepr(modelfetch.DownloadJob(None))\nprint('modelfetch.ui' in sys.modules)"
    assert run(script, PACKAGE.parent) == "False"
