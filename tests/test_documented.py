"""Every example of the pages is executed, and this says by what.

Rule: a block of a page is run by Sphinx (``nox -s docs``), a command in it by this file, and the rest by the test that is
named here for it. A block of another kind, and a command or page that is named here and no longer there, is a failure.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf
from modelfetch import testing
from modelfetch.cli import dispatch
from modelfetch.cli.arguments import parser

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PAGES = [
    *(ROOT / name for name in ("CONTRIBUTING.md", "README.md")),
    *sorted(page for page in ROOT.glob("docs/**/*.md") if "_build" not in page.parts),
]

BY_SPHINX = {"{testcode}", "{testoutput}", "{doctest}", "{testsetup}", "{testcleanup}"}
COMMANDS = {"console", "sh"}
FROM_A_FILE = "{literalinclude}"
NO_EXAMPLE = {"", "text", "{eval-rst}", "{include}", "{toctree}", "{transfer-states}"}
"""Drawings, what a program prints, and Sphinx's own."""

PYTHON = {
    "README.md": "tests/test_readme.py",
    "docs/how-to/blender.md": "tests/hosts/blender/test_background.py",
    "docs/how-to/notebook.md": "tests/hosts/notebook/test_documented.py",
    "docs/how-to/test-your-cancel-button.md": "tests/test_documented.py",
    "docs/how-to/vendor-into-an-addon.md": "tests/test_documented.py",
    "docs/tutorial/cancel-button.md": "tests/hosts/desktop/test_tutorial.py",
}
"""Pages with Python that needs a toolkit, a kernel or a package around it, and the test that reads and runs it."""

ELSEWHERE = {
    "pip install": ("noxfile.py", "session.install("),
    "python3 -m venv": ("noxfile.py", "session.install("),
    ".venv/bin/pip install": ("noxfile.py", "session.install("),
    ".venv/bin/python cancel_button.py": ("tests/hosts/desktop/test_tutorial.py", '"cancel_button.py", "tiny"'),
    ".venv/bin/pytest test_cancel_button.py": ("tests/hosts/desktop/test_tutorial.py", "test_cancel_button.py"),
    "modelfetch demo": ("noxfile.py", '"modelfetch", "demo"'),
    "nox -s simulate": ("noxfile.py", "def simulate("),
    "python -m modelfetch.testing.simulator": ("noxfile.py", "modelfetch.testing.simulator"),
    "python examples/blender_addon/build.py": ("tests/hosts/blender/conftest.py", '"build.py"'),
    "export HTTPS_PROXY=": ("tests/faults/test_the_way_there.py", "HTTPS_PROXY"),
    "export NO_PROXY=": ("tests/faults/test_the_way_there.py", "NO_PROXY"),
    "export SSL_CERT_FILE=": ("tests/faults/test_the_way_there.py", "SSL_CERT_FILE"),
}
"""How commands begin that are not run here, as they need a package index, a window, minutes, or a world of their own; and the
file that does the same, with the words in it that do."""

