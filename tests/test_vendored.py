"""Copied under another name into an add-on, with filelock and the standard library alone, and twice in one process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import modelfetch
from modelfetch.testing import LocalHub, Synthetic

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(modelfetch.__file__).parent
WEIGHTS = Synthetic(2_000_000, 1)
CONFIG = b'{"model_type": "whisper"}'

ALONE = """
import importlib.abc, json, sys

FORBIDDEN = {"modelfetch", "huggingface_hub", "tqdm", "hf_xet", "requests", "httpx", "httpx2", "pytest"}

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in FORBIDDEN:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
endpoint, cache, repo = sys.argv[1:]
options = {"endpoint": endpoint, "cache_dir": cache, "token": False}
"""
"""An interpreter in which nothing is installed that the core may not need."""


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    with LocalHub() as hub:
        hub.add_repo("org/model", {"model.bin": WEIGHTS, "config.json": CONFIG})
        yield hub


@pytest.fixture
def addon(tmp_path: Path) -> Path:
    """The folder that holds the package ``addon``, with two copies of ours inside."""
    for copy in ("modelfetch_copy", "another_copy"):
        folder = tmp_path / "site" / "addon" / "_vendor" / copy
        shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "site"


def run(script: str, site: Path, hub: LocalHub, cache: Path) -> Any:
    """What a script prints as JSON, in a process that finds the add-on and not us."""
    environment = os.environ | {"PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", ALONE + script, hub.endpoint, str(cache), "org/model"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False, cwd=site)
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_a_copy_downloads_with_filelock_alone(addon: Path, hub: LocalHub, tmp_path: Path) -> None:
    script = """
from addon._vendor import modelfetch_copy as mf

seen = []
result = mf.download(repo, progress=seen.append, **options)
again = mf.download(mf.DownloadPlan.from_json(mf.plan_download(repo, **options).to_json()), **options)
ours = sorted(name for name in sys.modules if name.partition(".")[0] in FORBIDDEN)
print(json.dumps([str(result.path), seen[-1].status.value, again.bytes_transferred, ours, mf.DownloadPlan.__module__]))
"""
    path, status, again, forbidden, home = run(script, addon, hub, tmp_path / "cache")

    assert (Path(path) / "config.json").read_bytes() == CONFIG
    assert (Path(path) / "model.bin").stat().st_size == WEIGHTS.size
    assert (status, again, forbidden) == ("complete", 0, [])
    assert home.startswith("addon._vendor.modelfetch_copy.")
    assert hub.body_bytes() == WEIGHTS.size + len(CONFIG)


def test_two_copies_in_one_process_share_a_cache_and_fetch_once(addon: Path, hub: LocalHub, tmp_path: Path) -> None:
    script = """
from addon._vendor import modelfetch_copy as one
from addon._vendor import another_copy as two

jobs = [each.start_download(repo, **options) for each in (one, two)]
paths = {str(job.result(30).path) for job in jobs}
print(json.dumps([sorted(paths), one.DownloadPlan is two.DownloadPlan]))
"""
    hub.bandwidth = 2_000_000

    paths, same = run(script, addon, hub, tmp_path / "cache")

    assert len(paths) == 1
    assert same is False
    assert hub.body_bytes() <= 1.02 * (WEIGHTS.size + len(CONFIG))


def test_what_one_copy_raises_another_does_not_catch(addon: Path, hub: LocalHub, tmp_path: Path) -> None:
    script = """
from addon._vendor import modelfetch_copy as one
from addon._vendor import another_copy as two

try:
    one.download("org/nothing", **options)
except two.ModelFetchError:
    print(json.dumps("caught by the other"))
except one.ModelNotFoundError:
    print(json.dumps("caught by its own"))
"""
    assert run(script, addon, hub, tmp_path / "cache") == "caught by its own"


def test_every_module_of_a_copy_can_be_imported_under_its_new_name(addon: Path, hub: LocalHub, tmp_path: Path) -> None:
    """What needs a package that is not there is imported when it is used, not before (the test kit's fixtures aside)."""
    script = """
import importlib, pkgutil
from addon._vendor import modelfetch_copy as mf

skipped = (".testing.fixture", ".__main__")
names = [each.name for each in pkgutil.walk_packages(mf.__path__, mf.__name__ + ".") if not each.name.endswith(skipped)]
for name in names:
    importlib.import_module(name)
print(len(names))
"""
    assert run(script, addon, hub, tmp_path / "cache")
