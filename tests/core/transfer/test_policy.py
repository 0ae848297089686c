"""What a caller chose does not turn against an honest connection."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.transfer.policy import Policy
from modelfetch.core.transfer.stall import FLOOR


def test_the_floor_is_lower_where_our_own_limit_would_starve_a_connection() -> None:
    assert Policy().floor(8) == FLOOR
    assert Policy(bandwidth_limit=1e9).floor(8) == FLOOR
    assert Policy(bandwidth_limit=1_000.0).floor(4) == 3_750.0


@given(limit=st.floats(1, 1e9), window=st.floats(1, 600), connections=st.integers(1, 64))
def test_a_connection_with_its_fair_share_of_the_limit_is_no_stall(
    limit: float, window: float, connections: int
) -> None:
    share = limit * window / connections
    assert Policy(stall_timeout=window, bandwidth_limit=limit).floor(connections) <= share


@given(limit=st.floats(1, allow_nan=False), largest=st.integers(1, 1 << 20))
def test_a_read_is_never_empty_and_never_larger_than_the_buffer(limit: float, largest: int) -> None:
    assert 1 <= Policy(bandwidth_limit=limit).read_size(largest) <= largest


def test_under_a_low_limit_reads_are_small_enough_to_be_seen_several_times_a_second() -> None:
    assert Policy(bandwidth_limit=16_000_000.0).read_size(1 << 20) == 100_000
    assert Policy(bandwidth_limit=1.0).read_size(1 << 20) == 1
    assert Policy(bandwidth_limit=float("inf")).read_size(1 << 20) == 1 << 20
    assert Policy().read_size(1 << 20) == 1 << 20
