"""A plan: which bytes a model needs, which of them are here, and which have to come.

Rule: a plan is a value. It says exactly what the remote has (that part goes into its JSON and its
fingerprint, so that two machines agree) and what this machine's cache has (that part is read anew when
the plan is executed). It never holds a token, a signed URL or a local path.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, NamedTuple

from ..errors import ModelFetchError, ModelNotFoundError
from .catalog import ModelSpec, patterns, resolve
from .http import origin, public_endpoint
from .listing import FileEntry, Listing, is_commit, select, trusted_entries
from .text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SCHEMA = "modelfetch.plan/1"

FileState = Literal["cached", "partial", "missing"]


class Presence(NamedTuple):
    """How much of one file the cache has: its state and bytes."""

    state: FileState
    bytes_present: int


Inventory = dict[str, Presence]
"""Paths of a repo to what the cache has of them; a path that is not in it is missing."""


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file of a plan. ``size`` and ``bytes_present`` are bytes; ``blob_id`` is its name under ``blobs/``."""

    path: str
    size: int
    sha256: str | None
    blob_id: str
    state: FileState = "missing"
    bytes_present: int = 0

    @property
    def entry(self) -> FileEntry:
        """What the remote has, without what is here."""
        return FileEntry(self.path, self.size, self.blob_id, self.sha256)


