"""``modelfetch clean``, as a person and as a program use it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from modelfetch.cli import main
from modelfetch.core.kept.wants import Want, encode
from modelfetch.core.planning.listing import FileEntry

if TYPE_CHECKING:
    from pathlib import Path

ORPHAN, WANTED, COMMIT = "a" * 64, "b" * 64, "c" * 40


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache with kept bytes that nobody wants, and with some that an unfinished download wants."""
    ours = tmp_path / "hub" / "models--org--name" / ".modelfetch" / "v1"
    (ours / "wants").mkdir(parents=True)
    (ours.parent.parent / "snapshots").mkdir()
    for blob_id in (ORPHAN, WANTED):
        (ours / f"{blob_id}.part").write_bytes(bytes(100_000))
    want = Want("org/name", "main", COMMIT, (FileEntry("model.bin", 1_000_000, WANTED, WANTED),))
    (ours / "wants" / f"{want.identity}-01234567.json").write_text(encode(want))
    return tmp_path / "hub"


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    told = capsys.readouterr()
    return code, told.out, told.err


def parts(cache: Path) -> list[str]:
    return sorted(path.stem for path in cache.rglob("*.part"))


def test_what_belongs_to_nothing_goes_and_the_rest_is_said(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "clean", "--cache-dir", cache)

    assert code == 0
    assert out.splitlines() == [
        "Removed 100 kB from org/name.",
        "Left alone: 100 kB of org/name: an unfinished download can go on from it.",
    ]
    assert "--partial" in err
    assert parts(cache) == [WANTED]


def test_with_partial_unfinished_downloads_go_too(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "clean", "--partial", "--cache-dir", cache)

    assert (code, out, err) == (0, "Removed 200 kB from org/name.\n", "")
    assert parts(cache) == []


def test_a_program_gets_the_whole_report(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "clean", "--json", "--cache-dir", cache)

    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "freed_bytes": 100_000,
        "repo_ids": ["org/name"],
        "left_alone": [{"repo_id": "org/name", "blob_id": WANTED, "size_bytes": 100_000, "reason": "resumable"}],
    }


def test_a_clean_cache_is_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "clean", "--cache-dir", tmp_path) == (0, "There was nothing to remove.\n", "")
