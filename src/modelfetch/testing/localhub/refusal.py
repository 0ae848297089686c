"""The Hub's error answers: status, ``X-Error-Code`` and ``X-Error-Message``, which clients tell cases apart by.

Rule: who is not logged in never learns whether a repo is private or missing: 401, and 404 for who is.
"""

from __future__ import annotations

from .message import Answer, bytes_answer, json_answer


def _refusal(status: int, code: str | None, message: str) -> Answer:
    headers = (
        (("X-Error-Message", message),) if code is None else (("X-Error-Code", code), ("X-Error-Message", message))
    )
    return json_answer({"error": message}, *headers, status=status)


def no_repo(*, known_sender: bool) -> Answer:
    """Missing, or private and not yours."""
    if known_sender:
        return _refusal(404, "RepoNotFound", "Repository not found")
    return _refusal(401, "RepoNotFound", "Invalid username or password.")


def gated(repo_id: str, *, known_sender: bool) -> Answer:
    """The licence was not accepted."""
    if known_sender:
        message = f"Access to model {repo_id} is restricted and you are not in the authorized list."
        return _refusal(403, "GatedRepo", message)
    message = f"Access to model {repo_id} is restricted. You must have access to it and be authenticated to access it."
    return _refusal(401, "GatedRepo", message)


def bad_token() -> Answer:
    """A token that nobody has."""
    return _refusal(401, None, "Invalid credentials in Authorization header")


def no_login() -> Answer:
    """No token where one is needed."""
    return _refusal(401, None, "Invalid username or password.")


def no_revision(revision: str) -> Answer:
    """A branch, tag or commit that the repo does not have."""
    return _refusal(404, "RevisionNotFound", f"Invalid rev id: {revision}")


def no_entry(commit: str) -> Answer:
    """A file that the commit does not have."""
    return _refusal(404, "EntryNotFound", "Entry not found").with_headers(("X-Repo-Commit", commit))


def disabled() -> Answer:
    """A repo that was taken down."""
    return _refusal(403, None, "Access to this resource is disabled.")


def no_page() -> Answer:
    """An address that means nothing here."""
    return _refusal(404, None, "Sorry, we can't find the page you are looking for.")


def bad_request(message: str) -> Answer:
    """A request that breaks a rule."""
    return _refusal(400, None, message)


def cdn_denied(message: str = "Access denied") -> Answer:
    """The CDN's 403, in XML: an address that expired or was altered."""
    text = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>{message}</Message></Error>'
    return bytes_answer(403, text.encode(), "application/xml")


def cdn_missing() -> Answer:
    """The CDN's 404, in XML."""
    return bytes_answer(
        404, b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>NoSuchKey</Code></Error>', "application/xml"
    )
