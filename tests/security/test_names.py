"""What a hostile Hub calls things never becomes a path that was not meant: names, digests, commits, and what a user pastes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch.testing import BadListing, Garbage

from ..download.kit import CONFIG, FILES, REPO, assert_right

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..download.kit import World

SHA1 = "a" * 40

HOSTILE = {
    "climbs": "../x",
    "climbs out of a folder": "a/../../x",
    "climbs far": "../" * 20 + "etc/passwd",
    "is the parent": "..",
    "ends in the parent": "a/..",
    "is the folder": ".",
    "holds the folder": "a/./b",
    "is empty": "",
    "has an empty part": "a//b",
    "ends in a slash": "a/",
    "is absolute": "/etc/x",
    "is a share": "//server/share/x",
    "climbs by backslash": "..\\x",
    "holds a backslash": "a\\b",
    "is a share by backslash": "\\\\server\\share\\x",
    "is a device path": "\\\\?\\C:\\x",
    "is relative to a drive": "C:x",
    "is on a drive": "C:/x",
    "is on a drive deeper": "a/c:/x",
    "is a stream": "model.bin:evil",
    "is the main stream": "config.json::$DATA",
    "is a device": "CON",
    "is a device in lower case": "nul",
    "is a device with an extension": "nul.txt",
    "is a device with two": "Com1.tar.gz",
    "is a device in a folder": "a/aux.bin",
    "is a device with a superscript": "COM\u00b9",
    "is a console": "conin$",
    "is a device before a space": "prn .txt",
    "holds NUL": "model.bin\0.txt",
    "holds a line break": "a\nb",
    "holds a carriage return": "a\rb",
    "holds an escape": "\x1b[2Ja",
    "holds DEL": "a\x7f",
    "holds C1": "a\x9b2J",
    "turns text around": "model\u202enib.exe",
    "breaks lines": "a\u2028b",
    "ends in a dot": "a.",
    "ends in a space": "a ",
    "has a part that ends in a dot": "a./b",
    "is the parent but for a space": ".. /x",
    "is git's": ".git/config",
    "is git's in capitals": "a/.GIT/hooks/post-checkout",
    "is git's on HFS+": ".g\u200cit/config",
    "is git's by its short name": "git~1/config",
    "has a lone surrogate": "a\udc80",
    "has half a pair": "a\ud83d",
    "has a part of more than 255 bytes": "\u00e9" * 128,
    "is longer than a path": "/".join(["x" * 200] * 6),
    "is too deep": "/".join(["d"] * 101),
}
"""What a file is called, by why it is refused."""

HARMLESS = (
    "README.md",
    "readme.md",
    "caf\u00e9.txt",
    "cafe\u0301.txt",
    ".gitattributes",
    ".modelfetch/v1/x.journal",
    ".huggingface/x",
    ".cache/huggingface/x",
    "refs/main",
    "blobs/" + SHA1,
    "snapshots/x",
    "trees/x.json",
    "CACHEDIR.TAG",
    "~root",
    "$HOME/x",
    "%2e%2e/x",
    "-rf",
    'what? <"a"> | *.txt',
)
"""Odd names that stay in the snapshot and that real repos may hold."""


def the_first_file(of: Any) -> dict[str, Any]:
    """The entry of ``config.json`` in either kind of listing."""
    entries = of["siblings"] if isinstance(of, dict) else of
    return next(entry for entry in entries if "config.json" in {entry.get("rfilename"), entry.get("path")})


def spoil(world: World, via: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Have the hub list one file otherwise, in the answer that is believed."""

    def spoiled(listing: Any) -> Any:
        change(the_first_file(listing))
        return listing

    world.publish()
    if via == "tree":
        world.hub.inject(BadListing(lambda info: {**info, "siblings": None}, where="info", times=None))
    world.hub.inject(BadListing(spoiled, where=via, times=None))  # type: ignore[arg-type]  # one of its literals


def renamed(via: str, name: object) -> Callable[[dict[str, Any]], object]:
    return lambda entry: entry.update({"rfilename" if via == "info" else "path": name})


