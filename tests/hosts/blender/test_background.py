"""``blender -b`` of Debian's Blender 3.4: no window, no event loop, so the operator blocks."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .conftest import SIZE, WEIGHTS
from .stage import environment, tool

if TYPE_CHECKING:
    from modelfetch.testing import LocalHub

pytestmark = pytest.mark.blender

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "blender.md"

INSTALL = (
    "bpy.ops.preferences.addon_install(filepath={zip!r}); bpy.ops.preferences.addon_enable(module='whisper_models')"
)


def blender(addon_zip: Path, hub: LocalHub, home: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run ``code`` with the add-on enabled; a Python error ends it with 9."""
    script = f"import bpy; {INSTALL.format(zip=str(addon_zip))}; {code}"
    command = [tool("blender"), "-b", "--factory-startup", "--python-exit-code", "9", "--python-expr", script]
    return subprocess.run(
        command, env=environment(home, hub.endpoint), capture_output=True, text=True, check=False, timeout=100
    )


def test_a_script_downloads_and_goes_on_when_the_model_is_there(addon_zip: Path, hub: LocalHub, tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)

    done = blender(addon_zip, hub, tmp_path, f"{code}\nprint('now', bpy.context.scene.whisper_models.status)")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "now Downloaded" in done.stdout
    assert hub.body_bytes() == SIZE
    (weights,) = (tmp_path / "huggingface" / "hub").glob("models--Systran--faster-whisper-small/snapshots/*/model.bin")
    assert weights.stat().st_size == WEIGHTS


def test_a_failure_ends_the_script_with_its_message(addon_zip: Path, hub: LocalHub, tmp_path: Path) -> None:
    done = blender(addon_zip, hub, tmp_path, "bpy.ops.whisper_models.download(model='tiny')")

    assert done.returncode == 9
    assert "Whisper tiny" in done.stdout + done.stderr


def test_a_missing_faster_whisper_is_reported_with_the_command_that_helps(
    addon_zip: Path, hub: LocalHub, tmp_path: Path
) -> None:
    done = blender(addon_zip, hub, tmp_path, "bpy.ops.whisper_models.load(model='small')")

    assert done.returncode == 9
    assert "-m pip install faster-whisper" in done.stdout + done.stderr


def test_blender_ends_at_once_when_a_script_leaves_a_download_running(
    addon_zip: Path, hub: LocalHub, tmp_path: Path
) -> None:
    hub.bandwidth = 100_000
    code = "import whisper_models.runtime as r; r.session().start('small'); print('left', r.session().wait(0.5))"

    done = blender(addon_zip, hub, tmp_path, code)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "left False" in done.stdout
    hub.wait_until_quiet()
    assert hub.body_bytes() < SIZE
