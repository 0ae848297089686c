"""Ranges behave as the sets of bytes that they stand for, and equal sets are equal values."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.ranges import ByteRange, RangeSet

END = 48
RANGES = st.builds(lambda start, size: ByteRange(start, start + size), st.integers(0, END), st.integers(1, 12))
SETS = st.lists(RANGES, max_size=8).map(RangeSet.of)


def bytes_of(ranges: RangeSet | ByteRange) -> set[int]:
    """The naive model: every byte by its number."""
    if isinstance(ranges, ByteRange):
        return set(range(ranges.start, ranges.stop))
    return {byte for item in ranges for byte in bytes_of(item)}


def assert_canonical(ranges: RangeSet) -> None:
    assert all(left.stop < right.start for left, right in pairwise(ranges))


# ------------------------------------------------------------------ one range


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (5, 5), (5, 4), (-1, 3), (-3, -1)])
def test_a_range_that_is_empty_or_starts_before_the_file_is_refused(start: int, stop: int) -> None:
    with pytest.raises(ValueError, match=f"0 <= start < stop, not {start}..{stop}"):
        ByteRange(start, stop)


def test_a_request_names_the_last_byte_and_not_the_one_behind_it() -> None:
    assert ByteRange(0, 1).http() == "bytes=0-0"
    assert ByteRange(500, 1000).http() == "bytes=500-999"


@given(one=RANGES, other=RANGES)
def test_an_overlap_is_the_bytes_in_both_ranges(one: ByteRange, other: ByteRange) -> None:
    both = one.overlap(other)
    assert (bytes_of(both) if both else set()) == bytes_of(one) & bytes_of(other)
    assert both == other.overlap(one)


# ------------------------------------------------------------------ sets


@given(st.lists(RANGES, max_size=8))
def test_a_set_holds_exactly_the_bytes_of_the_ranges_it_was_built_of(ranges: list[ByteRange]) -> None:
    built = RangeSet.of(ranges)
    assert bytes_of(built) == {byte for item in ranges for byte in bytes_of(item)}
    assert_canonical(built)


@given(st.lists(RANGES, max_size=8).flatmap(lambda ranges: st.tuples(st.just(ranges), st.permutations(ranges))))
def test_equal_sets_of_bytes_are_equal_values_in_whatever_order_they_came(
    orders: tuple[list[ByteRange], list[ByteRange]],
) -> None:
    built, added = RangeSet.of(orders[0]), RangeSet()
    for item in orders[1]:
        added = added.add(item)
    assert added == built
    assert hash(added) == hash(built)


@given(SETS)
def test_a_set_is_put_together_again_from_its_single_bytes(ranges: RangeSet) -> None:
    assert RangeSet.of(ByteRange(byte, byte + 1) for byte in bytes_of(ranges)) == ranges


@given(ranges=SETS, item=RANGES)
def test_adding_and_removing_are_union_and_difference(ranges: RangeSet, item: ByteRange) -> None:
    for result, wanted in (
        (ranges.add(item), bytes_of(ranges) | bytes_of(item)),
        (ranges.remove(item), bytes_of(ranges) - bytes_of(item)),
    ):
        assert bytes_of(result) == wanted
        assert_canonical(result)


@given(ranges=SETS, other=SETS)
def test_one_set_minus_another_is_the_bytes_that_only_the_first_has(ranges: RangeSet, other: RangeSet) -> None:
    left = ranges.minus(other)
    assert bytes_of(left) == bytes_of(ranges) - bytes_of(other)
    assert_canonical(left)


@given(ranges=SETS, size=st.integers(0, 2 * END))
def test_the_holes_are_the_bytes_of_the_file_that_are_missing(ranges: RangeSet, size: int) -> None:
    assert bytes_of(ranges.holes(size)) == set(range(size)) - bytes_of(ranges)


@given(ranges=SETS, item=RANGES)
def test_a_set_touches_what_shares_a_byte_with_it(ranges: RangeSet, item: ByteRange) -> None:
    assert ranges.touches(item) == bool(bytes_of(ranges) & bytes_of(item))


@given(SETS)
def test_the_prefix_ends_at_the_first_byte_that_is_missing(ranges: RangeSet) -> None:
    held = bytes_of(ranges)
    assert ranges.prefix == next(byte for byte in range(2 * END) if byte not in held)


@given(SETS)
def test_size_and_truth_count_bytes(ranges: RangeSet) -> None:
    assert ranges.size == len(bytes_of(ranges))
    assert bool(ranges) == bool(bytes_of(ranges))


@given(st.integers(0, 1 << 44))
def test_a_whole_file_is_all_its_bytes_and_an_empty_file_none(size: int) -> None:
    whole = RangeSet.whole(size)
    assert whole.size == whole.prefix == size
    assert not whole.holes(size)
