"""A toy of a model with a backend of its own, and ways to have models in the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import modelfetch as mf
from modelfetch.testing.models import tiny_llama, tiny_whisper

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from modelfetch.testing import LocalHub

REPO = "org/model"
TOY_FILES = {"toy.txt": b"a toy", "toy.json": b"{}", "README.md": b"read me"}
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 75538270\n"
TWO_LINES = "CUDA driver version is insufficient.\nsecond line"
WHISPER, LLAMA = tiny_whisper(), tiny_llama(shards=2)
SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


class Toy:
    """A loaded toy: what it was made of."""

    def __init__(self, folder: Path, **options: object) -> None:
        self.folder, self.options = folder, options
        self.text = (folder / "toy.txt").read_text()


def toy_backend(**fields: Any) -> mf.Backend:
    given: dict[str, Any] = {
        "name": "toy",
        "needed": (("toy.txt",),),
        "patterns": ("toy.*",),
        "load": Toy,
        "recognises": lambda paths: "a toy" if "toy.txt" in paths else None,
    }
    return mf.register_backend(mf.Backend(**given | fields))


def fetch(hub: LocalHub, cache: Path, files: Mapping[str, bytes], repo: str = REPO, **options: Any) -> Path:
    """Download ``files`` as a repo; the snapshot folder."""
    hub.add_repo(repo, dict(files))
    return mf.download(repo, endpoint=hub.endpoint, cache_dir=cache, **options).path


def lay(cache: Path, files: Mapping[str, bytes], commit: str = "c" * 40, *, ref: str | None = "main") -> Path:
    """Put files into the cache as old programs did: without a record. The snapshot folder."""
    repo = cache / ("models--" + REPO.replace("/", "--"))
    snapshot = repo / "snapshots" / commit
    for path, data in files.items():
        (snapshot / path).parent.mkdir(parents=True, exist_ok=True)
        (snapshot / path).write_bytes(data)
    if ref is not None:
        (repo / "refs").mkdir(parents=True, exist_ok=True)
        (repo / "refs" / ref).write_text(commit)
    return snapshot


def spoil(snapshot: Path, name: str, data: bytes | None) -> None:
    """Replace a file of a snapshot, or remove it."""
    (snapshot / name).unlink()
    if data is not None:
        (snapshot / name).write_bytes(data)
