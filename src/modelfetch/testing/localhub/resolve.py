"""File contents: where they are (``/resolve/``), the small ones themselves, and the CDN's part.

Rule: identity is on the Hub's first answer only. The CDN sends an opaque ``ETag``, or none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from . import refusal
from .message import redirect
from .ranged import serve

if TYPE_CHECKING:
    from .message import Answer, Query
    from .repo import Commit, File, Repo
    from .signer import Signer


def resolve(repo: Repo, commit: Commit, file: File, cdn: str, signer: Signer) -> Answer:
    """What a file is and where its bytes are: a signed address of the CDN, or for a small file the Hub's own."""
    identity = (
        ("X-Repo-Commit", commit.sha),
        ("X-Linked-Etag", f'"{file.etag}"'),
        ("X-Linked-Size", str(file.size)),
        ("Accept-Ranges", "bytes"),
    )
    if file.lfs:
        return redirect(302, cdn + signer.sign(repo.id, file), *identity)
    location = f"/api/resolve-cache/models/{quote(repo.id)}/{commit.sha}/{quote(file.path)}"
    return redirect(307, location, *identity, ("ETag", f'"{file.etag}"'))


def small_file(commit: Commit, file: File, query: Query) -> Answer:
    """The target of the 307."""
    identity = (("X-Repo-Commit", commit.sha), ("ETag", f'"{file.etag}"'))
    return serve(file.content, query.headers.get("range"), *identity)


def blob(file: File, query: Query, *, etag: str | None, unranged_limit: int | None) -> Answer:
    """The CDN's answer to a good address; a larger file than ``unranged_limit`` has to be asked for in ranges."""
    sent = query.headers.get("range")
    if sent is None and unranged_limit is not None and file.size > unranged_limit:
        return refusal.bad_request("The object is too large to be returned whole: send a Range")
    headers = () if etag is None else (("ETag", etag),)
    return serve(file.content, sent, *headers)
