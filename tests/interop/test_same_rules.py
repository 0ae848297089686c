"""Names and patterns mean to us what they mean to huggingface_hub.

Where we deviate on purpose: a repo id needs its ``org/`` (a bare name is an alias of the catalog), and a backslash in a
pattern is a slash, which huggingface_hub says only since 2.x. Neither is asked here; nor are repo owners of more than 96
characters, which huggingface_hub refuses only since 1.x.
"""

from __future__ import annotations

from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import (  # type: ignore[attr-defined]  # public there, but not by an explicit export
    filter_repo_objects,
    validate_repo_id,
)
from hypothesis import example, given
from hypothesis import strategies as st

from modelfetch.core.models.catalog import resolve
from modelfetch.core.planning.listing import FileEntry, select
from modelfetch.errors import ModelNotFoundError

PARTS = ("a", "b.json", "B.JSON", "model", ".bin", "/", "-", "[x]", "é", " ")
PATHS = st.lists(st.sampled_from(PARTS), min_size=1, max_size=5).map("".join)
PATTERNS = st.lists(st.sampled_from((*PARTS, "*", "?", "[a-m]", "[!a]", "[", "]", "/")), min_size=1, max_size=4).map(
    "".join
)
CHOICES = st.none() | st.lists(PATTERNS, max_size=3)

LETTERS = "abzAZ09-_."
OWNERS = st.text(LETTERS, max_size=6) | st.integers(90, 96).map("o".__mul__)
NAMES = (
    st.text(LETTERS, max_size=8)
    | st.integers(90, 99).map("n".__mul__)
    | st.sampled_from(("x.git", "x.git.x", "a b", "a+b"))
)


@given(paths=st.lists(PATHS, max_size=8), allow=CHOICES, ignore=CHOICES)
@example(paths=["onnx/model.bin", "model.bin"], allow=["onnx/"], ignore=None)
def test_patterns_choose_the_same_files(paths: list[str], allow: list[str] | None, ignore: list[str] | None) -> None:
    files = [FileEntry(path, 1, "a" * 40) for path in paths]
    theirs = list(filter_repo_objects(paths, allow_patterns=allow, ignore_patterns=ignore))
    assert [file.path for file in select(files, allow, ignore)] == theirs


def is_theirs(repo_id: str) -> bool:
    try:
        validate_repo_id(repo_id)
    except HFValidationError:
        return False
    return True


def is_ours(repo_id: str) -> bool:
    try:
        resolve(repo_id, {})
    except ModelNotFoundError:
        return False
    return True


@given(owner=OWNERS, name=NAMES)
@example(owner="org", name="name")
@example(owner="org", name="a--b")
@example(owner="org", name="a..b")
@example(owner="-org", name="name")
@example(owner="", name="name")
def test_the_same_repo_ids_are_well_formed(owner: str, name: str) -> None:
    repo_id = f"{owner}/{name}"
    assert is_ours(repo_id) == is_theirs(repo_id)
