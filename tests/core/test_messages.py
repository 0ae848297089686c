"""Every error of the core says what happened, what was expected, what was done and what to do, and no secret."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from modelfetch.backends import find_backend
from modelfetch.core.models.builtin import DEFAULT_CATALOG
from modelfetch.core.models.catalog import resolve
from modelfetch.core.models.fit import GIB, check_memory
from modelfetch.core.models.spec import ModelSpec
from modelfetch.core.planning.asking import MOST_PAGES, Heard, Silence, list_repo
from modelfetch.core.planning.listing import (
    FileEntry,
    Listing,
    commit_of,
    listing_from_info,
    listing_from_tree,
    trusted,
    trusted_entries,
)
from modelfetch.core.planning.plan import make_plan
from modelfetch.core.planning.storage import Demand, check_storage
from modelfetch.core.wire.ends import Answered
from modelfetch.core.wire.refusal import Question, refusal
from modelfetch.core.wire.settings import checked_endpoint, checked_token
from modelfetch.core.wire.url import joined, origin, redirected
from modelfetch.errors import ModelFetchError

if TYPE_CHECKING:
    from collections.abc import Callable

HUB = "https://me:SECRET@hub.example/?key=SECRET"
PLANNING = Question("org/name", "main", HUB)
FETCHING = Question("org/name", "c" * 40, HUB, path="model.bin", with_token=True)
SHA1 = "a" * 40

WAS_EXPECTED = re.compile(r"\bexpected\b|\brequire[sd]\b")
WAS_DONE = re.compile(r"\bnothing\b.*\b(fetched|requested|sent|done)\b|\bnot followed\b|\bis kept\b", re.IGNORECASE)
CAN_BE_DONE = re.compile(
    r"\b(check|choose|close names|copy|fix|free|it holds|known names|leave|log in|look|open|plan again|see|tell|try again|write)\b",
    re.IGNORECASE,
)
MEANT = re.compile(r"'\.\.'|'\.\./x'|(token=|endpoint=|endpoint )\.\.\.")
"""Dots that are no slip of a sentence's end."""


def raised(make: Callable[[], object]) -> ModelFetchError:
    with pytest.raises(ModelFetchError) as caught:
        make()
    return caught.value


def answered(*answers: Heard | Silence, asked: Question = PLANNING) -> Callable[[], object]:
    def hold() -> None:
        talk = list_repo(asked)
        next(talk)
        for answer in answers:
            talk.send(answer)

    return hold


def from_tree(*items: object) -> Callable[[], object]:
    return lambda: listing_from_tree([list(items)], "org/name", "c" * 40, gated=False)


def refused(status: int, code: str = "", message: str = "", asked: Question = PLANNING) -> Callable[[], object]:
    def fail() -> None:
        raise refusal(Answered(status, code, message), asked)

    return fail


LEAF = {"type": "file", "path": "x", "size": 1, "oid": SHA1}
LFS = {"rfilename": "x", "size": 1, "lfs": {"size": 2, "sha256": "b" * 64}}
NO_LISTING = Heard(200, {}, b'{"sha": "%s"}' % (b"c" * 40))
NEXT_PAGE = Heard(200, {"link": '</t>; rel="next"'}, b"[]")

