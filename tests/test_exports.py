"""The public names: all at the top, each in the reference, nothing imported before it is used."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import modelfetch as mf

ROOT = Path(__file__).parent.parent
SOURCE = Path(mf.__file__)


def _imported_for_checkers() -> set[str]:
    """The names that ``__init__`` shows to type checkers."""
    guard = next(node for node in ast.parse(SOURCE.read_text()).body if isinstance(node, ast.If))
    return {name.name for node in guard.body if isinstance(node, ast.ImportFrom) for name in node.names}


def test_every_public_name_can_be_fetched() -> None:
    assert all(getattr(mf, name) is not None for name in mf.__all__)


def test_checkers_see_the_names_that_programs_get() -> None:
    assert _imported_for_checkers() | {"__version__"} == set(mf.__all__)


def test_every_public_name_is_in_the_reference() -> None:
    reference = "\n".join(page.read_text() for page in (ROOT / "docs" / "reference").glob("*.md"))

    missing = [name for name in mf.__all__ if f"modelfetch.{name}" not in reference and name != "__version__"]

    assert missing == []


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    assert not hasattr(mf, "no_such_name")


def test_dir_lists_the_public_names() -> None:
    assert set(mf.__all__) <= set(dir(mf))


def test_importing_the_package_loads_none_of_its_modules() -> None:
    code = "import sys, modelfetch; print([name for name in sys.modules if name.startswith('modelfetch.')])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
