"""What the README shows is true: its code runs, its links lead somewhere. (Its commands run with those of all pages.)"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelfetch.testing import Synthetic
from modelfetch.testing.fixture import isolated_cache as isolated_cache
from modelfetch.testing.fixture import local_hub as local_hub

if TYPE_CHECKING:
    from modelfetch.testing import LocalHub

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_its_code_runs_from_top_to_bottom(local_hub: LocalHub, isolated_cache: Path) -> None:  # noqa: ARG001 - the code finds it in the environment
    whisper = dict.fromkeys(("config.json", "preprocessor_config.json", "tokenizer.json", "vocabulary.json"), b"{}")
    local_hub.add_repo("Systran/faster-whisper-large-v3", {**whisper, "model.bin": Synthetic(2_000_000)})
    local_hub.add_repo("org/name", {"model.safetensors": Synthetic(1000)})
    names: dict[str, Any] = {}

    for code in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL):
        exec(code, names)

    assert not names["result"].path.exists()  # the last line removed it
    names["job"].exception()


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^):]+)\)", TEXT)
    assert links
    assert [link for link in links if not (ROOT / link).is_file()] == []
