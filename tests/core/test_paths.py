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
        "README.md",
        "readme.md",
        ".gitignore",
        ".github/workflows/x.yml",
        "...a",
        'what? <"yes"> | *.wav',
        "refs/heads/main",
        "blobs/0123",
        ".modelfetch/v1/x.journal",
        ".cache/huggingface/.gitignore",
        "x" * 255,
        "/".join(["folder"] * 100),
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
        ("nul:stream", "stream"),
        ("model.bin:evil", "stream"),
        ("model.bin::$DATA", "stream"),
        ("run 10:30.log", "stream"),
        ("COM\u00b9.bin", "device"),
        ("lpt\u00b3", "device"),
        ("Con", "device"),
        ("a/aUx.json", "device"),
        ("CONOUT$.log", "device"),
        ("conin$", "device"),
        ("a.", "dot or space"),
        ("a /b", "dot or space"),
        ("a\nb", "control character"),
        ("a\0", "control character"),
        ("\x1b[2J", "control character"),
        ("a\x7f", "control character"),
        ("\x9b2J", "control character"),
        ("a\u2028b", "control character"),
        ("model\u202enib.exe", "control character"),
        ("\u2066a", "control character"),
        (".git/config", "git"),
        ("a/.GIT", "git"),
        (".g\u200cit/hooks/post-checkout", "git"),
        ("GIT~1/config", "git"),
        ("a\ud800", "not Unicode"),
        ("\udc80/b", "not Unicode"),
        ("x" * 256, "longer than 255 bytes"),
        ("é" * 128, "longer than 255 bytes"),
        ("/".join(["folder"] * 147), "longer than 1024 bytes"),
        ("/".join(["f"] * 101), "more than 100 folders deep"),
    ],
)
def test_a_name_that_may_do_harm_is_refused_and_the_reason_is_told(name: str, why: str) -> None:
    assert why in (unsafe(name) or "")
