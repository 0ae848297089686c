"""A process that dies loses nothing it had journalled, and blocks nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modelfetch.core.ranges import ByteRange, RangeSet
from modelfetch.core.transfer.ports import Busy

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Scene

MIB = 1 << 20

OWNER = """
import sys
from pathlib import Path
from modelfetch.adapters.cache import RepoCache
from modelfetch.core.planning.listing import FileEntry

root, path, size, blob_id, commit = sys.argv[1:]
content = bytes(range(256)) * 10_240
part = RepoCache(Path(root), "org/name").claim(FileEntry(path, int(size), blob_id, blob_id), commit)
for start, stop in ((0, 1 << 20), (2 << 20, (2 << 20) + 500)):
    part.keep(start, content[start:stop])
print("ready", flush=True)
sys.stdin.read(1)
"""

KEPT = RangeSet.of([ByteRange(0, MIB), ByteRange(2 * MIB, 2 * MIB + 500)])


def test_what_a_killed_process_had_journalled_is_never_fetched_again(
    scene: Scene, run_python: Callable[..., Any]
) -> None:
    file = scene.file
    owner = run_python(OWNER, str(scene.root), file.path, str(file.size), file.blob_id, scene.commit)
    assert owner.stdout.readline() == "ready\n"
    assert scene.cache.claim(file, scene.commit) == Busy(KEPT.size)
    owner.kill()
    owner.wait(30)
    part = scene.claim()
    assert part.kept == KEPT
    assert part.audit(lambda: False) == RangeSet()
    for hole in part.kept.holes(file.size):
        scene.bring(part, hole.start, hole.stop)
    assert part.digest(file.size, lambda: False) == file.blob_id
    part.publish()
    assert scene.blob.read_bytes() == scene.content
