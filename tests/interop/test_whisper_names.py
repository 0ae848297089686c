"""The built-in catalog is faster-whisper's own table, name by name."""

from __future__ import annotations

import pytest

from modelfetch.core.models.whisper import WHISPER


@pytest.mark.backend
def test_every_whisper_name_means_the_repo_that_faster_whisper_means() -> None:
    from faster_whisper.utils import _MODELS  # type: ignore[import-not-found, unused-ignore]  # not in every environment

    assert {name: spec.repo_id for name, spec in WHISPER.items()} == _MODELS