def assert_nothing_happened(world: World) -> None:
    """No byte of a file was asked for, and nothing is in the cache."""
    assert {each.where for each in world.hub.requests} <= {"info", "tree"}
    assert list(world.cache.iterdir()) == []


# ---------------------------------------------------------------- names of files


@pytest.mark.parametrize("via", ["info", "tree"])
@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_listing_with_a_file_whose_name(world: World, via: str, name: str) -> None:
    spoil(world, via, renamed(via, name))

    with pytest.raises(mf.IntegrityError, match=r"file listing of org/model cannot be trusted.*Nothing of the repo"):
        world.download()

    assert_nothing_happened(world)


def test_a_name_that_nobody_asked_for_refuses_the_repo_too(world: World) -> None:
    spoil(world, "info", renamed("info", "../x"))

    with pytest.raises(mf.IntegrityError):
        world.download(allow_patterns="model.bin")

    assert_nothing_happened(world)


@pytest.mark.parametrize("name", [None, 7, ["x"], {"x": 1}, True], ids=str)
def test_a_name_that_is_no_text_is_refused(world: World, name: object) -> None:
    spoil(world, "info", renamed("info", name))

    with pytest.raises(mf.IntegrityError):
        world.download()

    assert_nothing_happened(world)


def test_a_listing_that_is_no_utf8_is_refused(world: World) -> None:
    world.publish()
    world.hub.inject(Garbage(b'{"sha": "' + b"c" * 40 + b'", "siblings": [{"rfilename": "a\xff"}]}', where="info"))

    with pytest.raises(mf.NetworkError):
        world.download()

    assert_nothing_happened(world)


@pytest.mark.parametrize("name", ["config.json/x", "model.bin", "sub folder"])
def test_a_listing_that_contradicts_itself_is_refused(world: World, name: str) -> None:
    """Below a file, twice, and a file where a folder is."""

    def with_one_more(listing: Any) -> Any:
        return {**listing, "siblings": [*listing["siblings"], {"rfilename": name, "blobId": SHA1, "size": 1}]}

    world.publish()
    world.hub.inject(BadListing(with_one_more, where="info"))

    with pytest.raises(mf.IntegrityError, match=r"below a file|twice"):
        world.download()

    assert_nothing_happened(world)


@pytest.mark.parametrize("name", HARMLESS)
def test_an_odd_name_that_does_no_harm_is_a_file_of_the_snapshot_and_of_nothing_else(world: World, name: str) -> None:
    world.publish({name: b"odd"})

    assert_right(world.download().path, {name: b"odd"})

    assert sorted(path.name for path in world.cache.iterdir()) == [".locks", world.folder.name]
    assert sorted(path.name for path in world.folder.iterdir()) == [
        ".modelfetch",
        "blobs",
        "refs",
        "snapshots",
        "trees",
    ]


def test_twins_in_case_and_in_unicode_form_are_two_files_where_the_disk_keeps_them_apart(world: World) -> None:
    files = {"README.md": b"one", "readme.md": b"two", "caf\u00e9": b"three", "cafe\u0301": b"four"}
    world.publish(files)
    twin = world.cache.parent / "TWIN"
    twin.touch()
    if (world.cache.parent / "twin").exists():
        with pytest.raises(mf.CacheError):
            world.download()
    else:
        assert_right(world.download().path, files)


# ---------------------------------------------------------------- digests and commits, which become names too


