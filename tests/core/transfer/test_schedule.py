"""Which range is asked for next, and on how many connections."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.ranges import ByteRange, RangeSet
from modelfetch.core.transfer.schedule import (
    FIRST_CONNECTIONS,
    LARGEST_PART,
    MIB,
    MOST_CONNECTIONS,
    SETTLE_SECONDS,
    SMALLEST_PART,
    STEP_SECONDS,
    Width,
    next_part,
)

from .driving import span

SIZES = st.integers(1, 400 * MIB)


@given(size=SIZES, connections=st.integers(1, 16))
def test_parts_in_order_make_the_whole_and_are_neither_tiny_nor_huge(size: int, connections: int) -> None:
    holes, at = RangeSet.whole(size), 0
    while (part := next_part(holes, connections)) is not None:
        assert part.start == at
        assert part.size < LARGEST_PART + SMALLEST_PART
        assert part.size >= SMALLEST_PART // 2 or size < SMALLEST_PART
        at, holes = part.stop, holes.remove(part)
    assert at == size


def test_the_first_hole_comes_first_and_is_not_stretched_over_what_is_there() -> None:
    holes = RangeSet.of([ByteRange(5, 9), ByteRange(100, 40 * MIB)])
    assert next_part(holes, 4) == ByteRange(5, 9)


def test_parts_shrink_towards_the_end_so_that_all_connections_finish_together() -> None:
    sizes = [part.size for left in (400, 100, 60, 30) if (part := next_part(RangeSet.whole(left * MIB), 4))]
    assert sizes == [LARGEST_PART, 25 * MIB // 2, 15 * MIB // 2, SMALLEST_PART]


def test_no_hole_needs_no_part() -> None:
    assert next_part(RangeSet(), 4) is None


@pytest.mark.parametrize(
    ("most", "first"), [(None, FIRST_CONNECTIONS), (1, 1), (0, 1), (3, 3), (64, FIRST_CONNECTIONS)]
)
def test_a_download_begins_with_few_connections_and_never_more_than_allowed(most: int | None, first: int) -> None:
    assert Width.start(most, 0.0).now == first


def climb(width: Width, speed: float, seconds: float, *, busy: bool = True) -> Width:
    """``seconds`` more at ``speed`` bytes a second."""
    return width.measured(width.count + round(speed * seconds), width.since + seconds, busy=busy)


def test_connections_are_added_while_each_step_pays() -> None:
    width, seen = Width.start(None, 0.0), []
    for step in range(8):
        width = climb(width, 1e6 * 2**step, STEP_SECONDS)
        seen.append(width.now)
    assert seen == [8, 16, 16, 16, 16, 16, 16, 16]
    assert width.now == MOST_CONNECTIONS


def test_a_step_that_does_not_pay_is_taken_back_and_not_tried_for_a_while() -> None:
    width = climb(climb(Width.start(None, 0.0), 1e6, STEP_SECONDS), 1.05e6, STEP_SECONDS)
    assert (width.now, width.hold) == (FIRST_CONNECTIONS, 2 * STEP_SECONDS + SETTLE_SECONDS)
    width = climb(width, 2e6, STEP_SECONDS)
    assert (width.now, width.rate) == (FIRST_CONNECTIONS, 2e6)
    assert climb(width, 2e6, SETTLE_SECONDS).now == 2 * FIRST_CONNECTIONS


def test_a_step_is_judged_when_it_had_its_time() -> None:
    width = Width.start(None, 0.0)
    assert climb(width, 1e6, STEP_SECONDS / 2) is width


def test_a_time_with_nothing_to_do_proves_nothing() -> None:
    width = climb(Width.start(None, 0.0), 0.0, STEP_SECONDS, busy=False)
    assert (width.now, width.rate, width.since) == (FIRST_CONNECTIONS, 0.0, STEP_SECONDS)


def test_a_limit_of_the_callers_is_never_passed() -> None:
    width = Width.start(5, 0.0)
    for step in range(5):
        width = climb(width, 1e6 * 2**step, STEP_SECONDS)
        assert width.now <= 5


def test_part_and_hole_are_the_same_when_the_rest_would_be_tiny() -> None:
    assert next_part(span(0, SMALLEST_PART + SMALLEST_PART // 2 - 1), 1) == ByteRange(
        0, SMALLEST_PART + SMALLEST_PART // 2 - 1
    )
