"""A listing is trusted whole or not at all, whatever the answer it was read from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.planning.listing import (
    LARGEST_FILE,
    SHORT_LISTING,
    FileEntry,
    Listing,
    commit_of,
    entries_as_json,
    is_blob_id,
    is_commit,
    is_gated,
    is_sha256,
    listing_from_hub_cache,
    listing_from_info,
    listing_from_tree,
    literal,
    select,
    trusted,
    trusted_entries,
)
from modelfetch.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable

COMMIT = "c" * 40
SHA1, SHA256 = "a" * 40, "b" * 64
CONFIG = FileEntry("config.json", 12, SHA1)
MODEL = FileEntry("sub/model.bin", 3_000, SHA256, SHA256)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([SHA1, SHA256, "file", "directory", "config.json", "../x", "a\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["rfilename", "path", "size", "blobId", "oid", "lfs", "sha256", "type", "blob_id"])
            | st.text(max_size=3),
            inner,
            max_size=5,
        )
    ),
    max_leaves=8,
)
ENTRIES = st.fixed_dictionaries(
    {},
    optional={
        "type": st.just("file") | JSON,
        "rfilename": st.just("a") | JSON,
        "path": st.just("a") | JSON,
        "size": st.just(1) | JSON,
        "blobId": st.just(SHA1) | JSON,
        "oid": st.just(SHA1) | JSON,
        "blob_id": st.just(SHA1) | JSON,
        "lfs_sha256": JSON,
        "lfs_size": JSON,
        "sha256": JSON,
        "lfs": st.fixed_dictionaries({}, optional={"size": st.just(1) | JSON, "sha256": JSON, "oid": JSON}) | JSON,
    },
)


def info(*siblings: object, **others: object) -> dict[str, object]:
    return {"sha": COMMIT, "siblings": list(siblings), **others}


def sibling(**changes: object) -> dict[str, object]:
    return {"rfilename": "config.json", "size": 12, "blobId": SHA1, **changes}


def lfs_sibling(**changes: object) -> dict[str, object]:
    lfs = {"sha256": SHA256, "size": 3_000, "pointerSize": 134}
    return {"rfilename": "sub/model.bin", "size": 3_000, "blobId": SHA1, "lfs": lfs, **changes}


def leaf(**changes: object) -> dict[str, object]:
    return {"type": "file", "path": "config.json", "size": 12, "oid": SHA1, **changes}


def lfs_leaf(**changes: object) -> dict[str, object]:
    lfs = {"oid": SHA256, "size": 3_000, "pointerSize": 134}
    return {"type": "file", "path": "sub/model.bin", "size": 3_000, "oid": SHA1, "lfs": lfs, **changes}


def nested(depth: int) -> object:
    return json.loads("[" * depth + "]" * depth)


def from_tree(*pages: object, gated: bool = False) -> Listing:
    return listing_from_tree(pages, "org/name", COMMIT, gated=gated)


# ------------------------------------------------------------------ names of content


@pytest.mark.parametrize("name", ["main", "c" * 39, "c" * 41, "C" * 40, "g" * 40, "c" * 40 + "\n", "٣" * 40, ""])
def test_only_forty_lower_case_hex_digits_are_a_commit(name: str) -> None:
    assert is_commit(COMMIT)
    assert not is_commit(name)


@pytest.mark.parametrize("name", [SHA1, "B" * 64, "b" * 63, "b" * 64 + "\n", ""])
def test_only_sixty_four_lower_case_hex_digits_are_a_sha256(name: str) -> None:
    assert is_sha256(SHA256)
    assert not is_sha256(name)


# ------------------------------------------------------------------ the model's info


def test_an_info_answer_lists_every_file_with_size_and_digest() -> None:
    assert listing_from_info(info(sibling(), lfs_sibling()), "org/name") == Listing("org/name", COMMIT, (CONFIG, MODEL))


@pytest.mark.parametrize("gated", ["auto", "manual", True])
def test_a_gated_repo_is_known_before_any_file_is_asked_for(gated: object) -> None:
    listing = listing_from_info(info(sibling(), gated=gated), "org/name")
    assert listing is not None
    assert listing.gated
    assert not is_gated(info(sibling(), gated=False))
    assert not is_gated(info(sibling()))


@pytest.mark.parametrize(
    "told",
    [
        {"sha": COMMIT},
        info(),
        {"sha": COMMIT, "siblings": None},
        {"sha": COMMIT, "siblings": {"rfilename": "x"}},
        info({"rfilename": "config.json"}),
        info(sibling(), "config.json"),
        info(*([sibling()] * (SHORT_LISTING + 1))),
    ],
    ids=["no siblings", "empty", "null", "object", "names alone", "not an object", "too long"],
)
def test_an_info_answer_that_is_not_complete_sends_us_to_the_tree(told: dict[str, object]) -> None:
    assert listing_from_info(told, "org/name") is None


@pytest.mark.parametrize("sha", [None, "main", "c" * 39, 7, [COMMIT], {"x": COMMIT}, True])
def test_an_answer_that_pins_no_commit_is_not_trusted(sha: object) -> None:
    with pytest.raises(IntegrityError, match=r"its commit is .*, not 40 hex digits"):
        commit_of({"sha": sha}, "org/name")


@pytest.mark.parametrize("told", [None, [], "x", {}])
def test_an_answer_of_another_shape_pins_no_commit(told: object) -> None:
    with pytest.raises(IntegrityError, match="its commit is None"):
        commit_of(told, "org/name")


# ------------------------------------------------------------------ the tree


def test_a_tree_is_read_across_pages_and_past_directories() -> None:
    folder = {"type": "directory", "path": "sub", "size": 0, "oid": SHA1}
    assert from_tree([leaf(), folder], [lfs_leaf()], [], gated=True).files == (CONFIG, MODEL)
    assert from_tree([leaf()], gated=True).gated


@pytest.mark.parametrize("page", [None, {}, "x", 7])
def test_a_page_that_is_no_list_is_not_trusted(page: object) -> None:
    with pytest.raises(IntegrityError, match="a page of the tree is not a list"):
        from_tree([leaf()], page)


@pytest.mark.parametrize("kind", [None, "link", "", 1, [], ["file"], {}, {"kind": "file"}])
def test_what_is_neither_file_nor_directory_is_not_trusted(kind: object) -> None:
    for item in (leaf(type=kind), kind):
        with pytest.raises(IntegrityError, match="neither a file nor a directory"):
            from_tree([item])


# ------------------------------------------------------------------ huggingface_hub's own copy


def test_the_listing_that_huggingface_hub_keeps_is_read() -> None:
    tree = {
        "format_version": 1,
        "files": {
            "config.json": {"size": 12, "blob_id": SHA1},
            "sub/model.bin": {
                "size": 134,
                "blob_id": SHA1,
                "lfs_size": 3_000,
                "lfs_sha256": SHA256,
                "xet_hash": SHA256,
            },
        },
    }
    assert listing_from_hub_cache(tree, "org/name", COMMIT) == Listing("org/name", COMMIT, (CONFIG, MODEL))


@pytest.mark.parametrize(
    "tree",
    [None, [], {}, {"format_version": 2, "files": {}}, {"format_version": 1}, {"format_version": 1, "files": {"a": 1}}],
)
def test_a_copy_of_another_version_says_nothing(tree: object) -> None:
    assert listing_from_hub_cache(tree, "org/name", COMMIT) is None


# ------------------------------------------------------------------ what is refused

BAD_SIZES: tuple[object, ...] = (
    None,
    -1,
    True,
    False,
    1.0,
    1e400,
    float("nan"),
    "12",
    [],
    {},
    LARGEST_FILE + 1,
    10**30,
)
BAD_NAMES: tuple[object, ...] = (None, "", "../x", "/x", "a\\b", "C:x", "a\nb", "nul", "a\ud800", 7, ["a"], {"a": 1})
BAD_SHA256 = (7, "", SHA1, "B" * 64, [SHA256], True)
BAD_BLOB_ID = (None, "", "x", "A" * 40, 7, [SHA1], "c" * 41)


@pytest.mark.parametrize("size", BAD_SIZES)
def test_an_impossible_size_is_refused_wherever_it_stands(size: object) -> None:
    for item in (sibling(size=size), lfs_sibling(size=None, lfs={"sha256": SHA256, "size": size})):
        with pytest.raises(IntegrityError, match="it gives the size of"):
            listing_from_info(info(item), "org/name")
    with pytest.raises(IntegrityError, match="it gives the size of"):
        from_tree([leaf(size=size)])


def test_the_largest_size_that_a_disk_can_hold_is_believed() -> None:
    assert from_tree([leaf(size=LARGEST_FILE)]).files[0].size == LARGEST_FILE
    assert from_tree([leaf(size=0)]).files[0].size == 0


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_cannot_be_used_is_refused_wherever_it_stands(name: object) -> None:
    with pytest.raises(IntegrityError, match="cannot be used"):
        listing_from_info(info(sibling(rfilename=name)), "org/name")
    with pytest.raises(IntegrityError, match="cannot be used"):
        from_tree([leaf(), leaf(path=name)])
    with pytest.raises(IntegrityError, match="cannot be used"):
        trusted_entries("org/name", [{"path": name, "size": 1, "blob_id": SHA1}])


@pytest.mark.parametrize("sha256", BAD_SHA256)
def test_a_digest_that_is_none_is_refused(sha256: object) -> None:
    with pytest.raises(IntegrityError, match="it gives the sha256 of"):
        listing_from_info(info(lfs_sibling(lfs={"sha256": sha256, "size": 3_000})), "org/name")
    with pytest.raises(IntegrityError, match="it gives the sha256 of"):
        from_tree([lfs_leaf(lfs={"oid": sha256, "size": 3_000})])


@pytest.mark.parametrize("blob_id", BAD_BLOB_ID)
def test_a_file_without_a_digest_is_refused(blob_id: object) -> None:
    with pytest.raises(IntegrityError, match="does not say what the content of"):
        listing_from_info(info(sibling(blobId=blob_id)), "org/name")
    with pytest.raises(IntegrityError, match="does not say what the content of"):
        from_tree([leaf(oid=blob_id)])


@pytest.mark.parametrize("lfs", [[1], "x", True, False, 5, 0])
def test_an_lfs_field_of_another_type_is_refused(lfs: object) -> None:
    with pytest.raises(IntegrityError, match=r"LFS content of 'sub/model\.bin'"):
        listing_from_info(info(lfs_sibling(lfs=lfs)), "org/name")
    with pytest.raises(IntegrityError, match=r"LFS content of 'sub/model\.bin'"):
        from_tree([lfs_leaf(lfs=lfs)])


def test_a_file_whose_lfs_field_is_null_is_not_in_lfs() -> None:
    assert listing_from_info(info(sibling(lfs=None)), "org/name") == Listing("org/name", COMMIT, (CONFIG,))


@pytest.mark.parametrize("size", [2_999, True, 3_000.0, "3000", [3_000]])
def test_an_lfs_file_whose_two_sizes_differ_is_refused(size: object) -> None:
    with pytest.raises(IntegrityError, match=r"two sizes for 'sub/model.bin'"):
        listing_from_info(info(lfs_sibling(size=size)), "org/name")
    with pytest.raises(IntegrityError, match=r"two sizes for 'sub/model.bin'"):
        from_tree([lfs_leaf(size=size)])


def test_an_lfs_file_may_say_its_size_once() -> None:
    for item in (lfs_sibling(size=None), lfs_sibling(lfs={"sha256": SHA256})):
        assert listing_from_info(info(item), "org/name") == Listing("org/name", COMMIT, (MODEL,))


def test_a_path_that_is_listed_twice_is_refused() -> None:
    with pytest.raises(IntegrityError, match=r"lists 'config.json' twice"):
        from_tree([leaf()], [leaf()])


def test_one_content_with_two_sizes_is_refused() -> None:
    with pytest.raises(IntegrityError, match="two sizes for the content of 'b'"):
        from_tree([leaf(path="a"), leaf(path="b", size=13)])


@pytest.mark.parametrize("order", [("a", "a/b/c"), ("a/b/c", "a"), ("a/b", "a/b/c")])
def test_a_file_below_a_file_is_refused(order: tuple[str, str]) -> None:
    with pytest.raises(IntegrityError, match="below a file"):
        from_tree([leaf(path=path) for path in order])


def test_one_content_at_two_paths_is_fine() -> None:
    assert len(trusted("org/name", COMMIT, [FileEntry("a", 1, SHA1), FileEntry("ab/c", 1, SHA1)]).files) == 2


@pytest.mark.parametrize("told", [None, {}, "x", [1], [None]])
def test_entries_that_are_no_list_of_files_are_refused(told: object) -> None:
    with pytest.raises(IntegrityError, match="not a list of files"):
        trusted_entries("org/name", told)


def test_entries_written_down_earlier_are_read_again() -> None:
    told = [
        {"path": file.path, "size": file.size, "blob_id": file.blob_id, "sha256": file.sha256}
        for file in (CONFIG, MODEL)
    ]
    assert trusted_entries("org/name", told) == (CONFIG, MODEL)


# ------------------------------------------------------------------ nothing else ever happens


@given(told=st.dictionaries(st.sampled_from(["sha", "siblings", "gated"]), JSON | st.lists(ENTRIES, max_size=3)))
def test_any_info_answer_is_a_listing_or_sends_us_to_the_tree_or_is_refused(told: dict[str, Any]) -> None:
    try:
        listing = listing_from_info({"sha": COMMIT, **told}, "org/name")
    except IntegrityError:
        return
    assert listing is None or (listing.files and is_commit(listing.commit))


@given(pages=st.lists(JSON | st.lists(ENTRIES, max_size=3), max_size=3))
def test_any_tree_is_a_listing_or_is_refused(pages: list[object]) -> None:
    try:
        listing = from_tree(*pages)
    except IntegrityError:
        return
    assert all(0 <= file.size <= LARGEST_FILE for file in listing.files)


@given(told=JSON | st.lists(ENTRIES, max_size=3), files=st.dictionaries(st.just("a") | st.text(max_size=3), ENTRIES))
def test_anything_else_that_was_written_down_is_believed_or_refused(told: object, files: dict[str, object]) -> None:
    readers: tuple[Callable[[], object], ...] = (
        lambda: trusted_entries("org/name", told),
        lambda: listing_from_hub_cache(told, "org/name", COMMIT),
        lambda: listing_from_hub_cache({"format_version": 1, "files": files}, "org/name", COMMIT),
        lambda: commit_of(told, "org/name"),
    )
    for read in readers:
        try:
            read()
        except IntegrityError as error:
            assert "cannot be trusted" in str(error)  # noqa: PT017 - most inputs raise nothing


@pytest.mark.parametrize("keys", [("path", "size", "blob_id", "sha256"), ("sha256", "blob_id", "size", "path")])
def test_what_is_written_down_is_read_again_in_whatever_order_its_keys_are(keys: tuple[str, ...]) -> None:
    told = entries_as_json([MODEL, CONFIG], keys)
    assert [tuple(item) for item in told] == [keys, keys]
    assert trusted_entries("org/name", json.loads(json.dumps(told))) == (MODEL, CONFIG)


@pytest.mark.parametrize("depth", [3, 500])
def test_a_message_stays_short_however_long_or_deep_the_answer_is(depth: int) -> None:
    evil = nested(depth)
    for item in (leaf(path=evil), leaf(size=evil), leaf(oid=evil), leaf(type=evil), leaf(path="x/" * 10**6)):
        with pytest.raises(IntegrityError) as caught:
            from_tree([item])
        assert len(str(caught.value)) < 500
    with pytest.raises(IntegrityError, match="its commit is a list"):
        commit_of({"sha": evil}, "org/name")


# ------------------------------------------------------------------ choosing


def chosen(allow: tuple[str, ...] | None, ignore: tuple[str, ...] | None = None) -> set[str]:
    paths = ("config.json", "Config.JSON", "onnx/model.bin", "onnx/deep/model.bin", "model.bin", "a[1].txt")
    return {file.path for file in select([FileEntry(path, 1, SHA1) for path in paths], allow, ignore)}


def test_without_patterns_every_file_is_chosen_and_with_no_pattern_none() -> None:
    assert len(chosen(None)) == 6
    assert len(chosen(None, ())) == 6
    assert chosen(()) == set()


def test_case_counts_on_every_system() -> None:
    assert chosen(("*.json",)) == {"config.json"}


def test_a_star_crosses_folders() -> None:
    assert chosen(("onnx*.bin",)) == {"onnx/model.bin", "onnx/deep/model.bin"}


@pytest.mark.parametrize("pattern", ["onnx/", "onnx/*", "onnx\\", "onnx\\*"])
def test_a_folder_means_all_below_it_and_a_backslash_is_a_slash(pattern: str) -> None:
    assert chosen((pattern,)) == {"onnx/model.bin", "onnx/deep/model.bin"}


@pytest.mark.parametrize("path", ["a.bin", "a[1].bin", "what?.md", "a*b", "[!a].txt", "folder/[.json"])
def test_a_literal_pattern_is_fit_by_its_path_alone(path: str) -> None:
    others = [FileEntry(other, 1, SHA1) for other in ("a1.bin", "whatx.md", "axb", "b.txt", "folder/x.json")]
    file = FileEntry(path, 1, SHA1)
    assert select([file, *others], [literal(path)], None) == (file,)


@pytest.mark.parametrize(
    ("text", "is_one"), [("a" * 40, True), ("a" * 64, True), ("a" * 41, False), ("g" * 40, False), ("", False)]
)
def test_a_content_is_called_by_one_of_two_digests(text: str, is_one: bool) -> None:  # noqa: FBT001 - a row of a table
    assert is_blob_id(text) is is_one


def test_what_is_ignored_is_not_chosen_even_when_it_is_allowed() -> None:
    assert chosen(("*.bin",), ("onnx/",)) == {"model.bin"}
    assert chosen(("model.bin", "a[[]1].txt")) == {"model.bin", "a[1].txt"}


@pytest.mark.parametrize(
    "bare", [{"rfilename": "a"}, {"rfilename": "a", "blobId": SHA1}, {"rfilename": "a", "lfs": None}]
)
def test_a_sibling_without_size_or_identity_sends_us_to_the_tree(bare: dict[str, object]) -> None:
    assert listing_from_info(info(sibling(), bare), "org/name") is None
