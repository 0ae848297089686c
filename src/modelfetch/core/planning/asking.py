"""The conversation with the Hub that pins a plan: which requests, in which order, and when to ask again.

Rule: one request names the commit and, for all but the largest repos, every file; the tree is read page
by page only when it did not. The conversation is a generator: it yields what to do and is sent what came
of it, so it needs no socket, no clock and no sleep.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from ...errors import IntegrityError, ModelFetchError, NetworkError
from ..wire.answer import answered, next_page
from ..wire.refusal import Question, disabled, is_transient, not_the_hub, refusal
from ..wire.retry import Tries
from ..wire.url import joined, origin
from .listing import FileEntry, Listing, commit_of, is_commit, is_gated, listing_from_info, listing_from_tree

if TYPE_CHECKING:
    from ..wire.ends import Answered

LARGEST_JSON = 64 << 20
"""Bytes of one JSON answer; a page of 1,000 files takes about 300 kB."""

MOST_PAGES = 2_000
"""Pages of a tree: two million files, far beyond what the Hub takes in one repo."""

LARGEST_TREE = 256 << 20
"""Bytes of all pages of a tree together; about 800,000 files."""

_OK = 200


@dataclass(frozen=True, slots=True)
class Get:
    """Wait ``after`` seconds, ask for ``url`` and read the whole answer."""

    url: str
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer, whatever its status. ``wait``: seconds it asks to wait; ``jitter``: a fresh random number, 0 to 1."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    wait: float | None = None
    jitter: float = 0.0


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer: the connection failed, stalled, or brought too much."""

    message: str
    jitter: float = 0.0
    error: ModelFetchError | None = None  # what another try could not mend


Talk = Generator[Get, Heard | Silence, Listing]


def _nothing(_: str) -> tuple[FileEntry, ...] | None:
    return None


def list_repo(asked: Question, known: Callable[[str], tuple[FileEntry, ...] | None] = _nothing) -> Talk:
    """Ask what ``asked.repo_id`` holds at ``asked.revision``; returns the listing, raises typed errors.

    ``known``: the files of a commit that are wanted, where they are known already: a commit never changes.
    """
    api = f"{asked.endpoint}/api/models/{asked.repo_id}"
    info = yield from _ask(asked, f"{api}/revision/{quote(asked.revision, safe='')}?blobs=true")
    told = _json(info, asked)
    if not isinstance(told, dict):
        raise _not_the_hub(asked, "a JSON value that is no object")
    if told.get("disabled") is True:
        raise disabled(asked)
    commit = commit_of(told, asked.repo_id)
    if is_commit(asked.revision) and commit != asked.revision:
        raise _other_commit(asked, commit)
    listing = listing_from_info(told, asked.repo_id)
    if listing is not None:
        return listing
    if files := known(commit):
        return Listing(asked.repo_id, commit, files, gated=is_gated(told))
    pages = yield from _tree(asked, f"{api}/tree/{commit}?recursive=true")
    return listing_from_tree(pages, asked.repo_id, commit, gated=is_gated(told))


def _tree(asked: Question, url: str) -> Generator[Get, Heard | Silence, list[object]]:
    pages: list[object] = []
    seen, size = set[str](), 0
    following: str | None = url
    while following is not None:
        if following in seen:
            raise _not_the_hub(asked, "a page whose next page was read before")
        if len(pages) >= MOST_PAGES or size > LARGEST_TREE:
            raise _not_the_hub(asked, f"more than {MOST_PAGES} pages or {LARGEST_TREE >> 20} MiB")
        seen.add(following)
        page = yield from _ask(asked, following)
        pages.append(_json(page, asked))
        size += len(page.body)
        following = _next(page, following, asked)
    return pages


def _next(page: Heard, url: str, asked: Question) -> str | None:
    link = next_page(page.headers.get("link"))
    if link == "":
        raise _not_the_hub(asked, "a next page without an address")
    following = None if link is None else joined(url, link)
    if following is not None and origin(following) != origin(asked.endpoint):
        raise _not_the_hub(asked, "a next page on another host")
    return following


def _ask(asked: Question, url: str) -> Generator[Get, Heard | Silence, Heard]:
    """One answer with content, asked for again as long as that may help."""
    tries, wait = Tries(), 0.0
    while True:
        heard = yield Get(url, wait)
        if isinstance(heard, Heard) and heard.status == _OK:
            return heard
        again = _again(tries, heard)
        if again is None:
            raise _given_up(asked, heard, tries)
        tries, wait = Tries(tries.failures + 1), again


def _again(tries: Tries, heard: Heard | Silence) -> float | None:
    """Seconds to wait before asking again, or None to give up."""
    match heard:
        case Heard(wait=wait, jitter=jitter) if is_transient(_answered(heard)):
            return tries.wait(jitter, wait)
        case Silence(error=None, jitter=jitter):
            return tries.wait(jitter)
        case _:
            return None


def _given_up(asked: Question, heard: Heard | Silence, tries: Tries) -> ModelFetchError:
    if isinstance(heard, Heard):
        return refusal(_answered(heard), asked)
    return heard.error or NetworkError(
        f"{asked.endpoint} could not be asked for {asked.subject}: {heard.message}, {tries.failures + 1} times in a row. An "
        f"answer was expected. Nothing was fetched; check the connection and the endpoint, then try again{asked.instead}."
    )


def _answered(heard: Heard) -> Answered:
    return answered(heard.status, heard.headers, lambda: _error_text(heard), heard.wait)


def _error_text(heard: Heard) -> str:
    """The ``error`` text of a JSON answer: where the Hub puts it when there is no header."""
    try:
        told = json.loads(heard.body)
    except (ValueError, RecursionError):
        return ""
    said = told.get("error") if isinstance(told, dict) else None
    return said if isinstance(said, str) else ""


def _json(heard: Heard, asked: Question) -> object:
    try:
        return json.loads(heard.body)
    except (ValueError, RecursionError) as error:
        kind = heard.headers.get("content-type", "").partition(";")[0].strip()
        raise _not_the_hub(asked, f"{kind[:60] or 'a body without a type'} that is no JSON") from error


def _other_commit(asked: Question, commit: str) -> IntegrityError:
    return IntegrityError(
        f"{asked.endpoint} answered the question for {asked.repo_id} at commit {asked.revision} with commit {commit}. The "
        "commit that was asked for was expected. Nothing was fetched; check the endpoint.",
        expected=asked.revision,
        actual=commit,
    )


def _not_the_hub(asked: Question, what: str) -> NetworkError:
    return not_the_hub(f"{asked.endpoint} answered the question for {asked.repo_id} with {what}", "A Hub's JSON")
