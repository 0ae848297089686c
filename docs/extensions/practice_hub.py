"""What the examples in the pages run against: a Hub on this machine with small models under the names that they use."""

from __future__ import annotations

import os
import tempfile

from modelfetch.testing import LocalHub, Synthetic

FILES = ("config.json", "preprocessor_config.json", "tokenizer.json", "vocabulary.txt")
SIZES = {"tiny": 3_000_000, "base": 4_000_000, "small": 12_000_000, "large-v3": 5_000_000}
FOREIGN = ("HF_", "HUGGING", "TRANSFORMERS_", "XDG_CACHE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


class Practice:
    """The Hub and an empty cache, found through the environment as a reader's own are."""

    def __init__(self) -> None:
        self._before = dict(os.environ)
        self._home = tempfile.TemporaryDirectory(prefix="modelfetch-docs-")
        self.hub = LocalHub().start()
        for name, size in SIZES.items():
            texts = dict.fromkeys(FILES, b"{}")
            self.hub.add_repo(f"Systran/faster-whisper-{name}", {**texts, "model.bin": Synthetic(size)})
        self.hub.add_repo("org/name", {"config.json": b"{}", "model.safetensors": Synthetic(2_000_000)}).tag("v1.0")
        for name in [name for name in os.environ if name.upper().startswith(FOREIGN)]:
            del os.environ[name]
        os.environ.update(HF_HOME=self._home.name, HF_ENDPOINT=self.hub.endpoint, NO_PROXY="*")

    def end(self) -> None:
        """Leave everything as it was."""
        self.hub.stop()
        os.environ.clear()
        os.environ.update(self._before)
        self._home.cleanup()


def silent(*_: object, **__: object) -> None:
    """``print`` for the pages: what it would say differs from run to run."""
