"""The Textual example: a real screen without a terminal, with a pointer on its buttons."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import modelfetch as mf
from modelfetch.testing import Synthetic

from .kit import MODEL, PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from modelfetch.testing import LocalHub

SECOND = "org/second"


def test_it_downloads_one_after_the_other_and_cancels_what_waits_and_what_runs(
    hub: LocalHub, example: Callable[[str], ModuleType]
) -> None:
    hub.add_repo(SECOND, {"model.bin": Synthetic(1000)})
    app = example("textual_app").Models([MODEL, SECOND])

    async def use() -> None:
        async with app.run_test(size=(160, 40)) as pilot:
            first, second = app.query("ModelRow")
            await press(pilot, first, "download")
            await wait(pilot, lambda: 0.1 < bar(first).progress < 1.0)
            assert "Downloading" in text(first)
            await press(pilot, second, "download")
            await wait(pilot, lambda: "Waiting" in text(second))

            await press(pilot, first, "cancel")
            await wait(pilot, lambda: "Downloaded" in text(second))
            assert "Not downloaded" in text(first)

            hub.bandwidth = None
            await press(pilot, first, "download")
            await wait(pilot, lambda: "Downloaded" in text(first))

    asyncio.run(use())
    assert mf.model_status(MODEL) is mf.ModelStatus.DOWNLOADED


async def press(pilot: Any, row: Any, name: str) -> None:
    """A pointer on the button, once it is the only one that is laid out in the row."""
    await wait(pilot, lambda: [button.name for button in row.query("Button") if button.region] == [name])
    await pilot.click(row.query_one(f".{name}"))


async def wait(pilot: Any, seen: Callable[[], object]) -> None:
    patience = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < patience, "it did not happen"
        await pilot.pause(0.02)


def bar(row: Any) -> Any:
    return row.query_one("ProgressBar")


def text(row: Any) -> str:
    return str(row.query_one("Label").render())
