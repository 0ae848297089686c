"""A call that its caller can leave: whoever rings wakes it, wherever it is and whoever that is."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from modelfetch.adapters.threads import Crew, Scope, in_background

RUNG_FROM_A_HANDLER = """
import signal, time
from modelfetch.adapters.threads.call import _Bell

bell, rung = _Bell(), 0

def handler(*_):
    global rung
    rung += 1
    bell.ring()

signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0002)
until = time.monotonic() + 1.0
while time.monotonic() < until:
    bell.wait(0.001)
signal.setitimer(signal.ITIMER_REAL, 0)
print(rung > 100)
"""


def nothing(*_: object) -> None:
    pass


def scope() -> Scope:
    return Scope(lambda: pytest.fail("nothing is asked"), 5.0)


def test_a_signal_handler_may_ring_whatever_the_waiting_thread_is_doing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUNG_FROM_A_HANDLER], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "True"


def test_whoever_rings_has_it_looked_up_at_once_however_often() -> None:
    crew, may_end, looks = Crew("test"), threading.Event(), 0

    def wanted() -> None:
        nonlocal looks
        looks += 1
        if looks == 3:
            may_end.set()

    def ring_twice(ring: object) -> None:
        for _ in range(2):
            ring()  # type: ignore[operator]  # what is handed over rings

    assert in_background(crew, lambda: may_end.wait(20), scope(), wanted, ring_twice)
    crew.close()


def test_what_the_task_raised_is_raised_here() -> None:
    crew = Crew("test")

    def failing() -> None:
        message = "mine"
        raise ValueError(message)

    with pytest.raises(ValueError, match=r"^mine$"):
        in_background(crew, failing, scope(), nothing, nothing)
    crew.close()
