"""The Qt example: a real window, offscreen, with a finger on its buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

import modelfetch as mf
from modelfetch.testing import Synthetic

from .kit import HELD, MODEL, SIZE, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType
    from typing import Any

    from modelfetch.testing import LocalHub


@pytest.fixture(scope="module")
def application() -> QApplication:
    """Qt has one for each process."""
    return QApplication([])


@pytest.fixture
def opened(
    application: QApplication,  # noqa: ARG001 - there has to be one
    hub: LocalHub,  # noqa: ARG001 - the window finds it in the environment
    example: Callable[[str], ModuleType],
) -> Iterator[Callable[[str], Any]]:
    windows: list[Any] = []

    def open_window(model: str) -> Any:
        windows.append(example("qt").ModelWindow(model))
        windows[-1].show()
        return windows[-1]

    yield open_window
    for window in windows:
        window.manager.shutdown()
        window.close()


def press(window: Any, action: mf.Action) -> None:
    """A finger on the button of ``action``, for as long as a finger takes."""
    button = window.buttons[action]
    QTest.mousePress(button, Qt.MouseButton.LeftButton)
    QTest.qWait(int(HELD * 1000))
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)


def shown(window: Any) -> set[mf.Action]:
    return {action for action, button in window.buttons.items() if button.isVisible()}


def wait(seen: Callable[[], object]) -> None:
    until(seen, lambda: QTest.qWait(20))


def test_it_downloads_is_cancelled_goes_on_and_is_used(
    hub: LocalHub, opened: Callable[[str], Any], picture: Callable[[str], Path | None]
) -> None:
    window = opened(MODEL)
    assert shown(window) == {mf.Action.DOWNLOAD}

    press(window, mf.Action.DOWNLOAD)
    wait(lambda: window.bar.value() > 10)
    assert "Downloading" in window.status.text()
    if path := picture("qt"):
        window.grab().save(str(path))

    press(window, mf.Action.CANCEL)
    wait(lambda: shown(window) == {mf.Action.DOWNLOAD})
    assert not window.bar.isVisible()

    hub.bandwidth = None
    press(window, mf.Action.DOWNLOAD)
    wait(lambda: mf.Action.SELECT in shown(window))
    assert hub.body_bytes("*model.bin") < 2 * SIZE
    press(window, mf.Action.SELECT)
    assert "Selected" in window.status.text()

    press(window, mf.Action.DELETE)
    assert mf.model_status(MODEL) is mf.ModelStatus.NOT_DOWNLOADED
    assert shown(window) == {mf.Action.DOWNLOAD}


def test_what_went_wrong_is_in_the_window_and_can_be_tried_again(hub: LocalHub, opened: Callable[[str], Any]) -> None:
    window = opened("org/later")
    press(window, mf.Action.DOWNLOAD)
    wait(lambda: mf.Action.RETRY in shown(window))
    assert "org/later" in window.reason.text()

    hub.add_repo("org/later", {"model.bin": Synthetic(1000)})
    press(window, mf.Action.RETRY)
    wait(lambda: mf.Action.SELECT in shown(window))
    assert window.reason.text() == ""
