"""A switch, a token or an endpoint that cannot be meant is refused, and no refusal repeats a secret."""

from __future__ import annotations

import pytest

from modelfetch.core.wire.settings import checked_endpoint, checked_token, is_true
from modelfetch.errors import AuthenticationError, NetworkError


@pytest.mark.parametrize("value", ["1", "on", "ON", "Yes", "true", "TRUE"])
def test_what_huggingface_hub_takes_for_true_is_true(value: str) -> None:
    assert is_true(value)


@pytest.mark.parametrize("value", [None, "", "0", "off", "no", "false", "y", " 1"])
def test_anything_else_switches_nothing_on(value: str | None) -> None:
    assert not is_true(value)


@pytest.mark.parametrize(
    ("text", "token"), [("hf_abc", "hf_abc"), (" hf_abc\n", "hf_abc"), ("", None), (" \n", None), ("!~", "!~")]
)
def test_a_token_is_what_is_left_without_the_space_around_it(text: str, token: str | None) -> None:
    assert checked_token(text, "the token argument") == token


@pytest.mark.parametrize("text", ["hf_SECRET x", "hf_SECRET\r\nX: y", "hf_SECRET\0", "hf_SECRET\x7f", "hf_SECRETé"])
def test_a_token_that_no_header_takes_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(AuthenticationError, match="What the token argument holds cannot be a token") as caught:
        checked_token(text, "the token argument")
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "endpoint"),
    [
        ("https://hub.example", "https://hub.example"),
        ("http://hub.example:8080/mirror//", "http://hub.example:8080/mirror"),
        ("http://[::1]:80/", "http://[::1]:80"),
    ],
)
def test_an_endpoint_has_no_slash_at_its_end(address: str, endpoint: str) -> None:
    assert checked_endpoint(address) == endpoint


@pytest.mark.parametrize(
    "address",
    ["https://me:SECRET@hub.example", "https://hub.example?sig=SECRET", "https://hub.example#SECRET", "https://a\\b"],
)
def test_an_endpoint_with_a_part_that_none_may_have_is_refused_and_the_secret_is_not_shown(address: str) -> None:
    with pytest.raises(NetworkError, match="has a part that none may have") as caught:
        checked_endpoint(address)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("address", ["", "/", "hub.example", "file:///etc", "ftp://hub.example", "https://"])
def test_what_is_no_http_address_is_no_endpoint(address: str) -> None:
    with pytest.raises(NetworkError):
        checked_endpoint(address)
