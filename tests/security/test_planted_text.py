"""Plans, records, listings, refs and journals that somebody else wrote say nothing unless they are sound."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch.cli import main
from modelfetch.core.ranges import ByteRange
from modelfetch.core.transfer.journal import Journal, encode
from modelfetch.core.transfer.pieces import Piece

from ..download.kit import REPO, SIZE, assert_right

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..download.kit import World

SHA1 = "a" * 40
FILE = {"path": "config.json", "size": 1, "sha256": None, "blob_id": SHA1}

PLANS: dict[str, dict[str, Any]] = {
    "a repo that climbs": {"repo_id": "../../x"},
    "a repo by address": {"repo_id": "https://evil.example/x"},
    "a revision that climbs": {"revision": "../../x"},
    "a commit that climbs": {"commit": "../x"},
    "a branch for a commit": {"commit": "main"},
    "an endpoint that is a file": {"endpoint": "file:///etc"},
    "an endpoint with a password": {"endpoint": "https://me:sesame@hub.example"},
    "a file that climbs": {"files": [{**FILE, "path": "../x"}]},
    "an absolute file": {"files": [{**FILE, "path": "/etc/x"}]},
    "a file on a drive": {"files": [{**FILE, "path": "C:x"}]},
    "a stream": {"files": [{**FILE, "path": "model.bin:evil"}]},
    "a blob that climbs": {"files": [{**FILE, "blob_id": "../../x"}]},
    "a blob in capitals": {"files": [{**FILE, "blob_id": "A" * 40}]},
    "a sha256 that climbs": {"files": [{**FILE, "sha256": "../../x"}]},
    "a file twice": {"files": [FILE, FILE]},
    "a file below a file": {"files": [FILE, {**FILE, "path": "config.json/x"}]},
    "a negative size": {"files": [{**FILE, "size": -1}]},
    "no file": {"files": []},
}


def signed(told: dict[str, Any]) -> str:
    """A plan's JSON with the fingerprint that fits what it says: an attacker can compute it as well."""
    told = {key: value for key, value in told.items() if key != "fingerprint"}
    told["total_bytes"] = sum(file["size"] for file in told["files"])
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return json.dumps({**told, "fingerprint": sha256(text.encode()).hexdigest()})


# ---------------------------------------------------------------- plans


def test_the_attacker_of_these_tests_writes_plans_that_are_taken_for_sound(world: World) -> None:
    world.publish()
    plan = world.plan()
    told = json.loads(plan.to_json())

    assert mf.DownloadPlan.from_json(signed(told)) == plan


@pytest.mark.parametrize("changes", PLANS.values(), ids=PLANS)
def test_a_plan_from_a_file_with(world: World, tmp_path: Path, changes: dict[str, Any]) -> None:
    world.publish()
    text = signed({**json.loads(world.plan().to_json()), **changes})
    path = tmp_path / "plan.json"
    path.write_text(text)
    world.hub.clear()

    with pytest.raises(ValueError, match="This is not a plan of schema") as caught:
        mf.DownloadPlan.from_json(text)
    with pytest.raises(SystemExit) as left:
        main(["download", str(path), "--cache-dir", str(world.cache)])
    assert left.value.code == 2

    assert "sesame" not in str(caught.value)
    assert world.hub.requests == ()
    assert list(world.cache.iterdir()) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"repo_id": "../../x"},
        {"revision": "../../x"},
        {"commit": "../x"},
        {"endpoint": "file:///etc"},
        {"files": (mf.PlannedFile("../x", 1, None, SHA1),)},
        {"files": (mf.PlannedFile("x", 1, None, "../../x"),)},
        {"files": ()},
    ],
    ids=str,
)
def test_a_plan_that_a_host_altered_is_judged_as_one_from_a_file(world: World, changes: dict[str, Any]) -> None:
    world.publish()
    plan = world.plan()
    world.hub.clear()

    with pytest.raises(ValueError, match="This plan cannot be carried out"):
        mf.download(replace(plan, **changes), cache_dir=world.cache, token=False)

    assert world.hub.requests == ()
    assert list(world.cache.iterdir()) == []


# ---------------------------------------------------------------- records, listings and refs in the cache


def our_record(world: World, commit: str, file: dict[str, Any]) -> tuple[Path, dict[str, Any]]:
    selection = {"allow_patterns": None, "ignore_patterns": None, "files": [file]}
    told = {"schema": "modelfetch.snapshot/1", "repo_id": REPO, "commit": commit, "selections": [selection]}
    return world.guests / "snapshots" / commit / "planted.json", told


