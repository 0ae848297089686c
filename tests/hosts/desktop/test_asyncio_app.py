"""The asyncio and the trio example, each as a person runs it: a program at a prompt, and Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf

from .kit import MODEL, PATIENCE, SIZE

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelfetch.testing import LocalHub

    from .kit import Example


@pytest.mark.parametrize("name", ["asyncio_app", "trio_app"])
def test_it_says_how_far_it_is_and_then_where_the_model_is(
    name: str, hub: LocalHub, running: Callable[..., Example]
) -> None:
    hub.bandwidth = SIZE / 2

    program = running(name, MODEL)

    assert program.ended() == 0, program.lines
    assert any("of 8.00 MB" in line for line in program.lines)
    assert (Path(program.lines[-1]) / "model.bin").is_file()


@pytest.mark.parametrize("name", ["asyncio_app", "trio_app"])
def test_ctrl_c_cancels_the_download_and_what_was_fetched_is_kept(
    name: str, hub: LocalHub, running: Callable[..., Example]
) -> None:
    program = running(name, MODEL)
    hub.wait_for_bytes(1_000_000, timeout=PATIENCE)
    program.wait_for("MB of 8.00 MB")

    program.interrupt()

    assert program.ended() != 0
    hub.wait_until_quiet()
    assert hub.body_bytes() < 8_000_000
    assert mf.model_status(MODEL) is mf.ModelStatus.PARTIAL


def test_the_rest_of_an_asyncio_program_goes_on_meanwhile(running: Callable[..., Example]) -> None:
    program = running("asyncio_app", MODEL)
    program.wait_for("Downloading")
    program.wait_for("tick 1")


def test_an_error_is_one_line(running: Callable[..., Example]) -> None:
    program = running("asyncio_app", "org/nothing")
    assert program.ended() == 1
    assert "org/nothing" in program.lines[-1]
    assert not any("Traceback" in line for line in program.lines)
