"""huggingface_hub reads what we write of a commit as it reads its own."""

from __future__ import annotations

import json

from modelfetch.core.kept.hub_tree import encode
from modelfetch.core.planning.listing import FileEntry, Listing, listing_from_hub_cache

COMMIT = "c" * 40
CONFIG = FileEntry("config.json", 12, "a" * 40)
MODEL = FileEntry("sub/model.bin", 3_000, "b" * 64, "b" * 64)


def test_it_is_read_back_as_the_same_listing_in_the_order_of_paths() -> None:
    tree = json.loads(encode([MODEL, CONFIG]))
    assert listing_from_hub_cache(tree, "org/name", COMMIT) == Listing("org/name", COMMIT, (CONFIG, MODEL))


def test_a_file_in_lfs_is_named_by_its_pointer_in_git() -> None:
    """The id is what ``git hash-object`` says of the pointer."""
    told = json.loads(encode([MODEL]))["files"]["sub/model.bin"]
    assert told == {
        "size": 3_000,
        "blob_id": "36ef3b86ab838754c355dc0f93a8085c2ccde59f",
        "lfs_sha256": "b" * 64,
        "lfs_size": 3_000,
    }
