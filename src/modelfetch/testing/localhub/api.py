"""The answers of ``/api``: what a repo holds and what it is called, never a byte of a file."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

from . import refusal
from .message import json_answer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .message import Answer, Query
    from .repo import Commit, File, Repo
    from .store import Account

_EPOCH = "2024-01-01T00:00:00.000Z"


def info(repo: Repo, commit: Commit, query: Query) -> Answer:
    """``/revision/{revision}``: the repo's facts and the names of its files, with ``?blobs=true`` sizes and hashes."""
    blobs = query.parameters.get("blobs", "").lower() == "true"
    facts = {
        "_id": commit.sha[:24],
        "id": repo.id,
        "modelId": repo.id,
        "author": repo.id.partition("/")[0],
        "sha": commit.sha,
        "lastModified": _EPOCH,
        "createdAt": _EPOCH,
        "private": repo.private,
        "gated": repo.gated,
        "disabled": repo.disabled,
        "downloads": 0,
        "likes": 0,
        "tags": [],
        "siblings": [_sibling(file, blobs=blobs) for file in commit.files.values()],
        "usedStorage": commit.size,
    }
    return json_answer(facts)


def _sibling(file: File, *, blobs: bool) -> dict[str, Any]:
    if not blobs:
        return {"rfilename": file.path}
    entry: dict[str, Any] = {"rfilename": file.path, "blobId": file.oid, "size": file.size}
    if file.lfs:
        entry["lfs"] = {"sha256": file.sha256, "size": file.size, "pointerSize": len(file.pointer)}
    return entry


def tree(commit: Commit, folder: str, query: Query, page_size: int, endpoint: str) -> Answer:
    """``/tree/{revision}/{folder}``: one page of entries, and the address of the next in ``Link``."""
    sent = query.parameters
    entries = _entries(commit, folder, recursive=sent.get("recursive", "").lower() == "true")
    if folder and not entries:
        return refusal.no_entry(commit.sha)
    size = min(page_size, int(sent.get("limit", page_size)))
    start = int(urlsafe_b64decode(sent["cursor"])) if "cursor" in sent else 0
    page = json_answer(entries[start : start + size], ("X-Repo-Commit", commit.sha))
    if start + size >= len(entries):
        return page
    cursor = urlsafe_b64encode(b"%d" % (start + size)).decode()
    following = f"{endpoint}{query.path}?{urlencode({**sent, 'cursor': cursor})}"
    return page.with_headers(("Link", f'<{following}>; rel="next"'))


def paths_info(commit: Commit, query: Query) -> Answer:
    """``/paths-info/{revision}``: the entries of chosen paths; those that do not exist are left out."""
    wanted = _wanted_paths(query)
    every = {entry["path"]: entry for entry in _entries(commit, "", recursive=True)}
    return json_answer([every[path] for path in wanted if path in every])


def _wanted_paths(query: Query) -> list[str]:
    if "json" in query.headers.get("content-type", ""):
        return list(json.loads(query.body)["paths"])
    return parse_qs(query.body.decode()).get("paths", [])


def _entries(commit: Commit, folder: str, *, recursive: bool) -> list[dict[str, Any]]:
    prefix = f"{folder.strip('/')}/" if folder else ""
    found: dict[str, dict[str, Any]] = {}
    for path, file in commit.files.items():
        if not path.startswith(prefix):
            continue
        for parent in _parents(path, prefix):
            found[parent] = {"type": "directory", "oid": commit.sha, "size": 0, "path": parent}
        found[path] = _file_entry(file)
    return [entry for path, entry in found.items() if recursive or "/" not in path.removeprefix(prefix)]


def _parents(path: str, prefix: str) -> Iterable[str]:
    parts = path.removeprefix(prefix).split("/")
    return (prefix + "/".join(parts[:depth]) for depth in range(1, len(parts)))


def _file_entry(file: File) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": "file", "oid": file.oid, "size": file.size, "path": file.path}
    if file.lfs:
        entry["lfs"] = {"oid": file.sha256, "size": file.size, "pointerSize": len(file.pointer)}
    return entry


def refs(repo: Repo) -> Answer:
    """``/refs``: branches and tags with their commits."""
    branches = [{"name": n, "ref": f"refs/heads/{n}", "targetCommit": sha} for n, sha in repo.branches.items()]
    tags = [{"name": n, "ref": f"refs/tags/{n}", "targetCommit": sha} for n, sha in repo.tags.items()]
    return json_answer({"branches": branches, "converts": [], "tags": tags})


def who_am_i(account: Account | None) -> Answer:
    """``/api/whoami-v2``."""
    if account is None:
        return refusal.no_login()
    return json_answer({"type": "user", "id": account.user, "name": account.user, "fullname": account.user, "orgs": []})
