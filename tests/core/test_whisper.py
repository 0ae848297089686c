"""The built-in catalog says what a host shows of each Whisper model."""

from __future__ import annotations

import pytest

from modelfetch.core.catalog import resolve
from modelfetch.core.whisper import DEFAULT_CATALOG


def test_every_name_is_a_repo_for_ctranslate2() -> None:
    assert len(DEFAULT_CATALOG) == 19
    for name, spec in DEFAULT_CATALOG.items():
        assert spec.name == name
        assert spec.backend == "ctranslate2"
        assert resolve(name, DEFAULT_CATALOG).repo_id == spec.repo_id


def test_the_newest_large_model_has_three_names_and_two_repos() -> None:
    assert DEFAULT_CATALOG["large"].repo_id == DEFAULT_CATALOG["large-v3"].repo_id
    assert DEFAULT_CATALOG["turbo"].repo_id == DEFAULT_CATALOG["large-v3-turbo"].repo_id


@pytest.mark.parametrize(
    ("name", "capabilities"),
    [("tiny.en", ("Speech",)), ("distil-large-v3", ("Speech",)), ("large-v3", ("Speech", "Multilingual"))],
)
def test_an_english_only_model_says_so(name: str, capabilities: tuple[str, ...]) -> None:
    spec = DEFAULT_CATALOG[name]
    assert spec.capabilities == capabilities
    assert ("English only" in spec.description) == (capabilities == ("Speech",))
