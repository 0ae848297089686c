"""All connections together keep below the limit, and each gets its share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.transfer.throttle import BURST, Bucket


def test_a_tenth_of_a_second_may_be_read_at_once_after_a_pause() -> None:
    bucket, wait = Bucket(1_000.0).take(100, now=60.0)
    assert wait == 0.0
    assert bucket.take(1, now=60.0)[1] == pytest.approx(0.001)


def test_who_reads_pays_first_and_waits_until_the_debt_is_paid() -> None:
    bucket, wait = Bucket(1_000.0, at=5.0).take(500, now=5.0)
    assert wait == pytest.approx(0.5)
    assert bucket.take(0, now=5.5)[1] == pytest.approx(0.0)


@given(
    rate=st.floats(1, 1e9),
    reads=st.lists(st.tuples(st.integers(1, 10**7), st.floats(0, 10)), min_size=1, max_size=30),
)
def test_over_any_time_no_more_is_read_than_the_limit_the_burst_and_one_read(
    rate: float, reads: list[tuple[int, float]]
) -> None:
    bucket, now, taken = Bucket(rate), 0.0, 0
    for count, idle in reads:
        now += idle
        bucket, wait = bucket.take(count, now)
        taken += count
        now += wait
    assert taken <= rate * (now + BURST) * (1 + 1e-6) + 1
