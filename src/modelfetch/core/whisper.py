"""The built-in catalog: faster-whisper's names and repos.

Source: ``_MODELS`` of faster-whisper 1.2.1 (``faster_whisper/utils.py``), complete. Sizes are not
listed here: a plan takes them from the Hub, where they are true.
"""

from __future__ import annotations

from .catalog import Catalog, ModelSpec

_REPOS = {
    "tiny.en": "Systran/faster-whisper-tiny.en",
    "tiny": "Systran/faster-whisper-tiny",
    "base.en": "Systran/faster-whisper-base.en",
    "base": "Systran/faster-whisper-base",
    "small.en": "Systran/faster-whisper-small.en",
    "small": "Systran/faster-whisper-small",
    "medium.en": "Systran/faster-whisper-medium.en",
    "medium": "Systran/faster-whisper-medium",
    "large-v1": "Systran/faster-whisper-large-v1",
    "large-v2": "Systran/faster-whisper-large-v2",
    "large-v3": "Systran/faster-whisper-large-v3",
    "large": "Systran/faster-whisper-large-v3",
    "distil-large-v2": "Systran/faster-distil-whisper-large-v2",
    "distil-medium.en": "Systran/faster-distil-whisper-medium.en",
    "distil-small.en": "Systran/faster-distil-whisper-small.en",
    "distil-large-v3": "Systran/faster-distil-whisper-large-v3",
    "distil-large-v3.5": "distil-whisper/distil-large-v3.5-ct2",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
}


def _spec(name: str, repo_id: str) -> ModelSpec:
    english = name.endswith(".en") or name.startswith("distil-")
    return ModelSpec(
        name=name,
        repo_id=repo_id,
        backend="ctranslate2",
        display_name=f"Whisper {name}",
        description="Speech to text, English only" if english else "Speech to text, about 100 languages",
        capabilities=("Speech",) if english else ("Speech", "Multilingual"),
    )


DEFAULT_CATALOG = Catalog(_spec(name, repo_id) for name, repo_id in _REPOS.items())
"""The 19 Whisper names of faster-whisper."""
