"""A name is looked up, never guessed, and a bad one is an error that helps."""

from __future__ import annotations

import pytest

from modelfetch.core.models.catalog import Catalog, resolve
from modelfetch.core.models.spec import ModelSpec, patterns
from modelfetch.errors import ModelNotFoundError

TINY = ModelSpec("tiny", "org/tiny", backend="ctranslate2")
BASE = ModelSpec("base", "org/base", revision="v2")
CATALOG = Catalog([TINY, BASE])


# ------------------------------------------------------------------ specs and catalogs


def test_patterns_are_kept_as_a_tuple_and_a_lone_one_is_one() -> None:
    spec = ModelSpec("x", "org/x", allow_patterns=["*.bin", "*.json"], ignore_patterns="*.md")
    assert spec.allow_patterns == ("*.bin", "*.json")
    assert spec.ignore_patterns == ("*.md",)
    assert (patterns(None), patterns(()), patterns("a")) == (None, (), ("a",))


def test_specs_are_values() -> None:
    spec = ModelSpec("x", "org/x", capabilities=["Speech"])
    assert spec == ModelSpec("x", "org/x", capabilities=("Speech",)) == ModelSpec("x", "org/x", capabilities="Speech")
    assert len({spec, ModelSpec("x", "org/x", capabilities=("Speech",))}) == 1


@pytest.mark.parametrize(("unverified", "declared"), [((), 8), (("size_bytes",), 8), (("min_ram_bytes",), None)])
def test_memory_is_declared_unless_it_is_marked_as_unverified(
    unverified: tuple[str, ...], declared: int | None
) -> None:
    spec = ModelSpec("x", "org/x", min_ram_bytes=8, unverified=unverified)
    assert (spec.min_ram_bytes, spec.declared_ram_bytes) == (8, declared)
    assert ModelSpec("x", "org/x", unverified=unverified).declared_ram_bytes is None


@pytest.mark.parametrize("word", ["min_ram", "repo_id", ""])
def test_a_word_that_can_not_be_unverified_is_an_error_for_it_would_turn_a_warning_into_a_refusal(word: str) -> None:
    with pytest.raises(
        ValueError, match=rf"unverified='{word}' of the model 'x'.*min_ram_bytes or size_bytes was expected"
    ):
        ModelSpec("x", "org/x", min_ram_bytes=8, unverified=("size_bytes", word))


@pytest.mark.parametrize(("shown", "title"), [(None, "x"), ("", "x"), ("The house model", "The house model")])
def test_a_person_reads_the_display_name_or_else_the_name(shown: str | None, title: str) -> None:
    assert ModelSpec("x", "org/x", display_name=shown).title == title


def test_a_catalog_is_a_mapping_of_names_to_specs() -> None:
    assert dict(CATALOG) == {"tiny": TINY, "base": BASE}
    assert (len(CATALOG), CATALOG["tiny"], "large" in CATALOG) == (2, TINY, False)
    assert repr(CATALOG) == "Catalog(tiny, base)"


def test_the_right_side_of_a_union_wins_and_the_left_is_not_changed() -> None:
    other = ModelSpec("tiny", "mine/tiny")
    assert (CATALOG | Catalog([other]))["tiny"] == other
    assert CATALOG.with_spec(other)["tiny"] == other
    assert CATALOG["tiny"] == TINY
    assert list(CATALOG | {"new": ModelSpec("new", "org/new")}) == ["tiny", "base", "new"]
    assert list({"new": ModelSpec("new", "org/new"), "tiny": other} | CATALOG) == ["new", "tiny", "base"]
    assert ({"tiny": other} | CATALOG)["tiny"] == TINY


def test_two_different_specs_of_one_name_are_an_error_that_names_it() -> None:
    with pytest.raises(ValueError, match=r"'tiny'.*No catalog was made"):
        Catalog([TINY, BASE, ModelSpec("tiny", "mine/tiny")])


@pytest.mark.parametrize("name", ["", "@", "tiny@v1"])
def test_a_name_that_nobody_can_ask_for_has_no_place_in_a_catalog(name: str) -> None:
    with pytest.raises(ValueError, match=f"cannot be called '{name}'.*No catalog was made"):
        Catalog([ModelSpec(name, "org/tiny")])
    with pytest.raises(ValueError, match="cannot be called"):
        CATALOG.with_spec(ModelSpec(name, "org/tiny"))


def test_the_same_spec_twice_is_the_same_catalog() -> None:
    assert Catalog([TINY, BASE, ModelSpec("tiny", "org/tiny", backend="ctranslate2")]) == CATALOG


