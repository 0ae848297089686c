"""huggingface_hub passes over our notes, and cleaning passes over its files."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from huggingface_hub import scan_cache_dir, snapshot_download

from modelfetch.adapters.cache import Part, RepoCache
from modelfetch.core.kept.record import Selection
from modelfetch.core.kept.wants import Want
from modelfetch.core.planning.listing import FileEntry

if TYPE_CHECKING:
    from pathlib import Path

REPO, COMMIT = "org/name", "c" * 40
CONTENT = bytes(range(256)) * 1_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
FILE = FileEntry("model.bin", len(CONTENT), DIGEST, DIGEST)


def warnings(root: Path) -> list[str]:
    return [str(warning) for warning in scan_cache_dir(root).warnings]


def test_a_cache_with_notes_is_healthy_and_a_complete_model_is_found_after_cleaning(tmp_path: Path) -> None:
    cache = RepoCache(tmp_path, REPO)
    held = cache.declare(Want(REPO, "main", COMMIT, (FILE,)))
    assert warnings(tmp_path) == []
    part = cache.claim(FILE, COMMIT)
    assert isinstance(part, Part)
    part.keep(0, memoryview(CONTENT)[:1000])
    part.release()
    held.end(keep=True)
    assert warnings(tmp_path) == []

    part = cache.claim(FILE, COMMIT)
    assert isinstance(part, Part)
    part.keep(0, memoryview(CONTENT))
    assert part.digest(FILE.size, lambda: False) == DIGEST
    part.publish()
    cache.link(COMMIT, FILE.path, DIGEST)
    cache.seal(COMMIT, "main", Selection(None, None, (FILE,)))
    cache.clean(partial=True)

    assert warnings(tmp_path) == []
    assert not (tmp_path / "models--org--name" / ".modelfetch" / "v1" / "wants").exists()
    assert snapshot_download(REPO, cache_dir=tmp_path, local_files_only=True) == str(cache.snapshot_path(COMMIT))
