"""The built-in catalog says what a host shows of each model, and which of its figures nobody verified."""

from __future__ import annotations

import pytest

from modelfetch.core.models.builtin import DEFAULT_CATALOG
from modelfetch.core.models.catalog import resolve
from modelfetch.core.models.language_models import LANGUAGE_MODELS
from modelfetch.core.models.whisper import WHISPER


def test_it_holds_the_whisper_names_and_a_dozen_language_models() -> None:
    assert (len(WHISPER), len(LANGUAGE_MODELS)) == (19, 12)
    assert len(DEFAULT_CATALOG) == 31, "no name is taken twice"
    assert {spec.backend for spec in WHISPER.values()} == {"ctranslate2"}
    assert {spec.backend for spec in LANGUAGE_MODELS.values()} == {"mlx"}


@pytest.mark.parametrize("name", DEFAULT_CATALOG)
def test_every_model_can_be_named_shown_and_weighed(name: str) -> None:
    spec = DEFAULT_CATALOG[name]
    assert resolve(name, DEFAULT_CATALOG).repo_id == spec.repo_id
    assert spec.display_name
    assert spec.description
    assert spec.capabilities
    assert spec.size_bytes is not None
    assert spec.min_ram_bytes is not None
    assert spec.min_ram_bytes > spec.size_bytes


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


def test_memory_that_was_measured_refuses_and_memory_that_was_reckoned_does_not() -> None:
    measured = {name for name, spec in DEFAULT_CATALOG.items() if spec.declared_ram_bytes is not None}
    assert measured == {"base", "small"}


def test_rounded_sizes_are_marked() -> None:
    rounded = {name for name, spec in DEFAULT_CATALOG.items() if (spec.size_bytes or 0) % 1_000_000 == 0}
    assert rounded
    assert all("size_bytes" in DEFAULT_CATALOG[name].unverified for name in rounded)
