"""A catalog may be kept as TOML; what is wrong in it is named, and nothing of it is taken."""

from __future__ import annotations

from dataclasses import fields

import pytest

from modelfetch.core.models.catalog import Catalog
from modelfetch.core.models.catalog_file import SCHEMA
from modelfetch.core.models.spec import ModelSpec

WHOLE = """
schema = "modelfetch.catalog/1"

[models.house]
repo_id = "org/house-model"
backend = "mlx"
revision = "v2"
allow_patterns = ["*.safetensors", "*.json"]
ignore_patterns = []
display_name = "The house model"
description = "Made here"
capabilities = ["Chat"]
min_ram_bytes = 8_589_934_592
size_bytes = 4_000_000_000
unverified = ["size_bytes"]

[models."small-one"]
repo_id = "org/small"
"""


def test_bytes_are_no_text() -> None:
    with pytest.raises(TypeError, match=r"of the type bytes. A text was expected. Nothing of it was taken; decode it"):
        Catalog.from_toml(WHOLE.encode())  # type: ignore[arg-type]  # that is the point


def test_a_file_holds_every_field_of_a_spec() -> None:
    catalog = Catalog.from_toml(WHOLE)
    assert catalog["house"] == ModelSpec(
        "house",
        "org/house-model",
        backend="mlx",
        revision="v2",
        allow_patterns=("*.safetensors", "*.json"),
        ignore_patterns=(),
        display_name="The house model",
        description="Made here",
        capabilities=("Chat",),
        min_ram_bytes=8 << 30,
        size_bytes=4_000_000_000,
        unverified=("size_bytes",),
    )
    assert catalog["small-one"] == ModelSpec("small-one", "org/small")
    assert list(catalog) == ["house", "small-one"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models = [", "This is not TOML"),
        ("[models.a]\nrepo_id = 'org/a'", "the schema found is None"),
        ("schema = 'modelfetch.catalog/9'\n[models]", "'modelfetch.catalog/9'"),
        ("schema = 'modelfetch.catalog/1'", r"a table \[models\]"),
        ("schema = 'modelfetch.catalog/1'\nmodels = 3", r"a table \[models\]"),
        ("schema = 'modelfetch.catalog/1'\n[models]\na = 3", "models.a in the catalog: a table of its fields"),
        ("schema = 'modelfetch.catalog/1'\n[models.a]", "models.a.repo_id in the catalog: 'org/name'"),
        ("schema = 'modelfetch.catalog/1'\n[models.a]\nrepo_id = 1", "models.a.repo_id in the catalog: 'org/name'"),
        ("schema = 'modelfetch.catalog/1'\n[models.a]\nrepo = 'x'", "models.a.repo in the catalog: one of repo_id, "),
        ("schema = 'modelfetch.catalog/1'\n[models.a]\ncapabilities = 'Chat'", "capabilities in the catalog: a list"),
        ("schema = 'modelfetch.catalog/1'\n[models.a]\ncapabilities = [1]", "capabilities in the catalog: a list"),
        ("schema = 'modelfetch.catalog/1'\n[models.a]\nsize_bytes = 0", "size_bytes in the catalog: a number of"),
        ("schema = 'modelfetch.catalog/1'\n[models.a]\nsize_bytes = true", "size_bytes in the catalog: a number of"),
    ],
)
def test_what_is_not_understood_is_named(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Catalog.from_toml(text)


def model(*lines: str, name: str = "a") -> str:
    """A catalog of one model, right but for what the lines say."""
    return "\n".join([f'schema = "{SCHEMA}"', f'[models."{name}"]', 'repo_id = "org/a"', *lines])


@pytest.mark.parametrize("repo_id", ["", "a", "not an id", "https://huggingface.co/org/a", "org/a@v1", "org/a.git"])
def test_what_is_no_repo_id_is_told_when_the_catalog_is_read_and_not_when_it_is_used(repo_id: str) -> None:
    with pytest.raises(ValueError, match=r"models.a.repo_id in the catalog: 'org/name' as on the Hub was expected"):
        Catalog.from_toml(f'schema = "{SCHEMA}"\n[models.a]\nrepo_id = "{repo_id}"')


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('backend = ""', "models.a.backend in the catalog: the name of a backend"),
        ('revision = ""', "models.a.revision in the catalog: a branch, tag or commit"),
        ('revision = "../x"', "models.a.revision in the catalog: a branch, tag or commit"),
        ('unverified = ["min_ram"]', "models.a.unverified in the catalog: a list of min_ram_bytes and size_bytes"),
        ('unverified = ["size_bytes", 3]', "models.a.unverified in the catalog: a list of"),
        ('unverified = "size_bytes"', "models.a.unverified in the catalog: a list of"),
        ("description = 3", "models.a.description in the catalog: a string"),
        ('name = "b"', "models.a.name in the catalog: one of repo_id, "),
    ],
)
def test_a_value_that_cannot_be_meant_is_named(line: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Catalog.from_toml(model(line))


@pytest.mark.parametrize("key", ["model", "Models", "version"])
def test_a_typing_error_beside_the_models_is_named(key: str) -> None:
    with pytest.raises(ValueError, match=f"^{key} in the catalog: one of schema, models was expected"):
        Catalog.from_toml(f"{key} = 3\n{model()}")


@pytest.mark.parametrize("name", ["", "a@b"])
def test_a_name_that_nobody_can_ask_for_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"cannot be called '{name}'"):
        Catalog.from_toml(model(name=name))


def test_what_may_stand_in_a_file_is_what_a_spec_has() -> None:
    with pytest.raises(ValueError, match="one of ") as caught:
        Catalog.from_toml(model("nonsense = 1"))
    named = str(caught.value).partition("one of ")[2].partition(" was expected")[0].split(", ")
    assert named == [field.name for field in fields(ModelSpec) if field.name != "name"]