@pytest.mark.parametrize("via", ["info", "tree"])
@pytest.mark.parametrize(
    "digest",
    [
        "../../x",
        "/etc/passwd",
        "..",
        "",
        "A" * 40,
        "a" * 39,
        "a" * 41,
        "g" * 40,
        "a" * 63,
        SHA1 + "\n",
        "\u0661" * 40,
        None,
        7,
        [SHA1],
        {"x": 1},
        True,
    ],
    ids=repr,
)
@pytest.mark.parametrize("large", [False, True], ids=["in git", "in LFS"])
def test_a_digest_that_is_none_is_never_the_name_of_a_blob(
    world: World, via: str, digest: object, *, large: bool
) -> None:
    key, lfs_key = ("blobId", "sha256") if via == "info" else ("oid", "oid")
    told = {"lfs": {lfs_key: digest, "size": len(CONFIG), "pointerSize": 130}} if large else {key: digest}
    spoil(world, via, lambda entry: entry.update(told))

    with pytest.raises(mf.IntegrityError, match="cannot be trusted"):
        world.download()

    assert_nothing_happened(world)


@pytest.mark.parametrize(
    "commit", ["../x", "/etc", "main", "A" * 40, "a" * 39, "a" * 64, SHA1 + "/x", "", None, 7, [SHA1]], ids=repr
)
def test_a_commit_that_is_none_is_never_the_name_of_a_snapshot(world: World, commit: object) -> None:
    world.publish()
    world.hub.inject(BadListing(lambda info: {**info, "sha": commit}, where="info"))

    with pytest.raises(mf.IntegrityError, match="commit"):
        world.download()

    assert_nothing_happened(world)


def test_an_answer_about_another_commit_than_the_one_that_was_asked_for_is_refused(world: World) -> None:
    sha = world.publish().sha
    world.hub.inject(BadListing(lambda info: {**info, "sha": SHA1}, where="info"))

    with pytest.raises(mf.IntegrityError, match=sha):
        world.download(revision=sha)

    assert_nothing_happened(world)


@pytest.mark.parametrize("size", [-1, 1 << 60, 2.5, "7", True, None, [1]], ids=repr)
def test_a_size_that_no_file_has_is_refused(world: World, size: object) -> None:
    spoil(world, "tree", lambda entry: entry.update(size=size))

    with pytest.raises(mf.IntegrityError, match="size"):
        world.download()

    assert_nothing_happened(world)


# ---------------------------------------------------------------- what a user pastes


@pytest.mark.parametrize(
    "model",
    [
        "../x",
        "../../etc/passwd",
        "/etc/passwd",
        "org/..",
        "org/../x",
        "org/name/../../x",
        "org/name/x",
        "org\\name/x",
        "C:/x",
        "https://evil.example/x",
        "org/na me",
        "org/name?x",
        "org/name#x",
        "org/na\r\nme",
        "org/na\0me",
        "org/n\u00e4me",
        "org/" + "x" * 97,
        "org/name.git",
        "org/na--me",
        "-org/name",
        "org/name@../../x",
        "org/name@/etc",
        "org/name@a\\b",
        "org/name@a/../b",
        "org/name@a\nb",
        "org/name@C:x",
        "org/name@\ud800",
    ],
)
def test_a_model_that_is_none_is_refused_before_anything_is_asked(world: World, model: str) -> None:
    for call in (world.plan, world.download):
        with pytest.raises(mf.ModelNotFoundError):
            call(model)

    assert world.hub.requests == ()
    assert list(world.cache.iterdir()) == []


@pytest.mark.parametrize("revision", ["../../x", "/etc/x", "..", "a//b", "refs/pr/../../../x", "x\0", "a:b"])
def test_a_revision_never_becomes_the_path_of_another_file(world: World, revision: str) -> None:
    with pytest.raises(mf.ModelNotFoundError, match="cannot be a revision"):
        world.download(revision=revision)
    with pytest.raises(mf.ModelNotFoundError, match="cannot be a revision"):
        world.download(mf.ModelSpec("x", REPO, revision=revision))

    assert world.hub.requests == ()
    assert list(world.cache.iterdir()) == []


@pytest.mark.parametrize("revision", ["refs/pr/1", "feature/a.b", "v1.0"])
def test_a_revision_with_folders_is_a_file_below_refs(world: World, revision: str) -> None:
    repo = world.publish()
    repo.branches[revision] = repo.sha

    assert_right(world.download(revision=revision).path, FILES)

    assert (world.folder / "refs" / revision).read_text() == repo.sha