@dataclass(frozen=True, slots=True)
class DownloadPlan:
    """What a download will do, to the byte. ``files`` is in the order of paths.

    ``revision`` is what was asked for, ``commit`` what it meant then. The patterns are those that chose
    the files (None and empty: all of the repo's).
    """

    repo_id: str
    revision: str
    commit: str
    endpoint: str
    backend: str | None
    files: tuple[PlannedFile, ...]
    allow_patterns: tuple[str, ...] | None = None
    ignore_patterns: tuple[str, ...] | None = None

    @property
    def total_bytes(self) -> int:
        """All bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def cached_bytes(self) -> int:
        """Bytes of files that are complete in the cache."""
        return sum(file.bytes_present for file in self.files if file.state == "cached")

    @property
    def partial_bytes(self) -> int:
        """Bytes that an earlier download left of files that are not complete."""
        return sum(file.bytes_present for file in self.files if file.state == "partial")

    @property
    def remaining_bytes(self) -> int:
        """Bytes that are not here."""
        return self.total_bytes - self.cached_bytes - self.partial_bytes

    @property
    def is_complete(self) -> bool:
        """Whether every file is in the cache: then downloading makes no request."""
        return all(file.state == "cached" for file in self.files)

    @property
    def fingerprint(self) -> str:
        """The sha256 of what the remote has, in hex: equal on two machines when the plans are."""
        return sha256(_canonical(_remote(self)).encode()).hexdigest()

    def to_json(self) -> str:
        """The remote part as JSON text (schema ``modelfetch.plan/1``)."""
        return json.dumps(_told(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> DownloadPlan:
        """The plan that :meth:`to_json` wrote; every file counts as missing. Raises ValueError for other text."""
        return _parse(text)

    def with_inventory(self, inventory: Inventory) -> DownloadPlan:
        """The same plan, seen from a cache that has ``inventory``."""
        nothing = Presence("missing", 0)
        present = ((file, inventory.get(file.path, nothing)) for file in self.files)
        return replace(
            self, files=tuple(replace(file, state=has.state, bytes_present=has.bytes_present) for file, has in present)
        )

    def __str__(self) -> str:
        """A table a person can read."""
        return "\n".join(_table(self))


def make_plan(listing: Listing, spec: ModelSpec, endpoint: str, inventory: Inventory) -> DownloadPlan:
    """The plan for ``spec`` at ``listing``. Raises ModelNotFoundError when the patterns match nothing."""
    chosen = select(listing.files, spec.allow_patterns, spec.ignore_patterns)
    if not chosen:
        message = (
            f"No file of {listing.repo_id} fits allow_patterns={spec.allow_patterns!r}, "
            f"ignore_patterns={spec.ignore_patterns!r}. At least one of its {len(listing.files)} files was expected to. "
            f"Nothing was fetched; {_examples(listing)}."
        )
        raise ModelNotFoundError(message, repo_id=listing.repo_id, revision=spec.revision)
    return plan_of(chosen, listing.commit, spec, endpoint).with_inventory(inventory)


def plan_of(files: Iterable[FileEntry], commit: str, spec: ModelSpec, endpoint: str) -> DownloadPlan:
    """The plan for just these files; every one counts as missing."""
    return DownloadPlan(
        repo_id=spec.repo_id,
        revision=spec.revision or commit,
        commit=commit,
        endpoint=public_endpoint(endpoint),
        backend=spec.backend,
        files=_planned(files),
        allow_patterns=patterns(spec.allow_patterns),
        ignore_patterns=patterns(spec.ignore_patterns),
    )


def _examples(listing: Listing) -> str:
    names = ", ".join(file.path for file in listing.files[:5])
    return f"it holds {names}" if names else "the repo is empty"


def _planned(files: Iterable[FileEntry]) -> tuple[PlannedFile, ...]:
    ordered = sorted(files, key=lambda file: file.path)
    return tuple(PlannedFile(file.path, file.size, file.sha256, file.blob_id) for file in ordered)


def _remote(plan: DownloadPlan) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "repo_id": plan.repo_id,
        "revision": plan.revision,
        "commit": plan.commit,
        "endpoint": plan.endpoint,
        "backend": plan.backend,
        "allow_patterns": plan.allow_patterns and list(plan.allow_patterns),
        "ignore_patterns": plan.ignore_patterns and list(plan.ignore_patterns),
        "total_bytes": plan.total_bytes,
        "files": [
            {"path": file.path, "size": file.size, "sha256": file.sha256, "blob_id": file.blob_id}
            for file in plan.files
        ],
    }


def _told(plan: DownloadPlan) -> dict[str, object]:
    return {**_remote(plan), "fingerprint": plan.fingerprint}


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _parse(text: str) -> DownloadPlan:
    try:
        told = json.loads(text)
        plan = _from_remote(told)
        fits = _canonical(told) == _canonical(_told(plan))  # as text: to Python 1, 1.0 and True are one
    except (ModelFetchError, TypeError, KeyError, RecursionError, ValueError) as error:
        message = (
            f"This is not a plan of schema {SCHEMA}: {str(error).rstrip('.')}. Write it with DownloadPlan.to_json()."
        )
        raise ValueError(message) from error
    if not fits:
        message = (
            "This plan's fingerprint does not fit its content: it was edited or cut. Take the original, or plan again."
        )
        raise ValueError(message)
    return plan


def _from_remote(told: Mapping[str, object]) -> DownloadPlan:
    if told["schema"] != SCHEMA:
        message = f"its schema is {told['schema']!r}"
        raise ValueError(message)
    repo_id, commit = _text(told["repo_id"]), _text(told["commit"])
    spec = resolve(ModelSpec(repo_id, repo_id), {}, revision=_text(told["revision"]))
    if not is_commit(commit):
        message = f"its commit is {commit!r}"
        raise ValueError(message)
    return DownloadPlan(
        repo_id=spec.repo_id,
        revision=_text(told["revision"]),
        commit=commit,
        endpoint=_endpoint(_text(told["endpoint"])),
        backend=None if told["backend"] is None else _text(told["backend"]),
        files=_planned(trusted_entries(repo_id, told["files"])),
        allow_patterns=_patterns(told["allow_patterns"]),
        ignore_patterns=_patterns(told["ignore_patterns"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        message = f"text was expected, not {value!r:.80}"
        raise ValueError(message)
    return value


def _endpoint(text: str) -> str:
    origin(text)
    if public_endpoint(text) != text:
        message = f"its endpoint is {text!r:.80}"
        raise ValueError(message)
    return text


def _patterns(value: object) -> tuple[str, ...] | None:
    if value is not None and not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
        message = f"a list of patterns was expected, not {value!r:.80}"
        raise ValueError(message)
    return patterns(value)


def _table(plan: DownloadPlan) -> list[str]:
    sums = f"{len(plan.files)} files, {bytes_text(plan.total_bytes)}"
    here = plan.total_bytes - plan.remaining_bytes
    state = "complete" if plan.is_complete else f"{bytes_text(here)} here, {bytes_text(plan.remaining_bytes)} to fetch"
    width = max((len(file.path) for file in plan.files), default=0)
    rows = [f"  {file.path:<{width}}  {bytes_text(file.size):>8}  {_state(file)}" for file in plan.files]
    return [f"{plan.repo_id} @ {plan.revision} ({plan.commit[:7]}): {sums}; {state}", *rows]


def _state(file: PlannedFile) -> str:
    return f"partial, {bytes_text(file.bytes_present)} here" if file.state == "partial" else file.state
