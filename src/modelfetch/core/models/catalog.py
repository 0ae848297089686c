"""Names to repos: what a person may write for a model, and which repo that means.

Rule: a name is looked up, never guessed. An alias comes from a catalog; anything with a ``/`` is a repo
id; a name that is neither is an error that lists what was close.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ...errors import ModelNotFoundError
from ..given import Expected, of
from ..paths import unsafe
from .spec import SPEC, ModelSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

_REPO_ID = re.compile(r"\w(?:[\w.-]{0,94}\w)?/\w(?:[\w.-]{0,94}\w)?", re.ASCII)
"""huggingface_hub's ``validate_repo_id``: letters, digits, ``-``, ``_``, ``.``; both names up to 96 characters."""

DEFAULT_REVISION = "main"
"""The branch that the Hub makes with every repo."""

_SPECS = Expected(
    of(Iterable), "Several ModelSpecs, in a list,", "pass [ModelSpec(name, repo_id), ...]; or a mapping's values()"
)


class Catalog(Mapping[str, ModelSpec]):
    """An immutable mapping of names to specs; ``catalog | other`` lets the right side win.

    Raises ValueError where two different specs have one name, and for a name that nobody can ask for; TypeError for what
    is no spec.
    """

    __slots__ = ("_specs",)

    def __init__(self, specs: Iterable[ModelSpec] = ()) -> None:
        self._specs: dict[str, ModelSpec] = {}
        for given in _SPECS.checked("specs", specs):
            spec = SPEC.checked("spec", given)
            if not spec.name or "@" in spec.name:
                message = (
                    f"A model in a catalog cannot be called {spec.name!r}. A name that is not empty and has no '@', which "
                    "begins a revision, was expected. No catalog was made; rename it."
                )
                raise ValueError(message)
            if self._specs.setdefault(spec.name, spec) != spec:
                message = (
                    f"Two different specs are called {spec.name!r}. One spec for each name was expected. No catalog was made; "
                    "rename one of them, or write catalog.with_spec(spec) to replace the other."
                )
                raise ValueError(message)

    def __getitem__(self, name: str) -> ModelSpec:
        return self._specs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._specs)

    def __len__(self) -> int:
        return len(self._specs)

    def __or__(self, other: Mapping[str, ModelSpec]) -> Catalog:
        if not isinstance(other, Mapping):
            return NotImplemented
        return Catalog({**self._specs, **Catalog(other.values())}.values())

    def __ror__(self, other: object) -> Catalog:
        return Catalog(other.values()) | self if isinstance(other, Mapping) else NotImplemented

    def __hash__(self) -> int:
        return hash(frozenset(self._specs.values()))

    def __repr__(self) -> str:
        return f"Catalog({', '.join(self._specs)})"

    @classmethod
    def from_toml(cls, text: str) -> Catalog:
        """The catalog that ``text`` holds, in the format ``modelfetch.catalog/1``.

        Raises ValueError, which names the model and the key and says what was expected there, and TypeError for what is
        no text.
        """
        from .catalog_file import catalog_from_toml  # noqa: PLC0415 - it builds on this module

        return catalog_from_toml(text)

    def with_spec(self, spec: ModelSpec) -> Catalog:
        """This catalog and ``spec``, which replaces one of the same name. Raises TypeError for what is no spec."""
        spec = SPEC.checked("spec", spec)
        return self | {spec.name: spec}


def is_repo_id(text: str) -> bool:
    """Whether a repo of the Hub can be called that."""
    well_formed = _REPO_ID.fullmatch(text) is not None and not text.endswith(".git")
    return well_formed and "--" not in text and ".." not in text


def parted(model: str) -> tuple[str, str | None]:
    """The name in ``model``, and the revision after ``@``, None without one. Raises ModelNotFoundError for a lone ``@``."""
    name, at, revision = model.partition("@")
    if at and not revision:
        message = (
            f"{model!r} ends in '@' without a revision. 'org/name@revision' was expected. Nothing was requested; "
            "write the revision, or leave the '@' out."
        )
        raise ModelNotFoundError(message)
    return name, revision or None


def resolve(
    model: str | ModelSpec,
    catalog: Mapping[str, ModelSpec],
    *,
    backend: str | None = None,
    revision: str | None = None,
) -> ModelSpec:
    """The spec that ``model`` means; ``backend`` and ``revision`` win over what it says itself.

    Raises ModelNotFoundError for an unknown alias, a malformed repo id or a malformed revision.
    """
    spec = model if isinstance(model, ModelSpec) else _named(str(model), catalog)
    spec = replace(
        spec,
        backend=backend or spec.backend,
        revision=revision or spec.revision or DEFAULT_REVISION,
    )
    if not is_repo_id(spec.repo_id):
        message = (
            f"{spec.repo_id!r} is not a repo id. 'org/name' was expected, of letters, digits, '-', '_' and '.', without "
            "'--', '..' or '.git' at the end. Nothing was requested; copy the id from the model's page."
        )
        raise ModelNotFoundError(message, repo_id=spec.repo_id)
    if why := unsafe(spec.revision or ""):
        message = (
            f"{spec.revision!r} cannot be a revision of {spec.repo_id}: {why}. A branch, tag or commit id was "
            "expected. Nothing was requested; look the revision up on the model's page."
        )
        raise ModelNotFoundError(message, repo_id=spec.repo_id, revision=spec.revision)
    return spec


def _named(model: str, catalog: Mapping[str, ModelSpec]) -> ModelSpec:
    name, revision = parted(model)
    if name in catalog:
        return replace(catalog[name], revision=revision or catalog[name].revision)
    if "/" in name:
        return ModelSpec(name=name, repo_id=name, revision=revision)
    close = get_close_matches(name, list(catalog), n=3, cutoff=0.5)
    hint = f"close names: {', '.join(close)}" if close else f"known names: {', '.join(catalog) or 'none'}"
    message = (
        f"There is no model called {name!r}. An alias of the catalog or a repo id 'org/name' was expected. "
        f"Nothing was requested; {hint}."
    )
    raise ModelNotFoundError(message)
