"""The threat model's page says what is true: the tests it names exist, and its table is the policy's."""

from __future__ import annotations

import re
from pathlib import Path

from modelfetch.core.planning import unsafe

HERE = Path(__file__).parent
PAGE = (HERE.parent.parent / "docs" / "explanation" / "threat-model.md").read_text(encoding="utf-8")


def test_every_test_that_the_page_names_exists() -> None:
    named = set(re.findall(r"\b(test_\w+)(?!\w|\.py)", PAGE))
    files = set(re.findall(r"\b(test_\w+\.py)", PAGE))
    here = "\n".join(path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py"))

    assert len(named) > 20
    assert {name for name in named if f"def {name}(" not in here} == set()
    assert files <= {path.name for path in HERE.iterdir()}


def test_the_pages_table_of_unsafe_names_is_the_policys() -> None:
    _, table = PAGE.split("| refused | because |")
    rows = [line for line in table.split("\n\n")[0].splitlines() if line.startswith("| `")]
    told = [extension for row in rows for extension in row.split("`")[1].split()]

    assert sorted(told) == sorted(f".{extension}" for extension in unsafe._REASONS)