def test_the_right_side_of_a_union_wins_whatever_it_calls_a_spec() -> None:
    other = ModelSpec("tiny", "mine/tiny")
    assert dict(CATALOG | {"an alias": other}) == {"tiny": other, "base": BASE}


def test_catalogs_with_the_same_specs_are_equal_and_hash_alike() -> None:
    same = Catalog([BASE, TINY])
    assert same == CATALOG
    assert hash(same) == hash(CATALOG)
    assert Catalog() != CATALOG


# ------------------------------------------------------------------ what a name means


def test_an_alias_means_the_spec_of_the_catalog() -> None:
    spec = resolve("tiny", CATALOG)
    assert (spec.repo_id, spec.backend, spec.revision) == ("org/tiny", "ctranslate2", "main")


def test_a_repo_id_needs_no_catalog() -> None:
    spec = resolve("Some-org/some.name_2", {})
    assert (spec.name, spec.repo_id, spec.backend) == ("Some-org/some.name_2", "Some-org/some.name_2", None)


def test_a_revision_may_follow_the_name() -> None:
    assert resolve("org/name@refs/pr/3", {}).revision == "refs/pr/3"
    assert resolve("tiny@v1", CATALOG).revision == "v1"


def test_what_the_caller_says_wins_over_the_name_and_the_name_over_the_catalog() -> None:
    assert resolve("base", CATALOG).revision == "v2"
    assert resolve("base@v3", CATALOG).revision == "v3"
    assert resolve("base@v3", CATALOG, revision="v4").revision == "v4"
    assert resolve("tiny", CATALOG, backend="mlx").backend == "mlx"


def test_a_spec_is_taken_as_it_is() -> None:
    spec = ModelSpec("mine", "org/x", revision="v1", allow_patterns=("*.bin",))
    assert resolve(spec, {}) == spec


def test_an_unknown_alias_lists_what_was_close() -> None:
    with pytest.raises(ModelNotFoundError, match=r"no model called 'tinny'.*close names: tiny"):
        resolve("tinny", CATALOG)


def test_an_alias_like_nothing_known_lists_what_there_is() -> None:
    with pytest.raises(ModelNotFoundError, match="known names: tiny, base"):
        resolve("zzzzzzzz", CATALOG)
    with pytest.raises(ModelNotFoundError, match="known names: none"):
        resolve("tiny", {})


@pytest.mark.parametrize("model", ["org/name@", "tiny@"])
def test_an_at_sign_without_a_revision_is_refused(model: str) -> None:
    with pytest.raises(ModelNotFoundError, match="ends in '@' without a revision"):
        resolve(model, CATALOG)


@pytest.mark.parametrize("name", ["a", "a" * 96, "_x", "x_", "1", "a.b-c_d", "a-b"])
def test_a_well_formed_repo_id_is_accepted(name: str) -> None:
    assert resolve(f"{name}/{name}", {}).repo_id == f"{name}/{name}"


@pytest.mark.parametrize(
    "repo_id",
    [
        "a/b/c",
        "/b",
        "a/",
        "-a/b",
        "a/-b",
        "a./b",
        "a/b.",
        "a/b--c",
        "a/b..c",
        "a/b.git",
        "a/b c",
        "a/b\n",
        "a/é",
        "a/٣",
        "a/..",
        "../b",
        "a/" + "b" * 97,
        "a" * 97 + "/b",
        "a/b?x=1",
        "https://huggingface.co/a/b",
    ],
)
def test_a_malformed_repo_id_is_refused_before_any_request(repo_id: str) -> None:
    with pytest.raises(ModelNotFoundError, match=r"is not a repo id.*Nothing was requested") as caught:
        resolve(repo_id, {})
    assert caught.value.repo_id == repo_id


def test_a_spec_needs_a_well_formed_repo_id_as_well() -> None:
    with pytest.raises(ModelNotFoundError, match="'tiny' is not a repo id"):
        resolve(ModelSpec("tiny", "tiny"), CATALOG)


@pytest.mark.parametrize("revision", ["../main", "/main", "a//b", "a\nb", "..", "C:x", "a\ud800"])
def test_a_revision_that_would_leave_the_refs_folder_is_refused(revision: str) -> None:
    with pytest.raises(ModelNotFoundError, match="cannot be a revision of org/name") as caught:
        resolve("org/name", {}, revision=revision)
    assert (caught.value.repo_id, caught.value.revision) == ("org/name", revision)
