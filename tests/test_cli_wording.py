"""Who types is told what to type."""

from __future__ import annotations

import ast
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf
from modelfetch.cli import main
from modelfetch.cli.dispatch import COMMANDS
from modelfetch.cli.wording import TYPED, as_typed
from modelfetch.core.wire.refusal import Question

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(mf.__file__).parent


def library_texts() -> Iterator[str]:
    """Every text in the library but the command line's own."""
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name != "cli":
            nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            yield from (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def usage(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    return capsys.readouterr().out


def test_every_name_that_is_told_otherwise_stands_in_a_message_of_the_library() -> None:
    texts = "\n".join(library_texts())
    assert [said for said in TYPED if said not in texts] == []


def test_every_flag_and_command_that_is_told_exists(capsys: pytest.CaptureFixture[str]) -> None:
    told = " ".join(TYPED.values()).split()
    usages = "".join(usage(command, capsys) for command in COMMANDS)
    assert [word for word in told if word.startswith("--") and word not in usages] == []
    assert {word for before, word in pairwise(told) if before == "modelfetch"} <= COMMANDS.keys()


def test_what_the_library_advises_is_said_in_what_can_be_typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreachable(_: object) -> int:
        asked = Question("org/model", "main", "https://hub.example", by_branch=True)
        raise mf.NetworkError(f"It could not be asked{asked.instead}.")  # noqa: TRY003, EM102 - a message's end

    monkeypatch.setitem(COMMANDS, "plan", unreachable)
    assert main(["plan", "org/model"]) == 1
    said = capsys.readouterr().err
    assert (
        said
        == "NetworkError: It could not be asked (--no-update takes a complete copy that is already in the cache).\n"
    )


def test_a_path_that_has_the_name_of_an_option_stays_as_it_is() -> None:
    error = mf.CacheError(
        "/data/cache_dir/storage_headroom cannot be written: choose another with cache_dir or HF_HUB_CACHE."
    )
    assert as_typed(str(error)) == (
        "/data/cache_dir/storage_headroom cannot be written: choose another with --cache-dir or HF_HUB_CACHE."
    )
