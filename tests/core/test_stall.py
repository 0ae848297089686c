"""A connection has to bring something in every window, and a trickle is not something."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.stall import FLOOR, Watch, floor_under


def test_a_window_that_is_not_over_decides_nothing() -> None:
    watch = Watch(10.0, 5)
    assert watch.check(39.9, 30.0) is watch


def test_a_silent_connection_is_a_stall() -> None:
    assert Watch(10.0).check(40.0, 30.0) is None


@pytest.mark.parametrize("brought", [1, 30, FLOOR - 1])
def test_a_trickle_is_a_stall(brought: int) -> None:
    assert Watch(10.0).arrived(brought).check(40.0, 30.0) is None


def test_a_connection_that_brought_enough_begins_a_new_window() -> None:
    watch = Watch(10.0).arrived(FLOOR // 2).arrived(FLOOR - FLOOR // 2).check(41.0, 30.0)
    assert watch == Watch(41.0, 0)


def test_the_floor_is_lower_where_our_own_limit_would_starve_a_connection() -> None:
    assert floor_under(None, 30.0, 8) == FLOOR
    assert floor_under(1e9, 30.0, 8) == FLOOR
    assert floor_under(1_000.0, 30.0, 4) == 3_750.0


@given(limit=st.floats(1, 1e9), window=st.floats(1, 600), connections=st.integers(1, 64))
def test_a_connection_with_its_fair_share_of_the_limit_is_no_stall(
    limit: float, window: float, connections: int
) -> None:
    share = limit * window / connections
    assert floor_under(limit, window, connections) <= share
