"""What reached the journal is never asked for again, whatever killed the process or damaged the files since."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from modelfetch.testing import Synthetic

from .kit import LOST_PER_CONNECTION, SIZE, WEIGHTS, assert_right

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from modelfetch.core.transfer.journal import Journal

    from .kit import World

LARGE = 12_000_000
SPEED = 6_000_000
KILLS = 10
CONNECTIONS = 2
FILES = {"model.bin": WEIGHTS}


def test_killed_ten_times_at_random_a_download_fetches_nothing_journalled_again(world: World) -> None:
    files = {"model.bin": Synthetic(LARGE, 4)}
    repo = world.publish(files)
    name = repo.files["model.bin"].etag
    world.hub.bandwidth = SPEED
    kept_before = 0
    for _ in range(KILLS):
        world.hub.clear()
        kept = world.journals()[name].kept if kept_before else None
        child = world.downloader(max_connections=CONNECTIONS)
        world.hub.wait_for_bytes(random.randint(1, LARGE // KILLS))
        child.kill()
        child.wait()
        world.hub.wait_until_quiet()

        assert kept is None or not any(
            have.start < stop and start < have.stop for have in kept for start, stop in asked(world)
        )
        kept_now = world.journals()[name].kept.size if name in world.journals() else 0
        lost = world.hub.body_bytes() - (kept_now - kept_before)
        assert lost <= CONNECTIONS * LOST_PER_CONNECTION
        kept_before = kept_now

    assert kept_before > 0
    world.hub.bandwidth = None
    world.hub.clear()
    result = world.download()

    assert_right(result.path, files)
    assert world.hub.body_bytes() == LARGE - kept_before
    assert world.left_over() == []


def asked(world: World) -> list[tuple[int, int]]:
    return world.asked("model.bin")


# ---------------------------------------------------------------- damage between two downloads


def the(world: World, ending: str) -> Path:
    [path] = world.guests.glob(f"*.{ending}")
    return path


def the_journal(world: World) -> Journal:
    [journal] = world.journals().values()
    return journal


def torn_tail(world: World) -> int:
    path = the(world, "journal")
    pieces = the_journal(world).pieces
    path.write_bytes(path.read_bytes()[:-5])
    return max(piece.range.size for piece in pieces)


def torn_tail_with_junk(world: World) -> int:
    path = the(world, "journal")
    path.write_bytes(path.read_bytes() + b"+ 0 300")
    return 0


def zeroed_tail(world: World) -> int:
    """What a power cut leaves: the length is there and the bytes are not."""
    path = the(world, "journal")
    pieces = the_journal(world).pieces
    text = path.read_bytes()
    path.write_bytes(text[:-20] + bytes(20))
    return max(piece.range.size for piece in pieces)


def garbage_journal(world: World) -> int:
    the(world, "journal").write_bytes(random.Random(1).randbytes(5_000))
    return SIZE


def empty_journal(world: World) -> int:
    the(world, "journal").write_bytes(b"")
    return SIZE


def missing_journal(world: World) -> int:
    the(world, "journal").unlink()
    return SIZE


def another_contents_journal(world: World) -> int:
    path = the(world, "journal")
    path.write_bytes(path.read_bytes().replace(path.stem.encode(), b"0" * 64))
    return SIZE


def missing_part(world: World) -> int:
    the(world, "part").unlink()
    return SIZE


def empty_part(world: World) -> int:
    the(world, "part").write_bytes(b"")
    return SIZE


def shortened_part(world: World) -> int:
    path = the(world, "part")
    half = path.stat().st_size // 2
    with path.open("r+b") as file:
        file.truncate(half)
    return sum(piece.range.size for piece in the_journal(world).pieces if piece.range.stop > half)


def part_that_is_too_long(world: World) -> int:
    with the(world, "part").open("ab") as file:
        file.write(bytes(SIZE))
    return 0


def flipped_byte(world: World) -> int:
    piece = the_journal(world).pieces[0].range
    with the(world, "part").open("r+b") as file:
        file.seek(piece.start + piece.size // 2)
        byte = file.read(1)[0]
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))
    return piece.size


def zeroed_piece(world: World) -> int:
    piece = the_journal(world).pieces[-1].range
    with the(world, "part").open("r+b") as file:
        file.seek(piece.start)
        file.write(bytes(piece.size))
    return piece.size


@pytest.mark.parametrize(
    "damage",
    [
        torn_tail,
        torn_tail_with_junk,
        zeroed_tail,
        garbage_journal,
        empty_journal,
        missing_journal,
        another_contents_journal,
        missing_part,
        empty_part,
        shortened_part,
        part_that_is_too_long,
        flipped_byte,
        zeroed_piece,
    ],
)
def test_damage_costs_the_damaged_piece_and_ends_in_right_bytes(world: World, damage: Callable[[World], int]) -> None:
    world.publish(FILES)
    world.interrupted(SIZE // 2)
    kept = the_journal(world).kept.size
    assert kept >= SIZE // 2
    world.hub.clear()

    lost = damage(world)
    result = world.download()

    assert_right(result.path, FILES)
    assert world.hub.body_bytes() <= SIZE - kept + lost
    assert world.left_over() == []


def test_undamaged_only_the_rest_is_asked_for(world: World) -> None:
    world.publish(FILES)
    world.interrupted(SIZE // 2)
    kept = the_journal(world).kept
    world.hub.clear()

    result = world.download()

    assert_right(result.path, FILES)
    assert (result.bytes_reused, result.bytes_transferred) == (kept.size, SIZE - kept.size)
    assert world.hub.body_bytes() == SIZE - kept.size


def test_a_download_resumes_from_another_endpoint_with_the_same_content(world: World) -> None:
    """Content is the identity: which commit, path or server the first half came from does not matter."""
    world.publish(FILES)
    world.interrupted(SIZE // 2)
    kept = the_journal(world).kept.size
    repo = world.hub.add_repo("org/model", {"README.md": b"moved"})
    repo.commit({"README.md": None, "weights/model.bin": WEIGHTS})
    world.hub.clear()

    result = world.download()

    assert_right(result.path, {"weights/model.bin": WEIGHTS})
    assert world.hub.body_bytes() == SIZE - kept


def test_interrupted_again_and_again_a_download_comes_to_its_end_with_each_byte_fetched_once(world: World) -> None:
    world.publish(FILES)
    for share in (0.2, 0.4, 0.6, 0.8):
        world.interrupted(int(SIZE * share), max_connections=1)

    assert_right(world.download().path, FILES)
    assert world.hub.body_bytes() <= SIZE + 4 * LOST_PER_CONNECTION
    assert world.left_over() == []
