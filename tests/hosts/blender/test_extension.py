"""The zip as an extension of Blender 5, through Blender's own tools: what its ``bpy`` wheel brings."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import SIZE
from .stage import environment

if TYPE_CHECKING:
    from modelfetch.testing import LocalHub

pytestmark = pytest.mark.blender

INSTALLED = """
import json, sys
import bpy

bpy.ops.extensions.package_install_files(filepath=sys.argv[1], repo="user_default", enable_on_install=True)
name = "bl_ext.user_default.whisper_models"
settings = bpy.context.scene.whisper_models
seen = {"version": bpy.app.version_string, "background": bpy.app.background, "choice": settings.model}
seen["absolute"] = sorted({each.partition(".")[0] for each in sys.modules} & {"modelfetch", "filelock", "huggingface_hub"})
seen["offline"] = bpy.ops.whisper_models.download.poll()
bpy.context.preferences.system.use_online_access = True
seen["online"] = bpy.ops.whisper_models.download.poll()
"""

LEFT = """
bpy.ops.preferences.addon_disable(module=name)
seen["registered"] = hasattr(bpy.types.Scene, "whisper_models")
print("SEEN", json.dumps(seen))
"""

WITH_A_TOKEN = """
bpy.context.preferences.addons[name].preferences.token = " hf_secret "
"""

DOWNLOADED = """
seen["ended"] = sorted(bpy.ops.whisper_models.download())
run = sys.modules[name + ".runtime"].session().look().run
seen["bytes"] = run.progress.bytes_downloaded
seen["status"] = settings.status
"""


def wheel() -> Path:
    """Where the ``bpy`` wheel lies; it is not imported here, because it is a whole Blender."""
    found = find_spec("bpy")
    assert found is not None, "the wheel is not installed: pip install bpy==5.0.1 (Python 3.11)"
    assert found.origin is not None
    return Path(found.origin).parent


def in_blender(script: str, addon_zip: Path, hub: LocalHub, home: Path) -> Any:
    """What ``script`` has seen inside Blender."""
    command = [sys.executable, "-c", script, str(addon_zip)]
    done = subprocess.run(
        command, env=environment(home, hub.endpoint), cwd=home, capture_output=True, text=True, check=False, timeout=100
    )
    said = [line.removeprefix("SEEN ") for line in done.stdout.splitlines() if line.startswith("SEEN ")]
    assert said, done.stdout + done.stderr
    assert done.returncode == 0
    return json.loads(said[0])


def test_blenders_own_script_finds_the_zip_valid(addon_zip: Path) -> None:
    (script,) = wheel().glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py")

    done = subprocess.run(
        [sys.executable, str(script), "validate", str(addon_zip)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Success" in done.stdout


def test_it_is_installed_enabled_and_disabled_as_an_extension(addon_zip: Path, hub: LocalHub, tmp_path: Path) -> None:
    seen = in_blender(INSTALLED + LEFT, addon_zip, hub, tmp_path)

    assert seen["version"].startswith("5.")
    assert seen["choice"] == "small"
    assert seen["absolute"] == []
    assert seen["registered"] is False
    assert hub.requests == ()


def test_nothing_is_downloaded_before_the_user_allows_online_access(
    addon_zip: Path, hub: LocalHub, tmp_path: Path
) -> None:
    seen = in_blender(INSTALLED + LEFT, addon_zip, hub, tmp_path)

    assert (seen["offline"], seen["online"]) == (False, True)


def test_in_background_mode_the_operator_blocks_until_the_model_is_there(
    addon_zip: Path, hub: LocalHub, tmp_path: Path
) -> None:
    seen = in_blender(INSTALLED + DOWNLOADED + LEFT, addon_zip, hub, tmp_path)

    assert seen["background"] is True
    assert (seen["ended"], seen["bytes"], seen["status"]) == (["FINISHED"], SIZE, "Downloaded")


def test_no_token_is_needed_and_the_one_in_the_preferences_is_used(
    addon_zip: Path, hub: LocalHub, tmp_path: Path
) -> None:
    hub.add_token("hf_secret")
    (tmp_path / "without").mkdir()
    (tmp_path / "with").mkdir()

    in_blender(INSTALLED + DOWNLOADED + LEFT, addon_zip, hub, tmp_path / "without")
    assert {request.headers.get("authorization") for request in hub.requests} == {None}

    in_blender(INSTALLED + WITH_A_TOKEN + DOWNLOADED + LEFT, addon_zip, hub, tmp_path / "with")
    assert "Bearer hf_secret" in {request.headers.get("authorization") for request in hub.requests}
    assert hub.leaked_tokens == ()
