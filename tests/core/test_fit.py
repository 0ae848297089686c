"""What does not fit is refused before the first byte, with the two numbers."""

from __future__ import annotations

import pytest

from modelfetch.core.catalog import ModelSpec
from modelfetch.core.fit import GIB, check_memory, check_storage
from modelfetch.errors import InsufficientMemoryError, InsufficientStorageError

LARGE = ModelSpec("large", "org/large", display_name="Whisper large", min_ram_bytes=10 * GIB)


@pytest.mark.parametrize("total", [None, 10 * GIB, 64 * GIB])
def test_a_model_that_fits_or_a_machine_that_nobody_measured_is_let_be(total: int | None) -> None:
    check_memory(LARGE, total)
    check_memory(ModelSpec("small", "org/small"), 0)


def test_a_machine_with_too_little_memory_is_told_both_numbers() -> None:
    with pytest.raises(
        InsufficientMemoryError, match="Whisper large requires 10 GB RAM, this machine has 8 GB"
    ) as caught:
        check_memory(LARGE, 8 * GIB)
    assert (caught.value.required, caught.value.available) == (10 * GIB, 8 * GIB)


def test_memory_is_told_in_three_digits_and_without_an_exponent() -> None:
    huge = ModelSpec("huge", "org/huge", min_ram_bytes=1_536 * GIB)
    with pytest.raises(InsufficientMemoryError, match=r"huge requires 1536 GB RAM, this machine has 15.6 GB"):
        check_memory(huge, 15 * GIB + 600 * (1 << 20))


@pytest.mark.parametrize(("remaining", "available"), [(0, 0), (100, 120), (100, 1 << 40)])
def test_a_download_that_fits_with_its_headroom_may_begin(remaining: int, available: int) -> None:
    check_storage("org/x", remaining, 0.2, available)


def test_a_disk_that_is_one_byte_too_small_is_told_what_is_needed() -> None:
    with pytest.raises(InsufficientStorageError, match="Not enough storage for org/x: 120 B required") as caught:
        check_storage("org/x", 100, 0.2, 119)
    assert (caught.value.required, caught.value.available) == (120, 119)
    assert "20% headroom" in str(caught.value)


def test_a_part_of_a_byte_needs_a_whole_one() -> None:
    check_storage("org/x", 1, 0.0, 1)
    with pytest.raises(InsufficientStorageError) as caught:
        check_storage("org/x", 1, 0.2, 1)
    assert caught.value.required == 2
