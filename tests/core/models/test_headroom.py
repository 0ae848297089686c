"""A model is judged, and let in, by one reckoning of the room it takes."""

from __future__ import annotations

import pytest

from modelfetch.core.models.headroom import HEADROOM, required_bytes
from modelfetch.core.planning.storage import Demand


@pytest.mark.parametrize(
    ("remaining", "headroom", "required"), [(0, 0.2, 0), (100, 0.0, 100), (100, 0.2, 120), (1, 0.2, 2), (3, 1.5, 8)]
)
def test_a_share_beyond_has_to_be_free_up_to_the_next_whole_byte(
    remaining: int, headroom: float, required: int
) -> None:
    assert required_bytes(remaining, headroom) == required
    assert Demand(remaining).required(headroom) == required


def test_where_nobody_says_it_is_a_fifth() -> None:
    assert required_bytes(10**9, HEADROOM) == 12 * 10**8
