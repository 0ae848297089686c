"""Memory does not grow with the model: not with its size, not with its files, and what was used is given back."""

from __future__ import annotations

import gc
import json
from typing import TYPE_CHECKING

import modelfetch as mf
from modelfetch.adapters.cache import Part
from modelfetch.testing import Synthetic

from .kit import MIB, REPO

if TYPE_CHECKING:
    from .kit import World

MANY = {f"{number}.bin": Synthetic(MIB, number) for number in range(150)}
ALLOWED = 40 * 10**6
"""Bytes over the interpreter and its imports (contract 3.4.6)."""

GROWTH = """
import json, resource, sys
import filelock
import modelfetch as mf
mf.plan_download(sys.argv[1], **json.loads(sys.argv[2]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
mf.download(sys.argv[1], **json.loads(sys.argv[2]))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


def test_many_files_take_no_more_memory_than_a_few(world: World) -> None:
    world.publish(MANY)
    child = world.run(GROWTH, REPO, json.dumps(world.options(), default=str))
    grown, _ = child.communicate(timeout=120)
    assert int(grown) < ALLOWED


def test_what_a_download_held_is_let_go_at_its_end_though_its_handle_is_kept(world: World) -> None:
    world.publish({f"{number}.bin": Synthetic(1_000, number) for number in range(20)})
    manager = mf.DownloadManager(**world.options())
    job = manager.start(REPO)
    job.result(60)
    gc.collect()
    assert [kept for kept in gc.get_objects() if isinstance(kept, Part)] == []
    assert job.done()
