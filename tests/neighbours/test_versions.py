"""Two versions of us on one cache, and one version under two names."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from ..download.kit import LOST_PER_CONNECTION, MIB, SOURCE, assert_right
from .company import FILES, ONCE, SIZE, TOTAL, assert_once, copy_of_ours, joined, peer, served

if TYPE_CHECKING:
    from pathlib import Path

    from ..download.kit import World

LATER = {
    "core__transfer__journal": ('HEADER = "modelfetch.journal/1"', 'HEADER = "modelfetch.journal/2"'),
    "adapters__cache__layout": ('".modelfetch", "v1"', '".modelfetch", "v2"'),
}
"""What a release that changes the journal changes first: its version, and with it the folder of parts and journals."""

NOBODYS = b"modelfetch.journal/9 "
"""How a journal begins that no version of today can have written."""


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a later version can be imported, as ``modelfetch_later``."""
    return copy_of_ours(tmp_path_factory.mktemp("later"), "modelfetch_later", **LATER)


@pytest.fixture(scope="module")
def vendored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which this version can be imported under another name, as ``vendored_fetch``."""
    return copy_of_ours(tmp_path_factory.mktemp("vendored"), "vendored_fetch")


def left_by(folder: Path) -> dict[str, bytes]:
    """The parts and journals in a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in {".part", ".journal"}}


# ---------------------------------------------------------------- two versions


@pytest.mark.parametrize("first", ["modelfetch", "modelfetch_later"])
def test_two_versions_at_once_are_right_and_fetch_once(shared: World, later: Path, first: str) -> None:
    """They share the locks, which are huggingface_hub's, but neither reads what the other has not finished."""
    second = {"modelfetch": "modelfetch_later", "modelfetch_later": "modelfetch"}[first]
    site = {"modelfetch": SOURCE, "modelfetch_later": later}
    owner = peer(shared, package=first, site=site[first])
    served(shared, MIB)
    other = joined(shared, package=second, site=site[second])

    path = owner.path()

    assert other.path() == path
    assert_right(path, FILES)
    for each in (owner, other):
        each.assert_sound()
    assert_once(shared)


@pytest.mark.parametrize("first", ["modelfetch", "modelfetch_later"])
def test_a_version_that_is_killed_blocks_no_other_and_its_part_is_left_alone(
    shared: World, later: Path, first: str
) -> None:
    second, folder = {"modelfetch": ("modelfetch_later", "v1"), "modelfetch_later": ("modelfetch", "v2")}[first]
    site = {"modelfetch": SOURCE, "modelfetch_later": later}
    dead = peer(shared, package=first, site=site[first], allow_patterns="model.bin")
    dead.wait_for_bytes(3 * MIB)
    dead.kill()
    left = left_by(shared.folder / ".modelfetch" / folder)
    assert sorted(name.rpartition(".")[2] for name in left) == ["journal", "part"]

    path = peer(shared, package=second, site=site[second], allow_patterns="model.bin").path()

    assert_right(path, {"model.bin": FILES["model.bin"]})
    assert left_by(shared.folder / ".modelfetch" / folder) == left
    assert shared.hub.body_bytes() <= 2 * SIZE


def test_what_the_versions_left_is_taken_up_by_each_its_own(shared: World, later: Path) -> None:
    ours = peer(shared, allow_patterns="model.bin")
    ours.wait_for_bytes(3 * MIB)
    ours.kill()
    theirs = peer(shared, package="modelfetch_later", site=later, allow_patterns="model.bin")
    theirs.wait_for_bytes(2 * MIB)
    theirs.kill()
    [journal] = shared.journals().values()
    shared.hub.clear()

    assert_right(shared.download(allow_patterns="model.bin").path, {"model.bin": FILES["model.bin"]})

    assert shared.hub.body_bytes() == SIZE - journal.kept.size


def test_a_journal_of_an_unknown_version_counts_for_nothing(world: World) -> None:
    """Its part is written over from the start: without the journal nobody can tell what is in it."""
    world.publish(FILES)
    world.interrupted(after=3 * MIB, allow_patterns="model.bin")
    [journal] = world.guests.glob("*.journal")
    journal.write_bytes(NOBODYS + journal.read_bytes().partition(b" ")[2])
    world.hub.clear()

    assert world.plan(allow_patterns="model.bin").partial_bytes == 0
    assert_right(world.download(allow_patterns="model.bin").path, {"model.bin": FILES["model.bin"]})

    assert world.hub.body_bytes() == SIZE
    assert world.left_over() == []


def test_folders_of_versions_to_come_are_nobodys_business(world: World) -> None:
    world.publish(FILES)
    foreign = world.folder / ".modelfetch" / "v9" / "whatever.part"
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(b"theirs")

    assert_right(world.download().path, FILES)

    assert foreign.read_bytes() == b"theirs"


# ---------------------------------------------------------------- one version, two names

TWO = """
import json, sys
import modelfetch as installed
import vendored_fetch as vendored

model, options = sys.argv[1], json.loads(sys.argv[2])
jobs = [each.start_download(model, **options) for each in (installed, vendored)]
seen = [set(), set()]
for job, values in zip(jobs, seen):
    job.subscribe(lambda progress, values=values: values.add(progress.bytes_downloaded), interval=0.05)
paths = {str(job.result(60).path) for job in jobs}
print(json.dumps([sorted(paths), [len(values) for values in seen], installed.DownloadJob is vendored.DownloadJob]))
"""


def test_an_installed_and_a_vendored_copy_in_one_process_fetch_once(shared: World, vendored: Path) -> None:
    options = json.dumps(shared.options(), default=str)
    search = f"{SOURCE}{os.pathsep}{vendored}"
    child = shared.run(TWO, "org/model", options, PYTHONPATH=search)

    out, err = child.communicate(timeout=60)

    assert err == ""
    paths, values, same = json.loads(out)
    assert (len(paths), same) == (1, False)
    assert min(values) > 2, "each shows the other's progress"
    assert_once(shared)


def test_an_installed_and_a_vendored_copy_in_two_processes_follow_each_other(shared: World, vendored: Path) -> None:
    owner = peer(shared)
    served(shared, MIB)
    follower = joined(shared, package="vendored_fetch", site=vendored)

    path = owner.path()

    assert follower.path() == path
    assert len(set(follower.bytes)) > 2
    for each in (owner, follower):
        each.assert_sound()
    assert_once(shared)


@pytest.mark.parametrize("who", ["installed", "vendored"])
def test_one_copy_takes_over_when_the_other_is_killed(shared: World, vendored: Path, who: str) -> None:
    copies: list[dict[str, Any]] = [{}, {"package": "vendored_fetch", "site": vendored}]
    dies, lives = reversed(copies) if who == "vendored" else copies
    owner = peer(shared, max_connections=2, **dies)
    served(shared, 2 * MIB, pattern="model.bin")
    follower = joined(shared, **lives)

    owner.kill()

    assert_right(follower.path(), FILES)
    assert shared.hub.body_bytes() <= TOTAL + 2 * LOST_PER_CONNECTION


def test_many_of_both_fetch_once(shared: World, vendored: Path) -> None:
    copies: list[dict[str, Any]] = [{}, {"package": "vendored_fetch", "site": vendored}]
    peers = [peer(shared, **copies[number % 2]) for number in range(4)]
    with ThreadPoolExecutor(2) as pool:
        here = list(pool.map(lambda _: shared.download(), range(2)))

    assert {each.path() for each in peers} == {result.path for result in here}
    assert shared.hub.body_bytes() <= ONCE * TOTAL