FENCE = re.compile(r"^ *(`{3,}|~{3,}|:{3,})(\S*)([^\n]*)\n(.*?)^ *\1$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    page: str
    kind: str
    argument: str
    text: str

    @property
    def commands(self) -> list[str]:
        """Of a console what follows the prompts, of a script each line."""
        found = {"sh": r"^(.+?)(?: +#.*)?$", "console": r"^\$ (.+)$"}.get(self.kind)
        return re.findall(found, self.text, re.MULTILINE) if found else []

    @property
    def run_here(self) -> list[str]:
        return [command for command in self.commands if not is_elsewhere(command)]

    def shown_after(self, command: str) -> str:
        """The lines of a console between a command and the next."""
        return re.split(r"^\$ ", self.text.partition(f"$ {command}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def is_elsewhere(command: str) -> bool:
    return any(f"{command} ".startswith(beginning) for beginning in ELSEWHERE)


def blocks(page: Path) -> list[Block]:
    name = page.relative_to(ROOT).as_posix()
    found = FENCE.findall(page.read_text(encoding="utf-8"))
    return [Block(name, kind, argument.strip(), text) for _, kind, argument, text in found]


BLOCKS = [block for page in PAGES for block in blocks(page)]


# ------------------------------------------------------------------ nothing is left out


def test_every_block_is_of_a_kind_that_something_executes() -> None:
    known = {*BY_SPHINX, *COMMANDS, *NO_EXAMPLE, FROM_A_FILE, "python"}
    assert {(block.page, block.kind) for block in BLOCKS if block.kind not in known} == set()


def test_no_example_hides_among_the_drawings() -> None:
    assert [block for block in BLOCKS if block.kind in {"", "text"} and re.search(r"\bmf\.|^\$ ", block.text)] == []


def test_sphinx_skips_none_of_its_examples() -> None:
    assert [block for block in BLOCKS if block.kind in BY_SPHINX and ":skipif:" in block.text] == []


def test_every_python_block_belongs_to_a_page_that_a_test_reads() -> None:
    assert {block.page for block in BLOCKS if block.kind == "python"} == PYTHON.keys()
    for page, test in PYTHON.items():
        source = (ROOT / test).read_text(encoding="utf-8")
        assert f'"{Path(page).stem}"' in source or f'"{Path(page).name}"' in source, (page, test)


def test_every_command_that_is_not_run_here_is_run_elsewhere() -> None:
    commands = [command for block in BLOCKS for command in block.commands]
    for beginning, (file, words) in ELSEWHERE.items():
        assert any(f"{command} ".startswith(beginning) for command in commands), beginning
        assert words in (ROOT / file).read_text(encoding="utf-8"), (beginning, file)


def test_every_file_that_a_page_shows_is_run_by_a_test() -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    shown = {(ROOT / block.page).parent / block.argument for block in BLOCKS if block.kind == FROM_A_FILE}
    assert shown
    assert [file for file in shown if f'"{file.stem}"' not in tests and f'"{file.name}"' not in tests] == []


# ------------------------------------------------------------------ what is named in passing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_name_that_a_page_mentions_is_there(page: Path) -> None:
    for name in re.findall(r"`mf\.([A-Za-z_.]+)", page.read_text(encoding="utf-8")):
        attrgetter(name)(mf)


def test_every_command_that_a_page_mentions_is_understood() -> None:
    mentioned = [command for page in PAGES for command in re.findall(r"`modelfetch (.+?)`", page.read_text("utf-8"))]
    assert mentioned
    for command in mentioned:
        assert understood(command), command


def understood(command: str) -> bool:
    try:
        parser(dispatch.COMMANDS).parse_args(shlex.split(command))
    except SystemExit as ended:
        return not ended.code  # --help
    return True


# ------------------------------------------------------------------ commands


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The Hub that Sphinx's examples run against, found through the environment, as is the folder returned."""
    monkeypatch.syspath_prepend(ROOT / "docs" / "extensions")
    from practice_hub import Practice

    practice = Practice()
    yield Path(os.environ["HF_HOME"])
    practice.end()


if sys.platform != "win32":  # it has no sh
    FUNCTIONS = 'python() { "$PYTHON" "$@"; }; modelfetch() { python -m modelfetch "$@"; }; '
    VARIES = re.compile(r"(\b([0-9a-f]{7}|\d[\d.]*|[kMG]?B|s|min)\b\s*)+")
    """Sizes, times and ids."""

    @pytest.fixture
    def folder(tmp_path: Path) -> Path:
        """A reader's folder, to which ``vendor.py`` was brought."""
        (tmp_path / "vendor.py").symlink_to(ROOT / "examples" / "blender_addon" / "vendor.py")
        return tmp_path

    def run(command: str, folder: Path) -> str:
        """What a command says, on whichever stream. It has to succeed."""
        done = subprocess.run(
            ["sh", "-c", FUNCTIONS + command],
            cwd=folder,
            env=os.environ | {"PYTHON": sys.executable},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, (command, done.stdout)
        return done.stdout

    def shape(text: str, home: Path) -> str:
        """A text without what varies from run to run, nor the space that this takes in a table."""
        return re.sub(r" +", " ", VARIES.sub("# ", text.replace(str(home), "/home/me/.cache/huggingface"))).strip()

    @pytest.mark.parametrize("page", sorted({block.page for block in BLOCKS if block.run_here}))
    def test_the_commands_of_a_page_run_and_say_what_it_shows(page: str, folder: Path, home: Path) -> None:
        for block in blocks(ROOT / page):
            for command in block.run_here:
                said, shown = run(command, folder), block.shown_after(command)
                assert shown == "" or shape(said, home) == shape(shown, home)

    def test_what_was_vendored_is_imported_as_the_page_says(folder: Path) -> None:
        command, code = blocks(ROOT / "docs" / "how-to" / "vendor-into-an-addon.md")[0:3:2]
        run(command.text, folder)
        (folder / "my_addon" / "__init__.py").write_text(code.text, encoding="utf-8")

        assert run("python -c 'import my_addon; print(my_addon.mf.DownloadPlan.__module__)'", folder).startswith(
            "my_addon._vendor.modelfetch."
        )


# ------------------------------------------------------------------ a page with tests


def test_the_tests_of_test_your_cancel_button_pass(tmp_path: Path) -> None:
    page = blocks(ROOT / "docs" / "how-to" / "test-your-cancel-button.md")
    (tmp_path / "test_page.py").write_text("\n\n".join(block.text for block in page), encoding="utf-8")

    command = [sys.executable, "-m", "pytest", "--rootdir=.", "test_page.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60, check=False)

    assert "3 passed" in done.stdout, done.stdout + done.stderr


def test_the_table_of_test_your_cancel_button_names_faults_that_can_be_injected() -> None:
    text = (ROOT / "docs" / "how-to" / "test-your-cancel-button.md").read_text(encoding="utf-8")
    calls = re.findall(r"[|,] `([A-Z]\w+\(.*?\))`", text)
    assert len(calls) > 5
    for call in calls:
        eval(call, {name: getattr(testing, name) for name in testing.__all__})
