"""Few files are looked into, because a look counts as a use of the model."""

from __future__ import annotations

import pytest

from modelfetch.core.kept.pointer import is_pointer, is_worth_a_look, may_be_pointer, pointer


@pytest.mark.parametrize(
    ("path", "size", "is_worth_it"),
    [
        ("model.bin", 119, False),
        ("model.bin", 120, True),
        ("model.bin", 1024, True),
        ("model.bin", 1025, False),
        ("config.json", 134, False),
        ("sub/vocabulary.txt", 134, False),
        ("json", 134, True),
    ],
)
def test_only_what_has_the_size_of_a_pointer_and_is_no_text_is_looked_into(
    path: str, size: int, *, is_worth_it: bool
) -> None:
    assert is_worth_a_look(path, size) is is_worth_it


def test_who_uses_the_model_looks_into_texts_of_that_size_too() -> None:
    assert may_be_pointer(134)
    assert not is_worth_a_look("tokenizer.json", 134)


def test_the_shortest_pointer_is_not_too_short() -> None:
    assert may_be_pointer(len(pointer("a" * 64, 0)))


def test_a_pointer_is_told_by_its_first_line_and_nothing_else_is_one() -> None:
    text = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 7\n"
    assert pointer("a" * 64, 7) == text
    assert is_pointer(text)
    assert not is_pointer(b"")
    assert not is_pointer(text[:41])
    assert not is_pointer(b"\n" + text)
