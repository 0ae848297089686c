"""A plan that names somebody else's endpoint does not get the user's usual token there."""

from __future__ import annotations

import pytest

from modelfetch.core.wire.tokens import allowed_token, asked_endpoint
from modelfetch.errors import NetworkError

USUAL = "https://hub.example"
FOREIGN = "https://hub.example.evil"


@pytest.mark.parametrize("token", [None, True])
@pytest.mark.parametrize(
    "endpoint", [FOREIGN, "http://hub.example", "https://hub.example:8443", "https://hub.example@evil"]
)
def test_the_usual_token_goes_to_no_other_origin(endpoint: str, *, token: bool | None) -> None:
    assert allowed_token(endpoint, USUAL, requested=token) is False


@pytest.mark.parametrize("token", [None, True, False])
@pytest.mark.parametrize("endpoint", [USUAL, "https://HUB.example:443", "https://hub.example/mirror"])
def test_the_usual_origin_gets_what_the_call_says_however_it_is_written(endpoint: str, *, token: bool | None) -> None:
    assert allowed_token(endpoint, USUAL, requested=token) is token


@pytest.mark.parametrize("endpoint", [USUAL, FOREIGN])
def test_a_token_that_the_call_gives_goes_where_the_call_goes(endpoint: str) -> None:
    assert allowed_token(endpoint, USUAL, requested="hf_given") == "hf_given"


def test_no_token_goes_nowhere() -> None:
    assert allowed_token(FOREIGN, USUAL, requested=False) is False


def test_what_is_no_address_is_shown_no_token() -> None:
    with pytest.raises(NetworkError):
        allowed_token("file:///etc/passwd", USUAL, requested=None)


def test_a_plan_is_carried_out_where_it_was_made_unless_the_call_names_another_endpoint() -> None:
    assert asked_endpoint(FOREIGN, USUAL, None) == FOREIGN
    assert asked_endpoint(FOREIGN, USUAL, USUAL) == USUAL


def test_an_empty_endpoint_is_none_and_does_not_make_a_foreign_one_the_users_own() -> None:
    endpoint = asked_endpoint(FOREIGN, USUAL, "")

    assert endpoint == FOREIGN
    assert allowed_token(endpoint, USUAL, requested=None) is False
