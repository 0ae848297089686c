"""The two downloaders on one cache: ours, and huggingface_hub here and in a process of its own."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huggingface_hub import snapshot_download

import modelfetch as mf

if TYPE_CHECKING:
    from modelfetch.testing import LocalHub

REPO = "org/name"

THEIRS = """
import sys
from huggingface_hub import snapshot_download
print(snapshot_download(sys.argv[1], endpoint=sys.argv[2], cache_dir=sys.argv[3], token=False))
"""
"""Downloads with huggingface_hub, and tells where it is."""


def ours(hub: LocalHub, cache: Path, model: str = REPO, **options: Any) -> mf.DownloadResult:
    """Download with modelfetch."""
    return mf.download(model, endpoint=hub.endpoint, cache_dir=cache, token=False, **options)


def theirs(hub: LocalHub, cache: Path, repo: str = REPO, **options: Any) -> Path:
    """Download with huggingface_hub; the snapshot folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it says of its own features is its own business
        return Path(snapshot_download(repo, endpoint=hub.endpoint, cache_dir=cache, token=False, **options))
