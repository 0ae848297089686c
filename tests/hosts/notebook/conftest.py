"""A front end that is not there but listens, and a JupyterLab and a Chromium that are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import comm
import pytest

from modelfetch.testing import LocalHub

from .frontend import FrontEnd
from .lab import Lab, chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


@pytest.fixture
def front_end(monkeypatch: pytest.MonkeyPatch) -> FrontEnd:
    """Hears what widgets say in this process, and can press."""
    front_end = FrontEnd()
    monkeypatch.setattr(comm, "create_comm", front_end.comm)
    return front_end


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    with LocalHub() as hub:
        yield hub


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def lab(server: Lab, browser: Browser) -> Iterator[Lab]:
    """JupyterLab in a window of its own; its kernels and its window are gone after the test."""
    with server.window(browser):
        yield server
