"""Numbers are shown as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.text import bytes_text, counted, listed, seconds_text

UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "PB": 10**15}
MOST = 999 * 10**15


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (999.4, "999 B"),
        (999.5, "1.00 kB"),
        (1_000, "1.00 kB"),
        (9_994, "9.99 kB"),
        (9_996, "10.0 kB"),
        (99_960, "100 kB"),
        (246_600_000, "247 MB"),
        (999_499_999, "999 MB"),
        (999_999_999, "1.00 GB"),
        (2_890_000_000, "2.89 GB"),
        (10**12, "1.00 TB"),
        (MOST, "999 PB"),
    ],
)
def test_bytes_have_three_digits_and_the_next_unit_in_time(count: float, text: str) -> None:
    assert bytes_text(count) == text


@given(st.integers(0, MOST) | st.integers(0, 18).flatmap(lambda digits: st.integers(0, min(10**digits, MOST))))
def test_a_thousand_of_a_unit_is_never_shown_and_the_number_is_right_to_half_a_percent(count: int) -> None:
    number, unit = bytes_text(count).split(" ")
    assert float(number) < 1000
    assert len(number.replace(".", "")) <= 3
    assert abs(float(number) * UNITS[unit] - count) <= 0.0051 * count


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_more_bytes_are_never_shown_as_fewer(one: int, other: int) -> None:
    def value(count: int) -> float:
        number, unit = bytes_text(count).split(" ")
        return float(number) * UNITS[unit]

    low, high = sorted((one, other))
    assert value(low) <= value(high)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.01, "1 s"),
        (56.2, "57 s"),
        (59.5, "1 min 0 s"),
        (200, "3 min 20 s"),
        (3_599.5, "1 h 0 min"),
        (7_500, "2 h 5 min"),
        (86_399, "23 h 59 min"),
        (86_400, "1 d 0 h"),
        (4.9 * 86_400, "4 d 21 h"),
    ],
)
def test_a_time_is_rounded_up_to_seconds_so_that_0_means_over(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 files"), (1, "1 file"), (2, "2 files")])
def test_things_are_counted_in_words(count: int, text: str) -> None:
    assert counted(count, "file") == text


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a, b"),
        (["a", "b", "c"], "a, b and 1 more"),
        (list("abcde"), "a, b and 3 more"),
    ],
)
def test_of_a_long_list_the_beginning_is_named_and_how_much_more_there_is(names: list[str], text: str) -> None:
    assert listed(names, 2) == text
