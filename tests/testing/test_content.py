"""Synthetic content: the same bytes from every side, and other bytes at every other place."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from modelfetch.testing import Synthetic
from modelfetch.testing.localhub.content import Span, as_content, digests

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 3_000_001
WHOLE = Span.whole(Synthetic(SIZE, 7)).to_bytes()


@given(st.integers(0, SIZE), st.integers(0, SIZE))
def test_every_range_holds_the_bytes_of_the_whole(one: int, two: int) -> None:
    start, stop = sorted((one, two))
    assert Span(Synthetic(SIZE, 7), start, stop).to_bytes() == WHOLE[start:stop]


@given(st.integers(1, SIZE // 2))
def test_a_shifted_range_shows_as_other_bytes(shift: int) -> None:
    assert WHOLE[: SIZE // 2] != WHOLE[shift : shift + SIZE // 2]


def test_another_seed_gives_other_bytes_and_a_size_is_kept() -> None:
    assert len(WHOLE) == SIZE
    assert Span.whole(Synthetic(100, 1)).to_bytes() != Span.whole(Synthetic(100, 2)).to_bytes()


def test_a_terabyte_can_be_read_at_its_end() -> None:
    assert len(Synthetic(10**12).read(10**12 - 5, 10**12)) == 5


def test_digests_are_those_of_sha256_and_of_git() -> None:
    found = digests(as_content(b"hello\n"))
    assert found.sha256 == hashlib.sha256(b"hello\n").hexdigest()
    assert found.git == "ce013625030ba8dba906f756967f9e9ca394464a"  # echo hello | git hash-object --stdin


def test_a_file_on_disk_is_content(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"0123456789")
    assert Span(as_content(path), 2, 5).to_bytes() == b"234"
