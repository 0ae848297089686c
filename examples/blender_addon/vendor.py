"""Copy modelfetch and filelock into an add-on: ``python vendor.py path/to/addon/_vendor``.

Rule: a copy finds its own parts through relative imports alone, so any number of them, under any names, live in one
process. modelfetch is written that way; where it asks for filelock, and where filelock asks for itself, the import is
made relative on the way. What a host never calls is left out.
"""

from __future__ import annotations

import argparse
import ast
import shutil
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
NEVER_CALLED = {"testing", "cli", "ui", "__main__.py"}
"""Parts of modelfetch that nothing else in it needs: the test kit, the terminal, and the widgets of other hosts."""

BESIDE = "filelock"
"""The one package that modelfetch cannot do without."""


def vendor(folder: Path) -> None:
    """Make ``folder`` a package that holds both. What was in it before is removed."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(
        '"""Copies of what this add-on needs; made by vendor.py."""\n', encoding="utf-8"
    )
    copy(modelfetch_source(), folder / "modelfetch", NEVER_CALLED)
    copy(package_folder(BESIDE), folder / BESIDE, set())
    copy_licence("modelfetch", folder / "modelfetch")
    copy_licence(BESIDE, folder / BESIDE)
    for path in sorted(folder.rglob("*.py")):
        make_relative(path, folder)


def modelfetch_source() -> Path:
    """The package of this checkout, or the installed one where this script was copied elsewhere."""
    here = REPOSITORY / "src" / "modelfetch"
    return here if here.is_dir() else package_folder("modelfetch")


def package_folder(name: str) -> Path:
    """Where an installed package lies. Raises SystemExit with the remedy when it is not installed."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        message = (
            f"The package {name} is not installed, and it is to be copied. Nothing was built; run: pip install {name}"
        )
        raise SystemExit(message)
    return Path(spec.origin).parent


def copy(source: Path, target: Path, left_out: set[str]) -> None:
    """A package without what was compiled and without ``left_out``, names of its own folder."""

    def ignored(folder: str, names: list[str]) -> set[str]:
        here = left_out if Path(folder) == source else set()
        return {name for name in names if name in here or name == "__pycache__" or name.endswith(".pyc")}

    shutil.copytree(source, target, ignore=ignored)


def copy_licence(name: str, target: Path) -> None:
    """The licence beside the copy, as both licences ask for."""
    ours = REPOSITORY / "LICENSE"
    if name == "modelfetch" and ours.is_file():
        shutil.copyfile(ours, target / "LICENSE")
        return
    for file in distribution(name).files or ():
        if file.name.startswith("LICENSE"):
            shutil.copyfile(Path(str(file.locate())), target / file.name)


def make_relative(path: Path, root: Path) -> None:
    """Rewrite ``from filelock... import`` in one file; nothing else of it changes."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    dots = "." * len(path.relative_to(root).parts)
    for line, column in absolute_imports(text, path):
        start = "from "
        head, tail = lines[line][:column], lines[line][column + len(start) :]
        lines[line] = f"{head}{start}{dots}{tail}"
    path.write_text("".join(lines), encoding="utf-8")


def absolute_imports(text: str, path: Path) -> Iterator[tuple[int, int]]:
    """Line and column, counted from 0, of each absolute import of filelock's. Raises SystemExit for a form unknown here."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").partition(".")[0] == BESIDE:
            yield node.lineno - 1, node.col_offset
        elif isinstance(node, ast.Import) and any(each.name.partition(".")[0] == BESIDE for each in node.names):
            message = (
                f"{path}, line {node.lineno}: 'import {BESIDE}' cannot be made relative; 'from {BESIDE} import' was "
                "expected. The copy is not complete."
            )
            raise SystemExit(message)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the package to make, such as my_addon/_vendor; it is emptied first")
    folder: Path = parser.parse_args().folder
    vendor(folder)
    print(f"modelfetch and {BESIDE} are in {folder}")


if __name__ == "__main__":
    main()
