"""A catalog as TOML, which a host may ship or a person may edit.

Rule: what is not understood is an error that names the model, the key and what was expected; a typing error in a
catalog never becomes a download of something else.

The format, ``modelfetch.catalog/1``: a table ``models``, in it one table for each name, with the fields of ModelSpec.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from ..paths import unsafe
from .catalog import Catalog, is_repo_id
from .spec import MEASURED, ModelSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    Test = Callable[[object], bool]

SCHEMA = "modelfetch.catalog/1"


def catalog_from_toml(text: object) -> Catalog:
    """The catalog that ``text`` holds. Raises ValueError, which says what is wrong with which model, and TypeError."""
    if not isinstance(text, str):
        message = (
            f"What should be a catalog's TOML is of the type {type(text).__name__}. A text was expected. Nothing of it was "
            "taken; decode it as UTF-8, or read the file as text."
        )
        raise TypeError(message)
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"This is not TOML: {error}. A catalog of the format {SCHEMA} was expected; nothing of it was taken."
        raise ValueError(message) from error
    models = told.get("models")
    if told.get("schema") != SCHEMA or not isinstance(models, dict):
        message = (
            f"This is not a catalog: 'schema = \"{SCHEMA}\"' and a table [models] were expected, and the schema found is "
            f"{told.get('schema')!r}. Nothing of it was taken; write both, with one table [models.NAME] for each model."
        )
        raise ValueError(message)
    if others := sorted(told.keys() - {"schema", "models"}):
        raise _wrong(others[:1], "one of schema, models")
    return Catalog(_spec(name, table) for name, table in models.items())


def _spec(name: str, table: object) -> ModelSpec:
    if not isinstance(table, dict):
        raise _wrong(["models", name], "a table of its fields")
    for key, value in {**table, "repo_id": table.get("repo_id")}.items():
        is_right, expected = _KEYS.get(key, _UNKNOWN)
        if not is_right(value):
            raise _wrong(["models", name, key], expected)
    return ModelSpec(name=name, **table)


def _wrong(where: list[str], expected: str) -> ValueError:
    return ValueError(
        f"{'.'.join(where)} in the catalog: {expected} was expected. Nothing of the catalog was taken; correct it."
    )


def _text(fits: Callable[[str], object] = lambda _: True) -> Test:
    return lambda value: isinstance(value, str) and bool(fits(value))


def _list(fits: Test) -> Test:
    return lambda value: isinstance(value, list) and all(map(fits, value))


def _is_count(value: object) -> bool:
    return type(value) is int and value > 0  # True is an int, and no number of bytes


_STRING = _text(), "a string"
_STRINGS = _list(_text()), "a list of strings"

_KEYS: dict[str, tuple[Test, str]] = {
    "repo_id": (_text(is_repo_id), "'org/name' as on the Hub"),
    "backend": (_text(len), "the name of a backend"),
    "revision": (_text(lambda revision: not unsafe(revision)), "a branch, tag or commit"),
    "allow_patterns": _STRINGS,
    "ignore_patterns": _STRINGS,
    "display_name": _STRING,
    "description": _STRING,
    "capabilities": _STRINGS,
    **dict.fromkeys(MEASURED, (_is_count, "a number of bytes, 1 or more,")),
    "unverified": (_list(MEASURED.__contains__), f"a list of {' and '.join(MEASURED)}, or one of them,"),
}
"""Whether a value is right, and what would be."""

_UNKNOWN: tuple[Test, str] = (lambda _: False), f"one of {', '.join(_KEYS)}"
