"""What a progress callback is told: everything, exactly, in order, on its own thread."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf
from modelfetch.testing import Delay, FlipBit, Reset, Stall, Status

from .kit import LOST_PER_CONNECTION, MIB, SIZE, TOTAL, Left, Watched, assert_right, leave_after, threads_that_stay

if TYPE_CHECKING:
    from .kit import World

S = mf.DownloadStatus


@pytest.fixture
def watched(world: World) -> Watched:
    world.publish()
    return Watched(world.hub)


def test_the_first_call_comes_before_any_byte_and_knows_the_total(world: World, watched: Watched) -> None:
    world.download(progress=watched)

    assert watched.served[0] == 0
    first = watched.seen[0]
    assert (first.bytes_downloaded, first.bytes_total, first.files_done, first.files_total) == (0, TOTAL, 0, 3)
    assert not first.status.is_final


def test_nothing_is_fetched_before_the_first_call_returns(world: World, watched: Watched) -> None:
    def slow(progress: mf.DownloadProgress) -> None:
        if not watched.seen:
            world.hub.wait_until_quiet(settle=0.3)
        watched(progress)

    world.download(progress=slow)

    assert watched.served[0] == 0


def test_every_call_is_on_the_calling_thread(world: World, watched: Watched) -> None:
    world.download(progress=watched)

    assert watched.threads == {threading.get_ident()}


def test_the_total_is_constant_the_bytes_never_go_back_and_the_end_is_exact(world: World, watched: Watched) -> None:
    world.hub.bandwidth = 4_000_000

    result = world.download(progress=watched, interval=0.01)

    watched.assert_sound()
    last = watched.seen[-1]
    assert (last.status, last.bytes_downloaded, last.files_done, last.percent) == (S.COMPLETE, TOTAL, 3, 100)
    assert last == replace(result.progress, seq=last.seq)
    assert len(set(watched.bytes)) > 5


def test_progress_at_one_megabyte_a_second_comes_at_least_five_times_a_second(world: World, watched: Watched) -> None:
    """Told apart by bytes, not by a clock: five looks a second at 1 MB/s are steps of at most 200 kB."""
    world.hub.bandwidth = 1_000_000

    world.download(progress=watched)

    steps = [later - earlier for earlier, later in zip(watched.bytes, watched.bytes[1:], strict=False)]
    assert len([step for step in steps if step]) >= 5 * SIZE / 1_000_000
    assert sorted(steps)[len(steps) // 2] <= 200_000


def test_calls_are_no_more_frequent_than_asked_for(world: World, watched: Watched) -> None:
    world.hub.bandwidth = 6_000_000

    world.download(progress=watched, interval=3600)

    assert [progress.status.is_final for progress in watched.seen] == [False, True]


def test_what_was_reused_is_counted_from_the_start(world: World, watched: Watched) -> None:
    world.interrupted(1_000_000)
    here = world.plan().partial_bytes + world.plan().cached_bytes

    result = world.download(progress=watched)

    watched.assert_sound()
    assert watched.seen[-1].bytes_reused == result.bytes_reused == here
    assert result.bytes_transferred == TOTAL - here
    assert watched.bytes[-1] == TOTAL


def test_a_complete_model_is_told_as_complete_with_every_byte_reused(world: World, watched: Watched) -> None:
    world.download()

    world.download(progress=watched)

    watched.assert_sound()
    assert (watched.seen[-1].status, watched.seen[-1].bytes_reused, watched.bytes[-1]) == (S.COMPLETE, TOTAL, TOTAL)


def test_the_number_is_held_while_bad_bytes_are_fetched_again(world: World, watched: Watched) -> None:
    world.hub.bandwidth = 12_000_000
    world.hub.inject(FlipBit(SIZE // 2, match="model.bin"))

    result = world.download(progress=watched, interval=0.01)

    watched.assert_sound()
    assert watched.bytes[-1] == TOTAL
    assert result.bytes_transferred > TOTAL


@pytest.mark.usefixtures("quick_retries")
def test_connections_that_break_are_not_counted_twice(world: World, watched: Watched) -> None:
    world.hub.bandwidth = 12_000_000
    world.hub.inject(Reset(after=300_000, times=5, match="model.bin"))

    world.download(progress=watched, interval=0.01)

    watched.assert_sound()
    assert watched.bytes[-1] == TOTAL


@pytest.mark.usefixtures("quick_retries")
def test_an_error_is_told_once_and_at_last(world: World, watched: Watched) -> None:
    world.hub.inject(Status(503, times=None, match="model.bin"))

    with pytest.raises(mf.NetworkError) as caught:
        world.download(progress=watched)

    watched.assert_sound()
    last = watched.seen[-1]
    assert (last.status, last.error, last.message) == (S.ERROR, "NetworkError", str(caught.value))


def test_an_error_in_planning_is_told_once(world: World) -> None:
    watched = Watched(world.hub)

    with pytest.raises(mf.ModelNotFoundError):
        world.download("org/nothing", progress=watched)

    assert [progress.status for progress in watched.seen] == [S.ERROR]
    assert watched.seen[0].error == "ModelNotFoundError"


def test_a_cancel_is_told_once_and_at_last(world: World, watched: Watched) -> None:
    world.hub.bandwidth = 6_000_000
    token = mf.CancelToken()

    def cancelling(progress: mf.DownloadProgress) -> None:
        watched(progress)
        if progress.bytes_downloaded > MIB:
            token.cancel()

    with pytest.raises(mf.DownloadCancelled) as caught:
        world.download(progress=cancelling, cancel=token)

    watched.assert_sound()
    assert watched.final == [S.CANCELLED]
    assert caught.value.progress == watched.seen[-1]


@pytest.mark.parametrize("kind", [mf.CancelToken, threading.Event])
def test_who_cancels_in_the_terminal_call_is_given_no_path_although_the_files_are_there(
    world: World, watched: Watched, kind: type[mf.CancelToken | threading.Event]
) -> None:
    token = kind()

    def cancelling(progress: mf.DownloadProgress) -> None:
        watched(progress)
        if progress.status is S.COMPLETE:
            token.cancel() if isinstance(token, mf.CancelToken) else token.set()

    world.publish()
    with pytest.raises(mf.DownloadCancelled, match="nothing is left to fetch") as caught:
        world.download(progress=cancelling, cancel=token)

    assert watched.final == [S.COMPLETE]
    assert caught.value.progress == watched.seen[-1]
    assert world.plan().is_complete


def test_what_the_callback_raises_stops_the_download_keeps_the_bytes_and_propagates(world: World) -> None:
    world.publish()
    world.hub.bandwidth = 6_000_000

    with pytest.raises(Left):
        world.download(progress=leave_after(MIB), interval=0.01, max_connections=2)

    assert threads_that_stay() == []
    world.hub.wait_until_quiet()
    stopped_at = world.hub.body_bytes()
    assert MIB <= stopped_at < TOTAL
    world.hub.bandwidth = None
    assert_right(world.download().path)
    assert world.hub.body_bytes() <= TOTAL + 2 * LOST_PER_CONNECTION


def test_what_the_very_first_call_raises_stops_before_any_byte(world: World) -> None:
    world.publish()

    with pytest.raises(Left):
        world.download(progress=leave_after(0))

    assert threads_that_stay() == []
    assert world.hub.body_bytes() == 0


def test_what_the_terminal_call_raises_propagates_although_the_files_are_there(world: World) -> None:
    world.publish()

    with pytest.raises(Left):
        world.download(progress=leave_after(TOTAL))

    assert world.plan().is_complete


def test_a_callback_that_is_slow_is_told_the_latest_and_holds_nothing_up(world: World, watched: Watched) -> None:
    def slow(progress: mf.DownloadProgress) -> None:
        watched(progress)
        if len(watched.seen) == 2:
            world.hub.wait_for_bytes(TOTAL)
            world.hub.wait_until_quiet()

    world.hub.bandwidth = 6_000_000

    world.download(progress=slow)

    watched.assert_sound()
    assert watched.final == [S.COMPLETE]


def test_stalled_is_shown_during_a_stall_and_goes_away(world: World, watched: Watched) -> None:
    world.hub.inject(Stall(after=1_000_000, seconds=4.5, match="model.bin"))
    world.hub.bandwidth = 4_000_000

    world.download(progress=watched, max_connections=1)

    watched.assert_sound()
    stalled = [progress.stalled for progress in watched.seen]
    assert any(stalled)
    assert not stalled[0]
    assert not stalled[-1]
    before = watched.seen[stalled.index(True) - 1]
    assert watched.seen[stalled.index(True)].bytes_downloaded == before.bytes_downloaded


def test_the_speed_is_near_the_wires_and_the_eta_falls(world: World, watched: Watched) -> None:
    world.hub.bandwidth = 1_500_000

    world.download(progress=watched)

    steady = [progress for progress in watched.seen if progress.bytes_downloaded > SIZE // 2 and progress.speed]
    assert steady
    assert all(500_000 < progress.speed < 3_000_000 for progress in steady)
    assert all(progress.eta is not None and progress.eta < 10 for progress in steady)


def test_while_the_hub_is_slow_to_plan_nothing_is_told_that_is_not_known(world: World, watched: Watched) -> None:
    world.hub.inject(Delay(0.5, where="info"))

    world.download(progress=watched)

    watched.assert_sound()
    assert watched.seen[0].bytes_total == TOTAL
