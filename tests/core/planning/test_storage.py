"""What does not fit on the disk, beside all that others still bring, is refused before the first byte, with both numbers."""

from __future__ import annotations

import pytest

from modelfetch.core.planning.storage import Demand, check_storage, demand, filled_up
from modelfetch.errors import InsufficientStorageError


@pytest.mark.parametrize(("remaining", "available"), [(0, 0), (100, 120), (100, 1 << 40)])
def test_a_download_that_fits_with_its_headroom_may_begin(remaining: int, available: int) -> None:
    check_storage("org/x", Demand(remaining), 0.2, available)


def test_a_disk_that_is_one_byte_too_small_is_told_what_is_needed() -> None:
    with pytest.raises(InsufficientStorageError, match="Not enough storage for org/x: 120 B required") as caught:
        check_storage("org/x", Demand(100), 0.2, 119)
    assert (caught.value.required, caught.value.available) == (120, 119)
    assert "(100 B to fetch and 20% headroom), 119 B available" in str(caught.value)
    assert "other" not in str(caught.value).replace("another cache_dir", "")


def test_a_part_of_a_byte_needs_a_whole_one() -> None:
    check_storage("org/x", Demand(1), 0.0, 1)
    with pytest.raises(InsufficientStorageError) as caught:
        check_storage("org/x", Demand(1), 0.2, 1)
    assert caught.value.required == 2


@pytest.mark.parametrize(
    ("downloads", "who"), [(1, "another running download still needs"), (2, "2 other running downloads still need")]
)
def test_what_others_still_bring_counts_and_is_named(downloads: int, who: str) -> None:
    with pytest.raises(InsufficientStorageError, match=f"400 B that {who}") as caught:
        check_storage("org/x", Demand(100, 400, downloads), 0.2, 599)
    assert caught.value.required == 600
    assert "wait for the other downloads" in str(caught.value)
    check_storage("org/x", Demand(100, 400, downloads), 0.2, 600)


def test_a_disk_that_fills_up_later_is_told_with_the_same_numbers() -> None:
    met = InsufficientStorageError("The disk is full: writing failed.", available=7)

    error = filled_up(met, Demand(10_000, 40_000, 1), 0.2, 8)

    assert (error.required, error.available) == (60_000, 7)
    assert str(error).startswith(
        "The disk is full: writing failed. What is still to come requires 60.0 kB (10.0 kB to fetch"
    )


@pytest.mark.parametrize("told", [None, 1 << 40])
def test_a_disk_that_is_full_although_it_seems_to_have_room_has_none(told: int | None) -> None:
    error = filled_up(InsufficientStorageError("The disk is full.", available=told), Demand(10_000), 0.2, 1 << 40)

    assert (error.required, error.available) == (12_000, 0)


def test_a_disk_too_full_for_a_name_needs_a_block() -> None:
    error = filled_up(InsufficientStorageError("The disk is full.", available=0), Demand(0), 0.2, 0)

    assert (error.required, error.available) == (4096, 0)


def test_a_lone_download_needs_what_it_misses() -> None:
    assert demand(100, {"a"}, []) == Demand(100)


def test_a_content_that_several_downloads_want_counts_once() -> None:
    others = [{"b": 10, "c": 20}, {"c": 20, "d": 40}]

    assert demand(100, {"a"}, others) == Demand(100, 70, 2)


def test_what_this_download_wants_itself_is_no_share_of_the_others() -> None:
    assert demand(100, {"a", "b"}, [{"a": 60, "b": 40}, {"b": 40, "c": 5}]) == Demand(100, 5, 1)


def test_a_download_that_misses_nothing_any_more_is_not_named() -> None:
    assert demand(100, {"a"}, [{"b": 0}]) == Demand(100)
