"""What a person is shown never goes backwards, and never says done before it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.transfer.progress import (
    SPEED_WINDOW,
    DownloadProgress,
    DownloadStatus,
    Meter,
    Observation,
    at_rest,
)

TOTAL = 1_000
FINAL = {DownloadStatus.COMPLETE, DownloadStatus.ERROR, DownloadStatus.CANCELLED}

STEPS = st.lists(
    st.tuples(
        st.sampled_from(DownloadStatus),
        st.integers(0, 2 * TOTAL),  # on disk: may fall, and may be more than was planned
        st.integers(0, 500),  # arrived since
        st.floats(0, 20),  # seconds since
    ),
    min_size=1,
    max_size=40,
)


def seen(on_disk: int = 0, arrived: int = 0, **others: object) -> Observation:
    facts = {"status": DownloadStatus.DOWNLOADING, "reused": 0, "files_done": 0, **others}
    return Observation(on_disk=on_disk, arrived=arrived, **facts)  # type: ignore[arg-type]  # a test's shorthand


def shown(steps: list[tuple[DownloadStatus, int, int, float]]) -> list[DownloadProgress]:
    meter, now, arrived, looks = Meter(TOTAL, 3), 0.0, 0, []
    for status, on_disk, more, seconds in steps:
        now, arrived = now + seconds, arrived + more
        meter, progress = meter.fold(seen(on_disk, arrived, status=status, reused=on_disk), now)
        looks.append(progress)
    return looks


# ------------------------------------------------------------------ for every download


@given(STEPS)
def test_bytes_never_go_backwards_and_never_pass_the_total(
    steps: list[tuple[DownloadStatus, int, int, float]],
) -> None:
    looks = shown(steps)
    counts = [look.bytes_downloaded for look in looks]
    assert counts == sorted(counts)
    assert all(0 <= look.bytes_reused <= look.bytes_downloaded <= look.bytes_total == TOTAL for look in looks)


@given(STEPS)
def test_every_look_has_the_next_number(steps: list[tuple[DownloadStatus, int, int, float]]) -> None:
    assert [look.seq for look in shown(steps)] == list(range(1, len(steps) + 1))


@given(STEPS)
def test_speed_and_time_left_are_never_negative_and_only_shown_while_bytes_flow(
    steps: list[tuple[DownloadStatus, int, int, float]],
) -> None:
    for look in shown(steps):
        assert look.speed >= 0
        assert look.eta is None or look.speed > 0
        assert look.eta is None or look.eta >= 0
        if look.status is not DownloadStatus.DOWNLOADING:
            assert (look.speed, look.eta, look.stalled) == (0.0, None, False)


@given(STEPS)
def test_few_samples_are_remembered_however_often_it_is_looked_at(
    steps: list[tuple[DownloadStatus, int, int, float]],
) -> None:
    meter, now, arrived = Meter(TOTAL, 1), 0.0, 0
    for _, _, more, seconds in steps * 20:
        now, arrived = now + seconds / 100, arrived + more
        meter, _ = meter.fold(seen(arrived=arrived), now)
        assert len(meter.samples) <= 22
        assert list(meter.samples) == sorted(meter.samples)


@given(st.integers(0, 1 << 60), st.integers(1, 1 << 60))
def test_percent_is_rounded_down_so_that_100_means_done(downloaded: int, total: int) -> None:
    look = DownloadProgress(bytes_downloaded=min(downloaded, total), bytes_total=total)
    assert 0.0 <= look.fraction <= 1.0
    assert (look.percent == 100) == (look.bytes_downloaded == total)
    assert look.percent == look.bytes_downloaded * 100 // total


def test_an_empty_plan_is_at_0_until_it_is_complete() -> None:
    running = DownloadProgress(status=DownloadStatus.CHECKING)
    done = DownloadProgress(status=DownloadStatus.COMPLETE)
    assert (running.fraction, running.percent) == (0.0, 0)
    assert (done.fraction, done.percent) == (1.0, 100)


@pytest.mark.parametrize("status", DownloadStatus)
def test_after_a_final_status_nothing_more_comes(status: DownloadStatus) -> None:
    assert status.is_final == (status in FINAL)


@pytest.mark.parametrize("status", FINAL)
def test_what_has_ended_stands_where_it_was_and_nothing_moves(status: DownloadStatus) -> None:
    moving = DownloadProgress(
        DownloadStatus.DOWNLOADING, 600, TOTAL, 100, 1, 3, "a", 50.0, 8.0, stalled=True, message="told", seq=7
    )
    assert at_rest(moving, status) == DownloadProgress(
        status, 600, TOTAL, 100, 1, 3, "a", 0.0, None, stalled=False, message="told", seq=7
    )


# ------------------------------------------------------------------ one download


def test_bytes_that_turn_out_bad_hold_the_number_until_it_is_passed_again() -> None:
    looks = shown([(DownloadStatus.DOWNLOADING, on_disk, 100, 1.0) for on_disk in (600, 0, 300, 599, 601)])
    assert [look.bytes_downloaded for look in looks] == [600, 600, 600, 600, 601]


def test_a_file_that_was_taken_away_holds_the_number_of_files_until_it_is_there_again() -> None:
    meter, looks = Meter(TOTAL, 3), []
    for now, done in enumerate((1, 3, 2, 3)):
        meter, look = meter.fold(seen(TOTAL, TOTAL, files_done=done), now)
        looks.append(look.files_done)
    assert looks == [1, 3, 3, 3]


def test_time_left_is_that_of_what_is_really_to_come_whatever_number_is_held() -> None:
    meter, _ = Meter(TOTAL, 3).fold(seen(0, 0), 0.0)
    meter, _ = meter.fold(seen(TOTAL, TOTAL), 1.0)
    _, look = meter.fold(seen(TOTAL // 2, TOTAL), 2.0)
    assert (look.bytes_downloaded, look.speed) == (TOTAL, TOTAL / 2)
    assert look.eta == pytest.approx(1.0)


def test_speed_is_what_arrived_in_the_last_seconds() -> None:
    meter, look = Meter(10_000, 1), DownloadProgress()
    for second in range(20):
        arrived = 100 * second + 400 * max(0, second - 10)
        meter, look = meter.fold(seen(arrived, arrived), float(second))
    assert look.speed == pytest.approx(500.0)
    assert look.eta == pytest.approx((10_000 - look.bytes_downloaded) / 500.0)


def test_bytes_that_were_reused_are_no_speed() -> None:
    meter, _ = Meter(TOTAL, 1).fold(seen(500, 0, reused=500), 0.0)
    _, look = meter.fold(seen(500, 0, reused=500), 1.0)
    assert (look.bytes_downloaded, look.bytes_reused, look.speed, look.eta) == (500, 500, 0.0, None)


def test_a_download_that_stands_still_slows_down_and_stops() -> None:
    meter, look = Meter(TOTAL, 1).fold(seen(0, 0), 0.0)
    speeds = []
    for tenth in range(1, 100):
        meter, look = meter.fold(seen(100, 100), tenth / 10)
        speeds.append(look.speed)
    assert speeds == sorted(speeds, reverse=True)
    assert look.speed == 0.0
    assert look.stalled


def test_three_seconds_without_a_byte_from_anywhere_are_a_stall_and_one_byte_ends_it() -> None:
    meter, _ = Meter(TOTAL, 1).fold(seen(), 100.0)
    meter, early = meter.fold(seen(), 102.9)
    meter, late = meter.fold(seen(), 103.0)
    _, moving = meter.fold(seen(1, 1), 103.1)
    assert (early.stalled, late.stalled, moving.stalled) == (False, True, False)


def test_time_left_is_told_once_speed_was_measured_for_a_second() -> None:
    meter, _ = Meter(10_000, 1).fold(seen(), 0.0)
    meter, early = meter.fold(seen(500, 500), 0.9)
    _, late = meter.fold(seen(1_000, 1_000), 1.0)
    assert (early.eta, late.eta) == (None, 9.0)
    assert early.speed > 0


def test_the_time_before_the_first_byte_does_not_count_as_slow() -> None:
    meter = Meter(10_000, 1)
    for second in range(5):
        meter, _ = meter.fold(seen(), float(second))
    _, look = meter.fold(seen(1_000, 1_000), 5.0)
    assert look.speed == 1_000.0


def test_two_looks_at_one_moment_have_no_speed_yet() -> None:
    meter, _ = Meter(TOTAL, 1).fold(seen(), 5.0)
    _, look = meter.fold(seen(100, 100), 5.0)
    assert look.speed == 0.0


def test_after_a_long_silence_the_old_samples_are_forgotten() -> None:
    meter, _ = Meter(TOTAL, 1).fold(seen(), 0.0)
    meter, _ = meter.fold(seen(100, 100), 1.0)
    meter, _ = meter.fold(seen(100, 100), 1.0 + 10 * SPEED_WINDOW)
    assert len(meter.samples) == 2


def test_what_was_observed_is_handed_on() -> None:
    observed = seen(
        1_000,
        900,
        status=DownloadStatus.ERROR,
        reused=100,
        files_done=2,
        current_file="model.bin",
        message="The disk is full.",
        error="InsufficientStorageError",
    )
    assert Meter(TOTAL, 3).fold(observed, 0.0)[1] == DownloadProgress(
        status=DownloadStatus.ERROR,
        bytes_downloaded=1_000,
        bytes_total=1_000,
        bytes_reused=100,
        files_done=2,
        files_total=3,
        current_file="model.bin",
        message="The disk is full.",
        error="InsufficientStorageError",
        seq=1,
    )
