"""A host that forks while it downloads: its children neither hold the download's lock nor disturb it, and may download."""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from ..download.kit import REPO, assert_right
from .company import FILES, TOTAL, assert_once

if TYPE_CHECKING:
    import subprocess

    from ..download.kit import World

KEPT = 1_000_000
"""Bytes on disk before anything is forked."""

BEGIN = f"""
import gc, json, multiprocessing, os, signal, sys, time, warnings
warnings.simplefilter("ignore")  # newer interpreters warn of forking with threads: that is what is tried here
import modelfetch as mf

model, options = sys.argv[1], json.loads(sys.argv[2])

def started(**more):
    job = mf.start_download(model, **options, **more)
    while job.snapshot().bytes_downloaded < {KEPT}:
        time.sleep(0.005)
    return job

def say(word):
    print(json.dumps(word), flush=True)
"""

CHILD_OUTLIVES = """
job = started(max_connections=2)
if child := os.fork():
    say(child)
    job.result(60)
else:
    signal.pause()
"""

CHILDREN_COME_AND_GO = """
job = started()
forked = multiprocessing.get_context("fork")
for leave in (lambda: None, gc.collect, job.snapshot, lambda: sys.exit(0)) * 5:
    child = forked.Process(target=leave)
    child.start()
    child.join(30)
    assert child.exitcode == 0, child.exitcode
say(str(job.result(60).path))
"""

A_CHILD_EXITS = """
job = started()
for _ in range(10):
    if not (child := os.fork()):
        sys.exit(0)  # with its exit hooks, unlike a child of multiprocessing
    _, status = os.waitpid(child, 0)
    assert status == 0, status
say(str(job.result(60).path))
"""

A_CHILD_DOWNLOADS = """
def fetch(pipe):
    values = []
    result = mf.download(model, progress=lambda progress: values.append(progress.bytes_downloaded), **options)
    pipe.send([str(result.path), values == sorted(values), len(set(values))])

job = started()
forked = multiprocessing.get_context("fork")
ours, theirs = forked.Pipe()
child = forked.Process(target=fetch, args=(theirs,))
child.start()
child_told = ours.recv()
child.join(30)
say([child.exitcode, child_told, str(job.result(60).path)])
"""


def forking(world: World, script: str) -> subprocess.Popen[str]:
    """A host that runs ``script``."""
    return world.run(BEGIN + script, REPO, json.dumps(world.options(), default=str))


def told(host: subprocess.Popen[str]) -> Any:
    """What a host said in the end."""
    out, err = host.communicate(timeout=90)
    assert host.returncode == 0, err
    return json.loads(out)


if hasattr(os, "fork") and sys.platform != "darwin":  # there a fork of a process with threads is not to be survived

    def test_a_forked_child_that_outlives_a_killed_parent_holds_nothing(shared: World) -> None:
        host = forking(shared, CHILD_OUTLIVES)
        assert host.stdout
        child = json.loads(host.stdout.readline())
        try:
            host.kill()
            host.wait()

            result = shared.download()
        finally:
            os.kill(child, signal.SIGKILL)

        assert_right(result.path, FILES)
        assert result.bytes_transferred <= TOTAL - KEPT  # the hub goes on sending to a socket that the child inherited
        assert shared.left_over() == []

    def test_children_that_come_and_go_do_not_disturb_the_download(shared: World) -> None:
        path = told(forking(shared, CHILDREN_COME_AND_GO))

        assert path.endswith(shared.plan().commit)
        assert_right(shared.download().path, FILES)
        assert_once(shared)

    def test_a_child_that_exits_with_its_hooks_does_not_end_the_parents_download(shared: World) -> None:
        path = told(forking(shared, A_CHILD_EXITS))

        assert path.endswith(shared.plan().commit)
        assert_once(shared)

    def test_a_forked_child_follows_the_download_of_its_parent(shared: World) -> None:
        exitcode, (path, in_order, values), parents = told(forking(shared, A_CHILD_DOWNLOADS))

        assert (exitcode, path, in_order) == (0, parents, True)
        assert values > 2
        assert_once(shared)
