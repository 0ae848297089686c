"""Whether a model is here is judged file by file."""

from __future__ import annotations

from modelfetch.core.kept.status import ModelStatus, status_of
from modelfetch.core.planning.listing import FileEntry

CONFIG = FileEntry("config.json", 2, "1" * 40)
WEIGHTS = FileEntry("model.bin", 9, "2" * 64, "2" * 64)
ALL = {"config.json": 2, "model.bin": 9}


def judged(
    wanted: list[list[FileEntry]],
    sizes: dict[str, int],
    *,
    loadable: tuple[bool, ...] = (),
    leftovers: bool = False,
) -> ModelStatus:
    return status_of(wanted, loadable, sizes, leftovers=leftovers)


def test_nothing_at_all_is_not_downloaded() -> None:
    assert judged([], {}) is ModelStatus.NOT_DOWNLOADED


def test_every_recorded_file_with_its_size_is_downloaded() -> None:
    assert judged([[CONFIG, WEIGHTS]], ALL) is ModelStatus.DOWNLOADED


def test_a_missing_file_makes_it_partial() -> None:
    assert judged([[CONFIG, WEIGHTS]], {"config.json": 2}) is ModelStatus.PARTIAL


def test_a_file_of_another_size_makes_it_partial() -> None:
    assert judged([[CONFIG, WEIGHTS]], {**ALL, "model.bin": 8}) is ModelStatus.PARTIAL


def test_one_complete_choice_of_files_is_enough() -> None:
    assert judged([[CONFIG, WEIGHTS], [CONFIG]], {"config.json": 2}) is ModelStatus.DOWNLOADED


def test_parts_alone_make_it_partial() -> None:
    assert judged([], {}, leftovers=True) is ModelStatus.PARTIAL


def test_without_a_record_a_backend_that_finds_all_it_needs_decides() -> None:
    assert judged([], ALL, loadable=(False, True)) is ModelStatus.DOWNLOADED


def test_without_a_record_files_that_no_backend_can_load_are_partial() -> None:
    assert judged([], ALL, loadable=(False, False)) is ModelStatus.PARTIAL


def test_a_record_decides_whatever_a_backend_would_say() -> None:
    assert judged([[CONFIG, WEIGHTS]], {"config.json": 2}, loadable=(True,)) is ModelStatus.PARTIAL
