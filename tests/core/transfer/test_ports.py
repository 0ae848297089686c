"""What an adapter answers a driver is a plain value, and its signals are nobody else's errors."""

from __future__ import annotations

import pytest

from modelfetch.core.transfer.ports import Absent, Busy, Interrupted, Present, Usurped
from modelfetch.errors import ModelFetchError


def test_answers_are_values_that_can_be_told_apart() -> None:
    assert Busy(7) == Busy(7) != Busy(8)
    assert len({Busy(7), Present(), Absent(), Present()}) == 3


@pytest.mark.parametrize("signal", [Usurped, Interrupted])
def test_a_signal_between_port_and_driver_is_never_caught_as_an_error_of_ours(signal: type[Exception]) -> None:
    assert not issubclass(signal, ModelFetchError)
    assert not issubclass(signal, OSError)
