"""Each refusal of a Hub becomes the one error that says what to do next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelfetch.core.wire.ends import Answered
from modelfetch.core.wire.refusal import Question, is_transient, refusal
from modelfetch.errors import (
    AccessError,
    AuthenticationError,
    GatedModelError,
    ModelFetchError,
    ModelNotFoundError,
    NetworkError,
    PlanDriftError,
)

COMMIT = "c" * 40
PLANNING = Question("org/name", "main", "https://hub.example", by_branch=True)
FETCHING = Question("org/name", COMMIT, "https://hub.example", path="model.bin")
WITH_TOKEN = Question("org/name", "main", "https://hub.example", with_token=True)

BAD_TOKEN = "Invalid credentials in Authorization header"
DISABLED = "Access to this resource is disabled."

CASES = [
    ("missing, or private", PLANNING, Answered(401, "RepoNotFound"), ModelNotFoundError, "it is private"),
    ("missing, with a token", WITH_TOKEN, Answered(404, "RepoNotFound"), ModelNotFoundError, "with the token that was"),
    ("missing, without a code", PLANNING, Answered(404), ModelNotFoundError, "does not exist"),
    ("bad revision", PLANNING, Answered(404, "RevisionNotFound"), ModelNotFoundError, "has no revision 'main'"),
    ("gated, anonymous", PLANNING, Answered(401, "GatedRepo"), GatedModelError, "then log in"),
    ("gated, not on the list", WITH_TOKEN, Answered(403, "GatedRepo"), GatedModelError, "account of this token"),
    ("gated, a planned file", FETCHING, Answered(403, "GatedRepo"), GatedModelError, "https://hub.example/org/name"),
    ("bad token", WITH_TOKEN, Answered(401, "", BAD_TOKEN), AuthenticationError, "wrong or expired"),
    ("bad token, another status", WITH_TOKEN, Answered(400, "", BAD_TOKEN), AuthenticationError, "wrong or expired"),
    ("login needed", PLANNING, Answered(401), AuthenticationError, "none was sent"),
    ("disabled", PLANNING, Answered(403, "", DISABLED), AccessError, "is disabled"),
    ("disabled, a planned file", FETCHING, Answered(404, "EntryNotFound", DISABLED), AccessError, "is disabled"),
    ("forbidden", FETCHING, Answered(403, "", "IP blocked."), AccessError, r"It said: IP blocked\. A readable file"),
    ("forbidden, planning", PLANNING, Answered(403), AccessError, "A readable repo was expected. Nothing was fetched"),
    ("forbidden, silently", FETCHING, Answered(403), AccessError, r"\(HTTP 403\). A readable"),
    ("file gone", FETCHING, Answered(404, "EntryNotFound"), PlanDriftError, r"\(EntryNotFound\)"),
    ("file gone from a CDN", FETCHING, Answered(404), PlanDriftError, f"at commit {COMMIT}. The planned"),
    ("commit gone", FETCHING, Answered(404, "RevisionNotFound"), PlanDriftError, "no longer offered"),
    ("repo gone", FETCHING, Answered(401, "RepoNotFound"), PlanDriftError, "deleted, or made private"),
    ("range refused", FETCHING, Answered(416), NetworkError, "HTTP 416.*check the endpoint"),
    ("no content", PLANNING, Answered(204), NetworkError, "HTTP 204.*check the endpoint"),
    ("overloaded", FETCHING, Answered(503, "", "try later"), NetworkError, "HTTP 503.*: try later.*try again later"),
    ("overloaded, planning", PLANNING, Answered(503), NetworkError, "try again later .*update=False"),
    ("limited", PLANNING, Answered(429, wait=30.0), NetworkError, "try again later"),
    (
        "limited for long",
        PLANNING,
        Answered(429, wait=3_600.0),
        NetworkError,
        "the server asks to wait 1 h 0 min: try again after that",
    ),
]


REFUSALS = [
    Answered(401),
    Answered(401, "", BAD_TOKEN),
    Answered(401, "GatedRepo"),
    Answered(403),
    Answered(403, "RevisionNotFound"),
    Answered(416),
]


@pytest.mark.parametrize("with_token", [False, True])
@pytest.mark.parametrize("answer", REFUSALS)
def test_in_the_middle_of_a_download_what_was_fetched_is_kept(answer: Answered, *, with_token: bool) -> None:
    told = str(refusal(answer, replace(FETCHING, with_token=with_token)))
    assert "What was already fetched is kept; " in told
    assert "Nothing was fetched" not in told
    assert "Nothing was fetched" in str(refusal(answer, replace(PLANNING, with_token=with_token)))


@pytest.mark.parametrize(
    ("with_token", "advice"),
    [
        (True, "log in again (`hf auth login`), set HF_TOKEN, or pass token=False for public models."),
        (False, "log in (`hf auth login`), set HF_TOKEN, or pass token=..."),
    ],
)
def test_who_sent_no_token_is_not_told_to_send_none(*, with_token: bool, advice: str) -> None:
    assert str(refusal(Answered(401), replace(PLANNING, with_token=with_token))).endswith(advice)


@pytest.mark.parametrize(
    ("asked", "answer", "kind", "says"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_each_answer_has_its_error(asked: Question, answer: Answered, kind: type[ModelFetchError], says: str) -> None:
    with pytest.raises(kind, match=says) as caught:
        raise refusal(answer, asked)
    assert type(caught.value) is kind


def test_an_error_carries_what_it_is_about() -> None:
    drift = refusal(Answered(404, "EntryNotFound"), FETCHING)
    assert isinstance(drift, PlanDriftError)
    assert (drift.repo_id, drift.path) == ("org/name", "model.bin")
    missing = refusal(Answered(404, "RevisionNotFound"), PLANNING)
    assert isinstance(missing, ModelNotFoundError)
    assert (missing.repo_id, missing.revision) == ("org/name", "main")
    limited = refusal(Answered(429, wait=90.0), FETCHING)
    assert isinstance(limited, NetworkError)
    assert limited.retry_after == 90.0


def test_a_long_answer_is_quoted_in_part() -> None:
    for status in (403, 500):
        assert len(str(refusal(Answered(status, "", "x" * 100_000), FETCHING))) < 600


@pytest.mark.parametrize(("status", "transient"), [(408, True), (429, True), (503, True), (404, False), (416, False)])
def test_only_what_another_try_may_mend_is_transient(status: int, transient: bool) -> None:  # noqa: FBT001 - a table's column
    assert is_transient(Answered(status)) is transient


def test_a_question_forgets_the_credentials_of_its_endpoint_at_once() -> None:
    asked = Question("org/name", "main", "https://me:SECRET@hub.example/mirror/?key=SECRET")
    assert asked.endpoint == "https://hub.example/mirror"
    assert "SECRET" not in repr(asked) + str(refusal(Answered(500), asked))


def test_a_question_names_a_file_where_there_is_one() -> None:
    assert FETCHING.subject == "org/name/model.bin"
    assert PLANNING.subject == "org/name at 'main'"


@pytest.mark.parametrize(
    "echo",
    [
        "GET /x?X-Amz-Signature=SECRET failed",
        "https://me:SECRET@cdn.example/x",
        "you sent Authorization: Bearer SECRET",
        "your token is hf_SECRET",
        "X-Amz-Credential=SECRET",
        "signature: SECRET",
        "<Error><StringToSign>SECRET</StringToSign></Error>",
        "<Error><Message>Denied</Message><StringToSign>SECRET</StringToSign></Error>",
        "<Error><Message>Denied: https://cdn.example/x?Signature=SECRET</Message></Error>",
        "<html>SECRET</html>",
        "<html><Message>SECRET</Message></html>",
    ],
)
@pytest.mark.parametrize("status", [403, 400, 503])
def test_what_a_server_echoes_of_a_request_is_not_repeated(status: int, echo: str) -> None:
    assert "SECRET" not in str(refusal(Answered(status, "", echo), FETCHING))


def test_why_a_storage_refused_is_repeated() -> None:
    xml = '<?xml version="1.0"?>\n<Error>\n<Code>AccessDenied</Code><Message>This address is not allowed</Message></Error>'
    told = str(refusal(Answered(403, "", xml), FETCHING))
    assert "It said: This address is not allowed." in told
    assert "AccessDenied" not in told


@pytest.mark.parametrize("status", [403, 400])
def test_what_a_server_says_for_people_is_repeated(status: int) -> None:
    said = "This repo is closed for maintenance until noon. " + "x" * 1000
    told = str(refusal(Answered(status, "", said), FETCHING))
    assert said[:300] in told
    assert said[:302] not in told
