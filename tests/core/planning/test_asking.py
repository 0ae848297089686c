"""The conversation that pins a plan ends in a listing or in an error that says why, whatever it is answered."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import chain, count, repeat
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.planning.asking import MOST_PAGES, Get, Heard, Silence, list_repo
from modelfetch.core.planning.listing import FileEntry, Listing
from modelfetch.core.wire.refusal import Question
from modelfetch.core.wire.retry import JITTER, LONGEST_WAIT, WAITS
from modelfetch.core.wire.url import origin
from modelfetch.errors import (
    AccessError,
    GatedModelError,
    IntegrityError,
    ModelFetchError,
    ModelNotFoundError,
    NetworkError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

HUB = "https://hub.example"
ASKED = Question("org/name", "main", HUB)
COMMIT, SHA1 = "c" * 40, "a" * 40
INFO = {"sha": COMMIT, "siblings": [{"rfilename": "config.json", "size": 12, "blobId": SHA1}]}
BARE_INFO = {"sha": COMMIT, "siblings": [{"rfilename": "config.json"}], "gated": "auto"}
FILES = (FileEntry("config.json", 12, SHA1),)
TRIES = len(WAITS) + 1


def said(body: object, status: int = 200, wait: float | None = None, **headers: str) -> Heard:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Heard(status, {name.replace("_", "-"): value for name, value in headers.items()}, text, wait)


def leaf(path: str) -> dict[str, object]:
    return {"type": "file", "path": path, "size": 12, "oid": SHA1}


def converse(
    answers: Iterable[Heard | Silence], asked: Question = ASKED, **known: Any
) -> tuple[list[Get], Listing | ModelFetchError]:
    """What was asked, and how it ended."""
    talk, gets = list_repo(asked, **known), []
    try:
        gets.append(next(talk))
        for answer in answers:
            gets.append(talk.send(answer))  # noqa: PERF401 - extend would swallow the StopIteration that ends it
    except StopIteration as end:
        return gets, end.value
    except ModelFetchError as error:
        return gets, error
    pytest.fail("it went on asking")


def ends_with(kind: type[ModelFetchError], *answers: Heard | Silence, asked: Question = ASKED) -> str:
    """The message of the error that it ends with."""
    _, end = converse(answers, asked)
    assert type(end) is kind
    return str(end)


# ------------------------------------------------------------------ the usual course


def test_one_request_pins_the_commit_and_every_file() -> None:
    gets, end = converse([said(INFO)])
    assert [get.url for get in gets] == [f"{HUB}/api/models/org/name/revision/main?blobs=true"]
    assert end == Listing("org/name", COMMIT, FILES)


def test_a_revision_is_quoted_whole() -> None:
    gets, _ = converse([said(INFO)], Question("org/name", "refs/pr/1 ?", HUB))
    assert gets[0].url == f"{HUB}/api/models/org/name/revision/refs%2Fpr%2F1%20%3F?blobs=true"


def test_the_tree_is_read_at_the_pinned_commit_when_the_info_is_not_complete() -> None:
    gets, end = converse([said(BARE_INFO), said([leaf("config.json")])])
    assert gets[1].url == f"{HUB}/api/models/org/name/tree/{COMMIT}?recursive=true"
    assert end == Listing("org/name", COMMIT, FILES, gated=True)


@pytest.mark.parametrize(
    ("link", "url"),
    [
        (f'<{HUB}/t?cursor=a,b>; rel="next"', f"{HUB}/t?cursor=a,b"),
        ('</t?cursor=x>; rel="next"', f"{HUB}/t?cursor=x"),
        ('<?cursor=x>; rel="next"', f"{HUB}/api/models/org/name/tree/{COMMIT}?cursor=x"),
    ],
)
def test_the_tree_is_read_page_by_page(link: str, url: str) -> None:
    gets, end = converse([said(BARE_INFO), said([leaf("a")], link=link), said([leaf("b")])])
    assert gets[2].url == url
    assert isinstance(end, Listing)
    assert [file.path for file in end.files] == ["a", "b"]


def test_a_commit_that_was_asked_for_is_the_one_that_is_answered() -> None:
    asked = Question("org/name", COMMIT, HUB)
    assert isinstance(converse([said(INFO)], asked)[1], Listing)
    for info in (INFO, BARE_INFO):
        message = ends_with(IntegrityError, said({**info, "sha": "d" * 40}), asked=asked)
        assert f"at commit {COMMIT} with commit {'d' * 40}" in message


# ------------------------------------------------------------------ asking again


@pytest.mark.parametrize("failure", [said(b"", 503), said(b"", 429), Silence("connection reset")])
def test_a_failure_that_may_pass_is_waited_out_five_times(failure: Heard | Silence) -> None:
    gets, end = converse([*[failure] * 5, said(INFO)])
    assert [get.after for get in gets] == [0.0, *WAITS]
    assert len({get.url for get in gets}) == 1
    assert isinstance(end, Listing)


@pytest.mark.parametrize("failure", [said(b"", 503), Silence("connection reset")])
def test_the_sixth_failure_in_a_row_is_the_last(failure: Heard | Silence) -> None:
    gets, end = converse(repeat(failure), replace(ASKED, by_branch=True))
    assert len(gets) == TRIES
    assert isinstance(end, NetworkError)
    assert "(update=False takes a complete copy" in str(end)


def test_who_asked_for_no_branch_is_not_told_to_do_without_asking() -> None:
    _, end = converse(repeat(Silence("connection reset")))
    assert "update=False" not in str(end)


def test_what_is_known_of_the_commit_is_not_asked_for_again() -> None:
    files = (FileEntry("config.json", 2, "e" * 40),)
    gets, end = converse([said(BARE_INFO)], known={COMMIT: files}.get)
    assert [get.url for get in gets] == [gets[0].url]
    assert end == Listing(ASKED.repo_id, COMMIT, files, gated=True)


def test_each_page_has_its_own_tries() -> None:
    gets, end = converse([*[Silence("reset")] * 5, said(BARE_INFO), *[said(b"", 500)] * 5, said([leaf("config.json")])])
    assert [get.after for get in gets] == [0.0, *WAITS, 0.0, *WAITS]
    assert isinstance(end, Listing)


def test_what_the_hub_asks_to_wait_is_waited() -> None:
    gets, _ = converse([said(b"", 429, wait=20.0), said(INFO)])
    assert gets[1].after == 20.0


def test_more_than_a_minute_is_not_waited_for() -> None:
    gets, end = converse([said(b"", 429, wait=300.0)])
    assert len(gets) == 1
    assert isinstance(end, NetworkError)
    assert end.retry_after == 300.0


def test_a_silence_that_another_try_cannot_mend_is_the_error_it_brings() -> None:
    error = NetworkError("The certificate does not check out.")
    assert converse([Silence("certificate", error=error)]) == (
        [Get(f"{HUB}/api/models/org/name/revision/main?blobs=true")],
        error,
    )


# ------------------------------------------------------------------ answers that end it


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (
            said(b"<html>login</html>", content_type="text/html; charset=utf-8"),
            NetworkError,
            "text/html that is no JSON",
        ),
        (said(b""), NetworkError, "a body without a type that is no JSON"),
        (said(b"\xff\xfe\x00"), NetworkError, "that is no JSON"),
        (said(b"[" * 200_000), NetworkError, "that is no JSON"),
        (said(b"1" * 5_000), NetworkError, "that is no JSON"),
        (said([]), NetworkError, "a JSON value that is no object"),
        (said(None), NetworkError, "a JSON value that is no object"),
        (said({}), IntegrityError, "its commit is None"),
        (
            said({**INFO, "siblings": [{"rfilename": "../x", "blobId": SHA1, "size": 1}]}),
            IntegrityError,
            "cannot be used",
        ),
        (said({"error": "Repository not found"}, 404, x_error_code="RepoNotFound"), ModelNotFoundError, "private"),
        (said(b"", 401, x_error_code="GatedRepo"), GatedModelError, "is gated"),
        (said({"error": "The repo is on the moon"}, 400), NetworkError, "HTTP 400 .*: The repo is on the moon"),
        (said({"error": ["x"]}, 400), NetworkError, r"HTTP 400 for org/name at 'main'\. An answer"),
        (said([], 400), NetworkError, r"HTTP 400 for org/name at 'main'\. An answer"),
        (said(b'{"error":' + b"[" * 200_000, 400), NetworkError, "HTTP 400"),
        (said({"error": "x"}, 400, x_error_message="the header wins"), NetworkError, ": the header wins"),
        (said(INFO, 206), NetworkError, "HTTP 206"),
    ],
)
def test_an_answer_that_asking_again_cannot_mend_ends_it(answer: Heard, kind: type[ModelFetchError], says: str) -> None:
    gets, end = converse([answer])
    assert len(gets) == 1
    with pytest.raises(kind, match=says):
        raise end if isinstance(end, ModelFetchError) else AssertionError(end)


@pytest.mark.parametrize(
    "link",
    [
        '<https://evil.example/t>; rel="next"',
        '<http://hub.example/t>; rel="next"',
        '<https://hub.example:444/t>; rel="next"',
        '<http://[>; rel="next"',
        '<file:///etc/passwd>; rel="next"',
        '<>; rel="next"',
    ],
)
def test_a_next_page_anywhere_else_is_never_asked_for(link: str) -> None:
    gets, end = converse([said(BARE_INFO), said([leaf("a")], link=link)])
    assert len(gets) == 2
    assert isinstance(end, NetworkError)


def test_a_repo_that_the_hub_calls_disabled_is_not_planned() -> None:
    gets, ending = converse([said(INFO | {"disabled": True})])
    assert isinstance(ending, AccessError)
    assert "org/name is disabled on https://hub.example" in str(ending)
    assert len(gets) == 1
    assert isinstance(converse([said(INFO | {"disabled": False})])[1], Listing)


def test_a_tree_without_end_ends() -> None:
    pages = (said([], link=f'</t?{number}>; rel="next"') for number in count())
    gets, end = converse(chain([said(BARE_INFO)], pages))
    assert len(gets) == 1 + MOST_PAGES
    assert f"more than {MOST_PAGES} pages" in str(end)


def test_a_tree_that_leads_back_to_itself_ends_at_once() -> None:
    gets, end = converse(chain([said(BARE_INFO)], repeat(said([], link='</t?again>; rel="next"'))))
    assert len(gets) == 3
    assert "a page whose next page was read before" in str(end)


def test_a_tree_larger_than_any_repo_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelfetch.core.planning.asking.LARGEST_TREE", 10)
    page = b"[]" + b" " * 20
    gets, end = converse([said(BARE_INFO), *(said(page, link=f'</t?{number}>; rel="next"') for number in range(3))])
    assert len(gets) == 2
    assert isinstance(end, NetworkError)


# ------------------------------------------------------------------ whatever comes

BODIES = st.sampled_from(
    [
        INFO,
        BARE_INFO,
        [leaf("a")],
        [leaf("b")],
        [],
        {},
        {"sha": COMMIT},
        {"error": "x"},
        None,
        {"sha": COMMIT, "siblings": [1]},
    ]
).map(lambda told: json.dumps(told).encode()) | st.binary(max_size=20)
HEADERS = st.dictionaries(
    st.sampled_from(["link", "x-error-code", "x-error-message", "content-type"]),
    st.sampled_from(['</t>; rel="next"', '<http://[>; rel="next"', "RepoNotFound", "GatedRepo", "text/html"])
    | st.text(max_size=9),
)
ANSWERS = st.builds(
    Heard,
    st.sampled_from([200, 200, 200, 204, 301, 401, 403, 404, 416, 429, 500, 503]),
    HEADERS,
    BODIES,
    st.none() | st.floats(0, 100),
    st.floats(0, 1),
) | st.builds(Silence, st.text(max_size=5), st.floats(0, 1), st.none() | st.just(NetworkError("certificate")))


@given(st.lists(ANSWERS, max_size=25))
def test_any_conversation_ends_in_a_listing_or_a_typed_error(answers: list[Heard | Silence]) -> None:
    gets, end = converse(chain(answers, repeat(Silence("gone"))))
    assert isinstance(end, (Listing, ModelFetchError))
    assert len(gets) <= len(answers) + TRIES
    assert all(origin(get.url) == origin(HUB) for get in gets)
    assert all(0 <= get.after <= max(LONGEST_WAIT, WAITS[-1] * (1 + JITTER)) for get in gets)
