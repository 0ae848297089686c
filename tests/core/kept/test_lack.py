"""What of a model is not here, and which choice of files it is held against."""

from __future__ import annotations

from modelfetch.core.kept.lack import Lack, closest, lack_of
from modelfetch.core.planning.listing import FileEntry

CONFIG = FileEntry("config.json", 2, "1" * 40)
WEIGHTS = FileEntry("model.bin", 9, "2" * 64, "2" * 64)
README = FileEntry("README.md", 7, "3" * 40)
LICENCE = FileEntry("LICENSE", 5, "4" * 40)


def test_without_choices_there_is_none_to_be_held_against() -> None:
    assert closest((), {"config.json": 2}) == ()


def test_the_choice_that_lacks_the_fewest_files_is_the_closest() -> None:
    assert closest([(CONFIG, WEIGHTS, README), (CONFIG, README)], {"config.json": 2}) == (CONFIG, README)


def test_a_file_of_another_size_is_lacking_as_much_as_one_that_is_not_there() -> None:
    assert closest([(CONFIG, WEIGHTS), (CONFIG,)], {"config.json": 2, "model.bin": 8}) == (CONFIG,)


def test_of_two_choices_that_lack_as_many_the_larger_is_the_closest_whichever_was_recorded_first() -> None:
    small, large = (CONFIG, README), (CONFIG, WEIGHTS, LICENCE)
    sizes = {"config.json": 2, "model.bin": 9}

    assert closest([small, large], sizes) == closest([large, small], sizes) == large


def test_of_two_choices_that_are_alike_in_all_that_the_first_is_the_closest() -> None:
    assert closest([(README,), (LICENCE,)], {}) == (README,)


def test_what_is_there_in_full_lacks_nothing() -> None:
    assert lack_of((CONFIG, WEIGHTS), {"config.json": 2, "model.bin": 9, "more.txt": 1}) == Lack()


def test_what_is_not_there_and_what_has_another_size_are_told_apart() -> None:
    assert lack_of((CONFIG, WEIGHTS, README), {"model.bin": 8, "README.md": 7}) == Lack(("config.json",), (WEIGHTS,))
