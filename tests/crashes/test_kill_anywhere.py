"""kill -9 before, between and within all the changes that a download makes to the disk.

Every change is an instant: a child is killed just before it, and where it writes also in the middle of it. A kill just after
a change is one just before the next; a kill while something is hashed or sent changes nothing that the next change does
not see. So whatever a cache can look like after a kill is looked at here.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING

import pytest

from ..download.kit import LOST_PER_CONNECTION
from .kit import FILES, KILLED, NO_LINKS, Instant, Round, assert_healthy, failures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ..download.kit import Files, World
    from .kit import Dying

OLD: Files = {"config.json": b"{}", "model.bin": FILES["model.bin"]}

ALWAYS = {
    "making the repo's folder": "rename models--org--model",
    "replacing the journal": "replace */v1/*.journal",
    "writing a block": "pwrite *.part",
    "between the block and the journal, and within a journal's line": "write *.journal",
    "after hashing, before publishing": "fdatasync *.part",
    "publishing": "replace */blobs/*",
    "between publishing and forgetting the journal": "unlink *.journal",
    "between links and record": "open */v1/*.json.*.tmp",
    "the record": "replace */v1/snapshots/*/*.json",
    "between record and ref": "open */v1/main.*.tmp",
    "the ref": "replace */refs/main",
    "the note of what is wanted, gone": "unlink */wants/*.json",
}
LINKING = {"between blob and link": "symlink */snapshots/*/config.json", "a further link": "symlink */copy.json"}
MOVING = {"between blob and snapshot": "replace */snapshots/*/model.bin", "a copy": "write */v1/copy.json.*.tmp"}
RESUMING = {
    "replacing the journal": "replace */v1/*.journal",
    "writing a block": "pwrite *.part",
    "within a journal's line": "write *.journal",
    "between blob and link": "symlink */snapshots/*/model.bin",
}


def nothing(world: World, dying: Dying) -> None:  # noqa: ARG001 - as the others
    """An empty cache."""
    world.publish(FILES)


def half_a_download(world: World, dying: Dying) -> None:
    """A journal that is replaced, and a part file that grows on."""
    repo = world.publish(FILES)
    journal = world.guests / f"{repo.files['model.bin'].etag}.journal"
    third_line = Instant(f"write {journal.relative_to(world.cache)}", 2)
    assert dying.run(world, third_line).ended == KILLED


def a_damaged_part(world: World, dying: Dying) -> None:
    """A journalled byte is wrong: the digest tells, then come the audit, the discarding and the repair."""
    half_a_download(world, dying)
    path = max(world.guests.glob("*.part"), key=lambda path: path.stat().st_size)
    with path.open("r+b") as file:
        byte = file.read(1)[0]
        file.seek(0)
        file.write(bytes([byte ^ 1]))


def another_revision(world: World, dying: Dying) -> None:  # noqa: ARG001 - as the others
    """A branch that is to move; what it stood at stays what it is."""
    repo = world.publish(OLD)
    world.download()
    repo.commit({"config.json": FILES["config.json"], "sub folder/copy.json": FILES["sub folder/copy.json"]})


@dataclass(frozen=True)
class Scene:
    """What a download finds, how it links, and which moments there have to be among the instants."""

    before: Callable[[World, Dying], None]
    moments: dict[str, str]
    environment: Mapping[str, str]
    journal_lies: bool = False
    allowed: tuple[Files, ...] = (FILES,)


SCENES = {
    "nothing": Scene(nothing, ALWAYS | LINKING, {}),
    "nothing, no links": Scene(nothing, ALWAYS | MOVING, NO_LINKS),
    "half a download": Scene(half_a_download, RESUMING, {}),
    "a damaged part": Scene(a_damaged_part, RESUMING, {}, journal_lies=True),
    "another revision": Scene(another_revision, LINKING, {}, allowed=(FILES, OLD)),
}

if sys.platform == "linux":  # what a descriptor belongs to is read from /proc

    @pytest.mark.timeout(400)  # a hundred downloads each
    @pytest.mark.parametrize("name", SCENES)
    def test_killed_at_any_change_of_the_disk_the_next_call_finishes(
        world: World, dying: Dying, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        scene = SCENES[name]
        for variable, value in scene.environment.items():
            monkeypatch.setenv(variable, value)
        scene.before(world, dying)
        again = Round.of(world, dying, tmp_path / "before", scene.environment, *scene.allowed)
        changes = {instant.change for instant in again.instants}
        missed = {
            moment
            for moment, pattern in scene.moments.items()
            if not any(fnmatchcase(change, pattern) for change in changes)
        }
        assert not missed, sorted(changes)

        rows = {
            f"{act} {instant}": partial(survives, world, dying, scene, again, instant, act)
            for instant in again.instants
            for act in (("kill", "tear") if "write " in instant.change else ("kill",))
        }

        assert not failures(rows)


def survives(world: World, dying: Dying, scene: Scene, again: Round, instant: Instant, act: str) -> None:  # noqa: PLR0913, PLR0917 - one row of the table
    """A kill at ``instant`` costs next to nothing, and the next call finishes."""
    before = again.put_back(world)
    death = dying.run(world, instant, act, environment=scene.environment)
    assert death.ended == KILLED, "it did not come to that"
    assert_healthy(world, *scene.allowed)
    assert death.written - (again.kept(world) - before) <= LOST_PER_CONNECTION, "too much is lost"
    again.finish(world, exactly=not scene.journal_lies)
