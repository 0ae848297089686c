"""A hub with one model, and an empty cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modelfetch.testing.fixture import isolated_cache as isolated_cache
from modelfetch.testing.fixture import local_hub as local_hub

from .kit import FILES, REPO

if TYPE_CHECKING:
    from pathlib import Path

    from modelfetch.testing import LocalHub


@pytest.fixture
def cache(isolated_cache: Path) -> Path:
    """The user's usual one."""
    return isolated_cache


@pytest.fixture
def hub(local_hub: LocalHub) -> LocalHub:
    """It has the model."""
    local_hub.add_repo(REPO, FILES)
    return local_hub
