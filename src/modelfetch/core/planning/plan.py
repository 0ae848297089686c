"""A plan: which bytes a model needs, which of them are here, and which have to come.

Rule: a plan is a value. It says exactly what the remote has (that part goes into its JSON and its
fingerprint, so that two machines agree: ``plan_file.py``) and what this machine's cache has (that part is
read anew when the plan is executed). It never holds a token, a signed URL or a local path.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from ...errors import ModelNotFoundError
from ..models.spec import ModelSpec, patterns
from ..text import bytes_text, counted
from ..wire.url import public_endpoint
from .listing import FileEntry, Listing, select

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FileState = Literal["cached", "partial", "missing"]


class Presence(NamedTuple):
    """How much of one file the cache has: its state and bytes."""

    state: FileState
    bytes_present: int


Inventory = dict[str, Presence]
"""Paths of a repo to what the cache has of them; a path that is not in it is missing."""


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """One file of a plan, at ``path`` in the repo.

    ``size`` is its bytes, ``bytes_present`` those of them that are here. ``sha256``: in hex, None where the Hub gives none.
    ``blob_id``: its name under ``blobs/``, which is the sha256 of a large file and the git blob id of any other.
    ``state``: ``"cached"`` (complete), ``"partial"`` (an earlier download left some of it) or ``"missing"``.
    """

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

    ``repo_id`` is ``org/name`` on the Hub at ``endpoint``, its address without what may be secret. ``revision`` is what was
    asked for, ``commit`` what it meant then. ``allow_patterns`` and ``ignore_patterns`` are those that chose the files (None
    and empty: all of the repo's). ``backend`` is who will load them: who was asked for, else the one that
    recognises the planned files; then ``backend_reason`` says how it was told, in words, and stays on this machine. An
    inferred backend chooses no files. ``min_ram_bytes`` is what the spec declared, and stays on this machine too.
    """

    repo_id: str
    revision: str
    commit: str
    endpoint: str
    backend: str | None
    files: tuple[PlannedFile, ...]
    allow_patterns: tuple[str, ...] | None = None
    ignore_patterns: tuple[str, ...] | None = None
    backend_reason: str | None = field(default=None, compare=False)
    min_ram_bytes: int | None = field(default=None, compare=False)

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
        from .plan_file import fingerprint  # noqa: PLC0415 - it builds on this module

        return fingerprint(self)

    def to_json(self) -> str:
        """The remote part as JSON text (schema ``modelfetch.plan/1``)."""
        from .plan_file import encode  # noqa: PLC0415 - it builds on this module

        return encode(self)

    @classmethod
    def from_json(cls, text: str) -> DownloadPlan:
        """The plan that :meth:`to_json` wrote; every file counts as missing. Raises ValueError for other text."""
        from .plan_file import decode  # noqa: PLC0415 - it builds on this module

        return decode(text)

    def with_inventory(self, inventory: Inventory) -> DownloadPlan:
        """The same plan, seen from a cache that has ``inventory``."""
        nothing = Presence("missing", 0)
        present = ((file, inventory.get(file.path, nothing)) for file in self.files)
        return replace(
            self, files=tuple(replace(file, state=has.state, bytes_present=has.bytes_present) for file, has in present)
        )

    def with_inference(self, backend: str | None, reason: str) -> DownloadPlan:
        """The same plan for ``backend``, and why; a plan that was made for one keeps it."""
        return self if self.backend else replace(self, backend=backend, backend_reason=reason)

    def __str__(self) -> str:
        """A table a person can read."""
        return "\n".join(_table(self))


def make_plan(listing: Listing, spec: ModelSpec, endpoint: str, inventory: Inventory) -> DownloadPlan:
    """The plan for ``spec`` at ``listing``. Raises ModelNotFoundError when the patterns match nothing."""
    chosen = select(listing.files, spec.allow_patterns, spec.ignore_patterns)
    if not chosen:
        raise nothing_fits(listing.files, spec)
    return plan_of(chosen, listing.commit, spec, endpoint).with_inventory(inventory)


def plan_of(files: Iterable[FileEntry], commit: str, spec: ModelSpec, endpoint: str) -> DownloadPlan:
    """The plan for just these files; every one counts as missing."""
    return DownloadPlan(
        repo_id=spec.repo_id,
        revision=spec.revision or commit,
        commit=commit,
        endpoint=public_endpoint(endpoint),
        backend=spec.backend,
        files=planned(files),
        allow_patterns=patterns(spec.allow_patterns),
        ignore_patterns=patterns(spec.ignore_patterns),
        min_ram_bytes=spec.declared_ram_bytes,
    )


def nothing_fits(files: Sequence[FileEntry], spec: ModelSpec) -> ModelNotFoundError:
    """The error where the patterns of ``spec`` choose none of all ``files`` of its repo."""
    message = (
        f"No file of {spec.repo_id} fits allow_patterns={spec.allow_patterns!r}, ignore_patterns={spec.ignore_patterns!r}. "
        f"At least one of its {len(files)} files was expected to. Nothing was fetched; {_examples(files)}."
    )
    return ModelNotFoundError(message, repo_id=spec.repo_id, revision=spec.revision)


def _examples(files: Sequence[FileEntry]) -> str:
    names = ", ".join(file.path for file in files[:5])
    return f"it holds {names}" if names else "the repo is empty"


def planned(files: Iterable[FileEntry]) -> tuple[PlannedFile, ...]:
    """``files`` as a plan has them: in the order of paths, every one missing."""
    ordered = sorted(files, key=lambda file: file.path)
    return tuple(PlannedFile(file.path, file.size, file.sha256, file.blob_id) for file in ordered)


def _table(plan: DownloadPlan) -> list[str]:
    sums = f"{counted(len(plan.files), 'file')}, {bytes_text(plan.total_bytes)}"
    here = plan.total_bytes - plan.remaining_bytes
    state = "complete" if plan.is_complete else f"{bytes_text(here)} here, {bytes_text(plan.remaining_bytes)} to fetch"
    width = max((len(file.path) for file in plan.files), default=0)
    rows = [f"  {file.path:<{width}}  {bytes_text(file.size):>8}  {_state(file)}" for file in plan.files]
    return [f"{plan.repo_id} @ {plan.revision} ({plan.commit[:7]}): {sums}; {state}", *rows, *_told_backend(plan)]


def _told_backend(plan: DownloadPlan) -> list[str]:
    return [f"  to be loaded by {plan.backend}: {plan.backend_reason}"] if plan.backend and plan.backend_reason else []


def _state(file: PlannedFile) -> str:
    return f"partial, {bytes_text(file.bytes_present)} here" if file.state == "partial" else file.state
