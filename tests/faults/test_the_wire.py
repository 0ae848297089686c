"""Every fault of the wire ends in right bytes or in one precise error, and the next call finishes the job."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, assert_never

import pytest
from huggingface_hub import scan_cache_dir

import modelfetch as mf

from ..download.kit import assert_attributes, assert_right, of, threads_that_stay
from .rows import GROUPS, ROWS
from .table import ALLOWANCE, FILES, Fails, Right

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..download.kit import World
    from .table import Row

pytestmark = pytest.mark.usefixtures("quick_retries")

DONE = re.compile(r"Nothing|nothing was|was not|were not|is kept")
ADVICE = re.compile(
    r"try|check|plan again|log in|choose|correct|tell the repo's owner|Tell the repo's owner|look it up|name its",
    re.ASCII,
)


def assert_tells_four_things(error: mf.ModelFetchError) -> None:
    """What happened, what was expected, what was done about it, and what the reader can do."""
    text = str(error)
    assert "expected" in text, text
    assert DONE.search(text), text
    assert ADVICE.search(text), text
    assert text.isprintable(), text
    assert text.endswith((".", ")")), text
    assert len(text) < 900, text


def assert_healthy(world: World) -> None:
    """Nothing of ours is left beside the model, and huggingface_hub finds nothing wrong."""
    assert world.left_over() == []
    assert scan_cache_dir(world.cache).warnings == []


def fails(world: World, ends: Fails, act: Callable[[], object]) -> mf.ModelFetchError:
    """The error that ``act`` ends in."""
    with pytest.raises(mf.ModelFetchError) as caught:
        act()
    error = caught.value
    assert type(error) is ends.error, error
    for words in ends.says:
        assert words in str(error)
    assert_tells_four_things(error)
    assert_attributes(error, ends.attributes)
    if not of(world.hub.requests, "resolve"):
        assert list(world.cache.iterdir()) == []
    assert not (world.folder / "refs").exists()
    return error


def download(world: World, row: Row) -> mf.DownloadResult:
    if row.between is None:
        return world.download(**row.options)
    plan = world.plan()
    row.between(world)
    return world.download(plan, **row.options)


@pytest.mark.parametrize("name", ROWS)
def test_a_fault_ends_in_right_bytes_or_one_precise_error(
    world: World, name: str, record_property: Callable[[str, object], None]
) -> None:
    row = ROWS[name]
    size = world.publish(FILES).at().size
    injected = [world.hub.inject(fault) for fault in row.faults]

    match row.ends:
        case Right():
            assert_right(download(world, row).path, FILES)
            assert_healthy(world)
            outcome = "right bytes"
        case Fails():
            error = fails(world, row.ends, lambda: download(world, row))
            outcome = f"{type(error).__name__}: {error}"
        case _:
            assert_never(row.ends)

    assert all(each.hits for each in injected)
    assert world.hub.body_bytes() <= row.ends.served * size + ALLOWANCE
    assert threads_that_stay() == []
    record_property("fault", f"{group_of(name)}: {name}")
    record_property("ends", outcome)

    if isinstance(row.ends, Fails) and row.ends.heals:
        world.hub.heal()
        assert_right(world.download().path, FILES)
        assert_healthy(world)


def group_of(name: str) -> str:
    return next(group for group, rows in GROUPS.items() if name in rows)


def test_no_row_hides_another() -> None:
    assert len(ROWS) == sum(map(len, GROUPS.values()))
