"""Requests, redirects and tokens go only where they may, and no message shows what is secret in an address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.wire.url import joined, may_carry_token, origin, public_endpoint, redirected, shown
from modelfetch.errors import NetworkError

HUB = "https://hub.example"
NOT_ADDRESSES = (
    "",
    "hub.example",
    "localhost:8080",
    "//hub.example/x",
    "file:///etc/passwd",
    "ftp://hub.example/x",
    "http://",
    "http:hub.example",
    "http://[",
    "http://[::1",
    "http://[zz]/",
    "http://hub.example:99999/",
    "http://hub.example:-1/",
    "http://hub.example:http/",
    "http://hub.example/a b",
    "http://hub.example/é",
    "http://hub.example/\r\nX-Evil: 1",
)

# ------------------------------------------------------------------ origins and tokens


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://hub.example", ("https", "hub.example", 443)),
        ("http://hub.example/x?y#z", ("http", "hub.example", 80)),
        ("HTTPS://HUB.Example:443/", ("https", "hub.example", 443)),
        ("http://hub.example:8080", ("http", "hub.example", 8080)),
        ("http://user:secret@hub.example", ("http", "hub.example", 80)),
        ("http://[::1]:9000/x", ("http", "::1", 9000)),
        ("https://[2001:DB8::1]", ("https", "2001:db8::1", 443)),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, wanted: tuple[str, str, int]) -> None:
    assert origin(url) == wanted


@pytest.mark.parametrize("url", NOT_ADDRESSES)
def test_what_is_no_http_address_is_never_asked(url: str) -> None:
    with pytest.raises(NetworkError, match="is no address to ask"):
        origin(url)


@given(st.text(max_size=30) | st.text("http:/[]@.%#?0aé\\", max_size=20).map("http://".__add__))
def test_any_text_is_an_origin_or_a_network_error(url: str) -> None:
    try:
        scheme, host, port = origin(url)
    except NetworkError:
        return
    assert scheme in {"http", "https"}
    assert host
    assert 0 < port < 65_536


@pytest.mark.parametrize("url", ["https://hub.example/a", "https://HUB.example:443/a", "https://x@hub.example/"])
def test_a_token_goes_to_the_endpoint(url: str) -> None:
    assert may_carry_token(url, HUB)


@pytest.mark.parametrize(
    "url",
    [
        "http://hub.example/",
        "https://hub.example:8443/",
        "https://cdn.hub.example/",
        "https://hub.example.evil/",
        "https://hub.example@evil/",
        "https://evil/hub.example",
        "https://hub.example./",
        "https://evil#@hub.example/",
        "https://evil\\@hub.example.org/",
    ],
)
def test_a_token_goes_nowhere_else(url: str) -> None:
    assert not may_carry_token(url, HUB)


# ------------------------------------------------------------------ redirects and links


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://cdn.example/f?sig=1%2F2", "https://cdn.example/f?sig=1%2F2"),
        ("/api/resolve-cache/x", "https://hub.example/api/resolve-cache/x"),
        ("b", "https://hub.example/a/b"),
        ("//cdn.example/f", "https://cdn.example/f"),
        ("HTTPS://CDN.example:444/f", "https://CDN.example:444/f"),
        ("  /padded\t", "https://hub.example/padded"),
        ("/with space", "https://hub.example/with%20space"),
        ("/caf\xc3\xa9/\xc3\xa0", "https://hub.example/caf%C3%A9/%C3%A0"),
        ("/日", "https://hub.example/%3F"),
        ("/a\r\nSet-Cookie: x", "https://hub.example/a%0D%0ASet-Cookie:%20x"),
        ("?page=2", "https://hub.example/a/f?page=2"),
    ],
)
def test_a_redirect_that_keeps_the_scheme_is_followed(location: str, target: str) -> None:
    assert redirected("https://hub.example/a/f?old=1", location) == target


@pytest.mark.parametrize(
    ("location", "why"),
    [
        (None, "says not where to"),
        ("", "says not where to"),
        ("http://hub.example/x", "leads from https to http"),
        ("file:///etc/passwd", "no http or https address"),
        ("ftp://hub.example/x", "no http or https address"),
        ("data:text/plain,x", "no http or https address"),
        ("javascript:alert(1)", "no http or https address"),
        ("http://[", "no http or https address"),
        ("https://hub.example:99999/", "no http or https address"),
    ],
)
def test_an_unsafe_redirect_is_refused(location: str | None, why: str) -> None:
    with pytest.raises(NetworkError, match=f"redirect from https://hub.example/a was refused: .*{why}"):
        redirected("https://hub.example/a?token=SECRET", location)


def test_a_redirect_does_not_even_raise_http_to_https() -> None:
    with pytest.raises(NetworkError, match="leads from http to https"):
        redirected("http://hub.example/a", "https://hub.example/a")


@given(st.text(max_size=20) | st.text("htps:/[]@.%#?0a\xe9 \\", max_size=20))
def test_any_location_is_an_address_of_the_same_scheme_or_refused(location: str) -> None:
    try:
        target = redirected("https://hub.example/a", location)
    except NetworkError:
        return
    assert origin(target)[0] == "https"


@given(st.text(max_size=20) | st.text("htps:/[]@.%#?0a\xe9 \\", max_size=20))
def test_any_link_is_an_address_or_refused(reference: str) -> None:
    try:
        target = joined("http://hub.example/a", reference)
    except NetworkError:
        return
    assert origin(target)
    assert target.isascii()


# ------------------------------------------------------------------ what is shown


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://user:SECRET@hub.example/a?sig=SECRET#SECRET", "https://hub.example/a"),
        ("https://hub.example/a@b?sig=SECRET", "https://hub.example/a@b"),
        ("https://hub.example", "https://hub.example"),
        ("//a:SECRET@b:SECRET@hub.example/x", "//hub.example/x"),
        ("http://SECRET@[", "http://["),
        ("/path//not@host", "/path//not@host"),
    ],
)
def test_an_address_is_shown_without_credentials_and_signature(url: str, wanted: str) -> None:
    assert shown(url) == wanted


@given(st.text(max_size=30) | st.text("htp:/@?#a", max_size=20))
def test_what_is_shown_once_is_shown_the_same_again(url: str) -> None:
    assert public_endpoint(public_endpoint(url)) == public_endpoint(url)


def test_an_endpoint_is_shown_without_a_slash_at_its_end() -> None:
    assert public_endpoint("https://me:SECRET@hub.example/mirror//") == "https://hub.example/mirror"


def test_what_is_shown_is_short() -> None:
    assert len(shown("http://hub.example/" + "x" * 60_000)) == 200
