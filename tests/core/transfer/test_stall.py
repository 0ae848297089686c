"""A connection has to bring something in every window, and a trickle is not something."""

from __future__ import annotations

import pytest

from modelfetch.core.transfer.stall import FLOOR, Watch


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
