"""Failures in a row are waited out and given up on; failures of one moment are one failure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.wire.retry import FRESH_BYTES, JITTER, LONGEST_WAIT, TRANSIENT, WAITS, Tries

JITTERS = st.floats(0, 1)
MEMORY = Tries()


def after(failures: int, jitter: float = 0.0) -> Tries:
    """Tries that failed so often, each time as soon as the rest was over."""
    tries = MEMORY
    for _ in range(failures):
        following = tries.failed(tries.rest_until, jitter)
        assert following is not None
        tries = following
    return tries


@given(failures=st.integers(0, len(WAITS) - 1), jitter=JITTERS, now=st.floats(100, 1e6))
def test_each_wait_is_its_own_spread_by_up_to_a_quarter(failures: int, jitter: float, now: float) -> None:
    tries = after(failures).failed(now, jitter)
    assert tries is not None
    assert WAITS[failures] - 1e-6 <= tries.rest_until - now <= WAITS[failures] * (1 + JITTER) + 1e-6


def test_the_waits_double_from_half_a_second() -> None:
    assert [after(count).rest_until for count in range(6)] == [0.0, 0.5, 1.5, 3.5, 7.5, 15.5]


@given(JITTERS)
def test_after_five_waits_the_next_failure_is_the_last(jitter: float) -> None:
    tries = after(5, jitter)
    assert tries.failed(tries.rest_until, jitter) is None
    assert tries.failed(tries.rest_until, jitter, 1.0) is None


@given(failures=st.integers(1, 5), early=st.floats(0.001, 0.4), jitter=JITTERS)
def test_a_failure_during_a_rest_belongs_to_the_one_before_even_to_the_last(
    failures: int, early: float, jitter: float
) -> None:
    tries = after(failures)
    assert tries.failed(tries.rest_until - early, jitter) is tries


def test_a_rest_grows_when_the_server_asks_for_more_and_never_shrinks() -> None:
    tries = after(5)
    longer = tries.failed(tries.rest_until - 1, 0.0, 30.0)
    assert longer == Tries(5, 0, tries.rest_until + 29)
    assert longer.failed(longer.rest_until - 20, 0.0, 1.0) == longer


@pytest.mark.parametrize("count", [FRESH_BYTES, FRESH_BYTES + 1, 1 << 40])
def test_new_bytes_make_the_next_failure_a_first_one(count: int) -> None:
    assert after(4).arrived(count) == MEMORY


def test_new_bytes_are_counted_across_arrivals_and_from_the_last_failure_on() -> None:
    half = after(4).arrived(FRESH_BYTES // 2)
    assert half.failures == 4
    assert half.arrived(FRESH_BYTES - FRESH_BYTES // 2) == MEMORY
    failed = half.failed(half.rest_until, 0.0)
    assert failed is not None
    assert (failed.failures, failed.fresh) == (5, 0)


@given(asked=st.floats(0, LONGEST_WAIT), jitter=JITTERS, failures=st.integers(0, 4))
def test_what_the_server_asks_is_waited_up_to_a_minute(asked: float, jitter: float, failures: int) -> None:
    wait = Tries(failures).wait(jitter, asked)
    assert wait is not None
    assert asked <= wait <= max(asked, JITTER)


@given(asked=st.floats(LONGEST_WAIT, exclude_min=True), jitter=JITTERS, failures=st.integers(0, 4))
def test_a_longer_wait_is_for_the_caller_to_decide(asked: float, jitter: float, failures: int) -> None:
    assert Tries(failures).wait(jitter, asked) is None
    tries = after(failures)
    assert tries.failed(tries.rest_until - 0.1, jitter, asked) is None
    assert tries.failed(tries.rest_until, jitter, asked) is None


def test_what_asking_again_cannot_mend_is_not_transient() -> None:
    assert {408, 429, 500, 502, 503, 504} <= TRANSIENT
    assert not TRANSIENT & {200, 301, 400, 401, 403, 404, 410, 416, 451, 501, 505}
