"""Build the add-on: ``python build.py`` writes one zip, for Blender 4.2 and later and, as a legacy add-on, for 3.4 to 4.1.

Rule: the same sources give the same zip, byte for byte. All of it lies in one folder, because a legacy add-on is found by
the name of that folder, and an extension's manifest is looked for in a lone folder as well.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import tomllib
import zipfile
from pathlib import Path

from vendor import vendor

HERE = Path(__file__).resolve().parent
SOURCE = HERE / "whisper_models"
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip can name."""


def assemble(folder: Path) -> Path:
    """The add-on, complete, in a folder of its own inside ``folder``; where that is."""
    addon = folder / SOURCE.name
    shutil.copytree(SOURCE, addon, ignore=shutil.ignore_patterns("__pycache__", "_vendor"))
    vendor(addon / "_vendor")
    return addon


def build(output: Path) -> Path:
    """Write the zip into the folder ``output``; its path."""
    manifest = tomllib.loads((SOURCE / "blender_manifest.toml").read_text(encoding="utf-8"))
    output.mkdir(parents=True, exist_ok=True)
    target = output / f"{manifest['id']}-{manifest['version']}.zip"
    with tempfile.TemporaryDirectory() as folder:
        pack(assemble(Path(folder)), target)
    return target


def pack(addon: Path, target: Path) -> None:
    """All files of ``addon`` in a zip, in the order of their names."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(addon.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(addon.parent).as_posix(), LONG_AGO)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes())


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=HERE / "dist", help="folder for the zip (default: %(default)s)")
    print(build(parser.parse_args().output))


if __name__ == "__main__":
    main()
