"""A name from a repo becomes a file only below the snapshot folder, under the rules of every system."""

from __future__ import annotations

import ntpath
import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.paths import unsafe

TRICKS = (
    "a",
    "b.c",
    ".",
    "..",
    "/",
    "//",
    "\\",
    ":",
    "C:",
    "c",
    "con",
    "NUL",
    "com1",
    "$",
    " ",
    "\0",
    "é",
    "~",
    "?",
    "\ud800",
)
NAMES = st.lists(st.sampled_from(TRICKS), min_size=1, max_size=7).map("".join) | st.text(max_size=12)


@given(NAMES)
def test_no_name_that_is_accepted_leaves_its_folder_on_any_system(name: str) -> None:
    if unsafe(name) is None:
        for system, folder in ((posixpath, "/cache/snapshot"), (ntpath, "D:\\cache\\snapshot")):
            for joined in (system.join(folder, name), system.join(folder, *name.split("/"))):
                assert system.normpath(joined).startswith(folder + system.sep)


@given(NAMES)
def test_a_name_that_is_accepted_can_be_written_to_a_disk_and_into_a_url(name: str) -> None:
    if unsafe(name) is None:
        assert name.encode().decode() == name
        assert name.isprintable() or min(map(ord, name)) >= ord(" ")


@pytest.mark.parametrize(
    "name",
    [
        "model.bin",
        "onnx/model_q4.onnx",
        ".gitattributes",
        "a/.hidden/b",
        "nested/deep/er/x.json",
        "with space.txt",
        "日本語/モデル.bin",
        "console.log",
        "com10",
        "auxiliary/nulls.txt",
        "run 10:30.log",
        "...a",
        "x" * 255,
        "/".join(["folder"] * 500),
    ],
)
def test_an_ordinary_name_is_accepted(name: str) -> None:
    assert unsafe(name) is None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "leave its folder"),
        (".", "leave its folder"),
        ("..", "leave its folder"),
        ("../x", "leave its folder"),
        ("a/../../x", "leave its folder"),
        ("a//b", "leave its folder"),
        ("a/", "leave its folder"),
        ("a/./b", "leave its folder"),
        ("/etc/passwd", "absolute"),
        ("//server/share/x", "absolute"),
        ("\\\\server\\share\\x", "backslash"),
        ("..\\x", "backslash"),
        ("C:/x", "drive"),
        ("c:x", "drive"),
        ("a/c:x", "drive"),
        ("é:x", "drive"),
        ("con", "device"),
        ("a/NUL.txt", "device"),
        ("com1.tar.gz", "device"),
        ("LPT¹", "device"),
        ("nul .txt", "device"),
        ("nul:stream", "device"),
        ("conin$", "device"),
        ("a.", "dot or space"),
        ("a /b", "dot or space"),
        ("a\nb", "control character"),
        ("a\0", "control character"),
        ("\x1b[2J", "control character"),
        ("a\ud800", "not Unicode"),
        ("\udc80/b", "not Unicode"),
        ("x" * 256, "longer than 255 bytes"),
        ("é" * 128, "longer than 255 bytes"),
        ("/".join(["folder"] * 600), "longer than 4096 bytes"),
    ],
)
def test_a_name_that_may_do_harm_is_refused_and_the_reason_is_told(name: str, why: str) -> None:
    assert why in (unsafe(name) or "")