def hubs_listing(world: World, commit: str, file: dict[str, Any]) -> tuple[Path, dict[str, Any]]:
    file = dict(file)
    entry = {"size": file["size"], "blob_id": file["blob_id"], "lfs_sha256": file["sha256"]}
    return world.folder / "trees" / f"{commit}.json", {"format_version": 1, "files": {file["path"]: entry}}


@pytest.mark.parametrize("kind", [our_record, hubs_listing])
@pytest.mark.parametrize(
    "changes",
    [
        {"path": "../../../../precious"},
        {"path": "/etc/passwd"},
        {"path": "a\\b"},
        {"path": "model.bin:evil"},
        {"path": "x\0"},
        {"path": "x\x1b[2J"},
        {"blob_id": "../../../precious"},
        {"blob_id": "A" * 40},
        {"blob_id": None},
        {"sha256": "../../../precious"},
        {"size": -1},
        {"size": "8"},
    ],
    ids=str,
)
def test_a_planted_record_with_one_unsound_entry_says_nothing(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    kind: Callable[[World, str, dict[str, Any]], tuple[Path, dict[str, Any]]],
    changes: dict[str, Any],
) -> None:
    repo = world.publish()
    (world.cache.parent / "precious").write_bytes(b"precious")
    path, told = kind(world, repo.sha, {**FILE, "size": 8, **changes})
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(told))
    (world.folder / "refs").mkdir()
    (world.folder / "refs" / "main").write_text(repo.sha)

    assert mf.model_status(REPO, cache_dir=world.cache) is mf.ModelStatus.NOT_DOWNLOADED
    assert_right(world.download().path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    if kind is our_record:  # the neighbour's file is not ours to mend
        assert_right(world.download().path)


@pytest.mark.parametrize("text", ["../../x", "main", "A" * 40, "a" * 39, SHA1 + "/../x", "\0", "\udcff", ""], ids=repr)
def test_a_planted_ref_that_names_no_commit_says_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    repo = world.publish()
    ref = world.folder / "refs" / "main"
    ref.parent.mkdir(parents=True)
    ref.write_bytes(text.encode(errors="surrogateescape"))

    with monkeypatch.context() as offline:
        offline.setenv("HF_HUB_OFFLINE", "1")
        with pytest.raises(mf.NotCachedError):
            world.plan()

    assert_right(world.download().path)
    assert ref.read_text() == repo.sha


# ---------------------------------------------------------------- journals


def claims_all(blob_id: str, size: int) -> bytes:
    return encode(Journal(blob_id, size, (Piece(ByteRange(0, size), 0),)))


def claims_of_another(_: str, size: int) -> bytes:
    return claims_all("b" * 64, size)


def claims_of_another_size(blob_id: str, size: int) -> bytes:
    return claims_all(blob_id, size + 1)


def claims_beyond_the_end(blob_id: str, size: int) -> bytes:
    return encode(Journal(blob_id, size)) + encode(Journal("", 0, (Piece(ByteRange(size, size + 9), 0),)))


def has_numbers_without_end(blob_id: str, _: int) -> bytes:
    return b"modelfetch.journal/1 %s %s 00000000\n" % (blob_id.encode(), b"9" * 100_000)


def is_garbage(_: str, __: int) -> bytes:
    return bytes(range(256)) * 1000


def names_a_path(_: str, size: int) -> bytes:
    return claims_all("../../../../precious", size)


@pytest.mark.parametrize("length", [0, SIZE, SIZE + 5_000], ids=["empty part", "full part", "long part"])
@pytest.mark.parametrize(
    "journal",
    [
        claims_all,
        claims_of_another,
        claims_of_another_size,
        claims_beyond_the_end,
        has_numbers_without_end,
        is_garbage,
        names_a_path,
    ],
)
def test_a_hostile_journal_changes_no_byte_of_what_is_published(
    world: World, journal: Callable[[str, int], bytes], length: int
) -> None:
    repo = world.publish()
    precious = world.cache.parent / "precious"
    precious.write_bytes(b"precious")
    etag = repo.files["model.bin"].etag
    world.guests.mkdir(parents=True)
    (world.guests / f"{etag}.journal").write_bytes(journal(etag, SIZE))
    (world.guests / f"{etag}.part").write_bytes(b"\xee" * length)

    assert_right(world.download().path)

    assert world.left_over() == []
    assert precious.read_bytes() == b"precious"
