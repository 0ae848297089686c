"""The models to choose from: the Whisper models that faster-whisper knows, each repo once."""

from __future__ import annotations

from ._vendor.modelfetch import DEFAULT_CATALOG, Catalog, ModelSpec


def each_repo_once() -> Catalog:
    """The catalog's Whisper models; of two names for one repo the first, which is the full one."""
    by_repo: dict[str, ModelSpec] = {}
    for spec in DEFAULT_CATALOG.values():
        if spec.backend == "ctranslate2":
            by_repo.setdefault(spec.repo_id, spec)
    return Catalog(by_repo.values())


MODELS = each_repo_once()
FIRST_CHOICE = "small"
"""What a new scene proposes: good subtitles on a machine without a large graphics card."""
