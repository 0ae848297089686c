"""CTranslate2 through faster-whisper: the files of a Whisper model.

Source: ``download_model`` of faster-whisper 1.2.1. ``tokenizer.json`` counts as needed because faster-whisper
asks the Hub for it when it is not there; ``preprocessor_config.json`` does not, because models with 80 mel bands ship none.
"""

from __future__ import annotations

from .files import BackendFiles

CTRANSLATE2 = BackendFiles(
    name="ctranslate2",
    patterns=("config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*"),
    needed=(("model.bin",), ("config.json",), ("tokenizer.json",), ("vocabulary.json", "vocabulary.txt")),
)
