"""Ctrl-C ends a download as a cancel does, and is Python's own KeyboardInterrupt afterwards."""

from __future__ import annotations

import json
import signal
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from modelfetch.testing import NoAnswer, Stall, Status

from .kit import LOST_PER_CONNECTION, MIB, TOTAL, World, assert_right, ending, threads_that_stay
from .places import brought, refused_twice, was_asked

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelfetch.testing import Fault

CTRL_C: dict[str, tuple[Fault, Callable[[World], None]]] = {
    "planning": (NoAnswer(where="info"), was_asked("info")),
    "waiting for the CDN": (NoAnswer(where="cdn", match="model.bin"), was_asked("cdn")),
    "stalled": (Stall(after=MIB, match="model.bin"), brought(MIB)),
    "backing off": (Status(503, where="info", times=None), refused_twice("info")),
}


@pytest.mark.parametrize("begins", [False, True])
def test_ctrl_c_in_the_very_start_ends_the_download(
    world: World, monkeypatch: pytest.MonkeyPatch, *, begins: bool
) -> None:
    start = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        is_ours = thread.name == "modelfetch-job"
        if begins or not is_ours:
            start(thread)
        if is_ours:
            raise KeyboardInterrupt

    world.publish()
    world.hub.inject(Stall(after=MIB, match="model.bin"))
    monkeypatch.setattr(threading.Thread, "start", interrupted)

    with pytest.raises(KeyboardInterrupt):
        world.download()

    assert threads_that_stay() == []


if sys.platform != "win32":  # there a console's Ctrl-C reaches the test runner as well

    @pytest.mark.parametrize("place", CTRL_C)
    def test_ctrl_c_ends_a_download_that_waits_and_keeps_the_bytes(world: World, place: str) -> None:
        fault, reached = CTRL_C[place]
        world.publish()
        world.hub.inject(fault)
        child = world.downloader(max_connections=1)
        reached(world)

        child.send_signal(signal.SIGINT)

        assert ending(child)[0] == "KeyboardInterrupt"
        assert child.returncode == 0
        world.hub.wait_until_quiet()
        world.hub.heal()
        assert_right(world.download().path)
        assert world.hub.body_bytes() <= TOTAL + LOST_PER_CONNECTION

    def test_ctrl_c_in_full_flow_keeps_the_bytes(world: World) -> None:
        world.publish()
        world.hub.bandwidth = 4_000_000
        child = world.downloader(max_connections=2)
        brought(MIB)(world)

        child.send_signal(signal.SIGINT)

        out, err = child.communicate(timeout=30)
        assert json.loads(out.splitlines()[-1])[0] == "KeyboardInterrupt"
        assert not err
        world.hub.wait_until_quiet()
        assert world.hub.body_bytes() < TOTAL
        world.hub.bandwidth = None
        assert_right(world.download().path)
        assert world.hub.body_bytes() <= TOTAL + 2 * LOST_PER_CONNECTION

    def test_ctrl_c_unhandled_ends_the_process_as_python_does(world: World) -> None:
        world.publish()
        world.hub.inject(NoAnswer(where="cdn", match="model.bin"))
        script = "import sys, modelfetch as mf; mf.download('org/model', token=False)"
        child = world.run(script)
        was_asked("cdn")(world)

        child.send_signal(signal.SIGINT)

        _, err = child.communicate(timeout=30)
        assert child.returncode == -signal.SIGINT
        assert err.strip().endswith("KeyboardInterrupt")
        assert err.count("Traceback") == 1