ERRORS: dict[str, Callable[[], object]] = {
    "unknown alias": lambda: resolve("large-v33", DEFAULT_CATALOG),
    "unlike any alias": lambda: resolve("zzz", DEFAULT_CATALOG),
    "no revision after @": lambda: resolve("org/name@", {}),
    "malformed id": lambda: resolve("a/b/c", {}),
    "malformed revision": lambda: resolve("org/name", {}, revision="../x"),
    "no file fits": lambda: make_plan(
        Listing("org/name", "c" * 40, (FileEntry("a", 1, SHA1),)),
        ModelSpec("x", "org/name", allow_patterns=("b",)),
        HUB,
        {},
    ),
    "unknown backend": lambda: find_backend("torch"),
    "no token can be so": lambda: checked_token("hf_a b", "the variable HF_TOKEN"),
    "no endpoint can be so": lambda: checked_endpoint("https://me:SECRET@hub.example"),
    "too little memory": lambda: check_memory("x", 8 * GIB, 4 * GIB),
    "too little disk": lambda: check_storage("org/x", Demand(100), 0.2, 10),
    "no address": lambda: origin("http://me:SECRET@["),
    "no address in a link": lambda: joined("https://hub.example", "https://me:SECRET@["),
    "redirect without a target": lambda: redirected("https://me:SECRET@hub.example/x?sig=SECRET", None),
    "redirect to a file": lambda: redirected("https://me:SECRET@hub.example/x?sig=SECRET", "file://me:SECRET@x/y"),
    "redirect to http": lambda: redirected("https://hub.example/x?sig=SECRET", "http://hub.example/x?sig=SECRET"),
    "no commit": lambda: commit_of({}, "org/name"),
    "no name": from_tree({**LEAF, "path": 1}),
    "unsafe name": from_tree({**LEAF, "path": "../x"}),
    "impossible size": from_tree({**LEAF, "size": -1}),
    "no digest": from_tree({**LEAF, "oid": "x"}),
    "no sha256": from_tree({**LEAF, "lfs": {"oid": "x", "size": 1}}),
    "no kind": from_tree({"type": "x"}),
    "no page": lambda: listing_from_tree(["x"], "org/name", "c" * 40, gated=False),
    "two sizes": lambda: listing_from_info({"sha": "c" * 40, "siblings": [LFS]}, "org/name"),
    "listed twice": from_tree(LEAF, LEAF),
    "below a file": from_tree(LEAF, {**LEAF, "path": "x/y"}),
    "two sizes of one content": lambda: trusted("org/x", "c" * 40, [FileEntry("a", 1, SHA1), FileEntry("b", 2, SHA1)]),
    "no entries": lambda: trusted_entries("org/name", None),
    "no JSON": answered(Heard(200, {}, b"<html>")),
    "no object": answered(Heard(200, {}, b"[]")),
    "another commit": answered(NO_LISTING, asked=replace(PLANNING, revision="d" * 40)),
    "another host": answered(NO_LISTING, Heard(200, {"link": '<https://e/t>; rel="next"'}, b"[]")),
    "no end": answered(NO_LISTING, *[NEXT_PAGE] * MOST_PAGES),
    "silence": answered(*[Silence("reset")] * 6),
    "not found": refused(401, "RepoNotFound"),
    "not found with a token": refused(404, "RepoNotFound", asked=replace(PLANNING, with_token=True)),
    "no revision": refused(404, "RevisionNotFound"),
    "gated": refused(401, "GatedRepo"),
    "gated with a token": refused(403, "GatedRepo", asked=FETCHING),
    "bad token": refused(401, asked=FETCHING),
    "no token": refused(401),
    "disabled": refused(403, "", "Access to this resource is disabled."),
    "forbidden": refused(403, "", "no", asked=FETCHING),
    "file gone": refused(404, "EntryNotFound", asked=FETCHING),
    "repo gone": refused(404, "RepoNotFound", asked=FETCHING),
    "overloaded": refused(503),
    "odd status": refused(418, asked=FETCHING),
    "asks to wait too long": answered(Heard(429, {}, b"", wait=600.0)),
}


@pytest.mark.parametrize("make", ERRORS.values(), ids=ERRORS.keys())
def test_a_message_says_what_happened_was_expected_was_done_and_can_be_done(make: Callable[[], object]) -> None:
    message = str(raised(make))
    assert WAS_EXPECTED.search(message), message
    done = WAS_DONE.search(message)
    assert done, message
    assert done.start() > 20, message  # what happened comes first
    assert CAN_BE_DONE.search(message, done.end()), message
    assert message.endswith("."), message
    assert ".." not in MEANT.sub("", message)


@pytest.mark.parametrize("make", ERRORS.values(), ids=ERRORS.keys())
def test_no_error_tells_a_secret(make: Callable[[], object]) -> None:
    error = raised(make)
    assert "SECRET" not in f"{error}{error!r}{vars(error)}"
