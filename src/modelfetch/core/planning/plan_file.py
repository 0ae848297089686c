"""A plan as JSON, which may be kept, sent to another machine and carried out there.

Rule: it says what the remote has and nothing else. What is read is judged before its fingerprint is asked: a plan that was
edited or cut is refused, and so is one that would do harm, whether it comes as text or from memory.

The format, ``modelfetch.plan/1``: an object with the keys of ``_remote``, and the sha256 of them in canonical form.
"""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from ...errors import ModelFetchError
from ..given import Expected, count, or_none
from ..models.catalog import resolve
from ..models.spec import ModelSpec
from ..wire.url import origin, public_endpoint
from .listing import entries_as_json, is_commit, trusted_entries, trusted_patterns
from .plan import DownloadPlan, planned

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = "modelfetch.plan/1"

_ENTRY_KEYS = ("path", "size", "sha256", "blob_id")

_MEMORY = Expected(or_none(count(0)), "A whole number of bytes, or None,", "plan again")

_UNUSABLE = (ModelFetchError, TypeError, AttributeError, KeyError, RecursionError, ValueError)
"""What reading a plan that is none can raise."""


def encode(plan: DownloadPlan) -> str:
    """The remote part as JSON text."""
    return json.dumps(_told(plan), indent=1)


def decode(text: str) -> DownloadPlan:
    """What :func:`encode` wrote; every file counts as missing. Raises ValueError for other text."""
    try:
        told = json.loads(text)
        plan = _from_remote(told)
        fits = _canonical(told) == _canonical(_told(plan))  # as text: to Python 1, 1.0 and True are one
    except _UNUSABLE as error:
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


def fingerprint(plan: DownloadPlan) -> str:
    """The sha256 of what the remote has, in hex."""
    return sha256(_canonical(_remote(plan)).encode()).hexdigest()


def believed(plan: DownloadPlan) -> DownloadPlan:
    """``plan`` judged as strictly as its JSON would be; every file counts as missing.

    A plan need not come from :func:`make_plan` or from JSON: a host may have built or altered it. Raises ValueError.
    """
    try:
        return replace(_from_remote(_remote(plan)), min_ram_bytes=_MEMORY.checked("min_ram_bytes", plan.min_ram_bytes))
    except _UNUSABLE as error:
        message = (
            f"This plan cannot be carried out: {str(error).rstrip('.')}. A plan as plan_download makes it was expected. "
            "Nothing was requested or written; plan again."
        )
        raise ValueError(message) from error


def _remote(plan: DownloadPlan) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "repo_id": plan.repo_id,
        "revision": plan.revision,
        "commit": plan.commit,
        "endpoint": plan.endpoint,
        "backend": plan.backend,
        "allow_patterns": None if plan.allow_patterns is None else list(plan.allow_patterns),
        "ignore_patterns": None if plan.ignore_patterns is None else list(plan.ignore_patterns),
        "total_bytes": plan.total_bytes,
        "files": entries_as_json((file.entry for file in plan.files), _ENTRY_KEYS),
    }


def _told(plan: DownloadPlan) -> dict[str, object]:
    return {**_remote(plan), "fingerprint": fingerprint(plan)}


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _from_remote(told: Mapping[str, object]) -> DownloadPlan:
    if told["schema"] != SCHEMA:
        message = f"its schema is {told['schema']!r}"
        raise ValueError(message)
    repo_id, commit = _text(told["repo_id"]), _text(told["commit"])
    spec = resolve(ModelSpec(repo_id, repo_id), {}, revision=_text(told["revision"]))
    if not is_commit(commit):
        message = f"its commit is {commit!r}"
        raise ValueError(message)
    files = planned(trusted_entries(repo_id, told["files"]))
    if not files:
        message = "it names no file"  # carrying it out would note a branch and bring nothing
        raise ValueError(message)
    return DownloadPlan(
        repo_id=spec.repo_id,
        revision=_text(told["revision"]),
        commit=commit,
        endpoint=_endpoint(_text(told["endpoint"])),
        backend=None if told["backend"] is None else _text(told["backend"]),
        files=files,
        allow_patterns=trusted_patterns(told["allow_patterns"]),
        ignore_patterns=trusted_patterns(told["ignore_patterns"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        message = f"text was expected, not {value!r:.80}"
        raise ValueError(message)
    return value


def _endpoint(text: str) -> str:
    origin(text)
    if public_endpoint(text) != text:
        message = f"its endpoint {public_endpoint(text)!r:.80} has a password, a query or a slash at its end"
        raise ValueError(message)
    return text
