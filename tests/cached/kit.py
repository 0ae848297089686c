"""The one model of these tests, and ways to have it in the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

import modelfetch as mf
from modelfetch.testing import Stall, Synthetic
from modelfetch.testing.models import tiny_whisper

from ..download.kit import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from modelfetch.testing import LocalHub

REPO = "org/name"
FILES = {"config.json": b"{}", "model.bin": b"weights", "tokenizer.json": b"{ }", "vocabulary.txt": b"a\nb\n"}
SIZE = sum(map(len, FILES.values()))
WHISPER = tiny_whisper()
"""Files that can be loaded: where nobody noted what was downloaded, they are looked into."""

KEPT = 1_000_000
"""The fewest bytes that an interrupted download leaves."""


def folder_in(cache: Path) -> Path:
    """The model's folder."""
    return cache / "models--org--name"


def fetch(hub: LocalHub, cache: Path, model: str = REPO, *, revision: str | None = None) -> mf.DownloadResult:
    """Download it."""
    return mf.download(model, revision=revision, cache_dir=cache, endpoint=hub.endpoint, token=False)


def interrupt(hub: LocalHub, cache: Path) -> None:
    """Download another state of it, of one large file, and cancel in the middle."""
    hub.add_repo(REPO, {"model.bin": Synthetic(4 * KEPT)})
    hub.inject(Stall(after=2 * KEPT))
    job = mf.start_download(REPO, cache_dir=cache, endpoint=hub.endpoint, token=False)
    wait_until(lambda: job.snapshot().bytes_downloaded >= KEPT, "the middle")
    job.cancel()
    assert isinstance(job.exception(10), mf.DownloadCancelled)


def forget_notes(cache: Path) -> None:
    """Leave nothing that says what was downloaded."""
    for folder in (".modelfetch", "trees"):
        for note in (folder_in(cache) / folder).rglob("*.json"):
            note.unlink()
