"""Nothing that comes over the wire is taken on trust."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.events import Answered, Broken, Unranged
from modelfetch.core.http import (
    asked_wait,
    entity,
    is_login_page,
    joined,
    judge_body,
    may_carry_token,
    next_page,
    origin,
    public_endpoint,
    redirected,
    shown,
)
from modelfetch.core.ranges import ByteRange
from modelfetch.errors import NetworkError

HUB = "https://hub.example"
ASKED, SIZE = ByteRange(100, 200), 1_000
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


@pytest.mark.parametrize(
    ("link", "wanted"),
    [
        (None, None),
        ("", None),
        ('<https://hub.example/t?cursor=x>; rel="next"', "https://hub.example/t?cursor=x"),
        ("<https://hub.example/t?cursor=x>;rel=next", "https://hub.example/t?cursor=x"),
        ('</t?cursor=x> ; title="a, b" ; REL="Next"', "/t?cursor=x"),
        ('</p>; rel="prev", </n>; rel="next", </l>; rel="last"', "/n"),
        ('</n>; rel="last next"', "/n"),
        ('</t?cursor=a,b;c>; rel="next"', "/t?cursor=a,b;c"),
        ('</x>; title="rel=next"; rel="prev"', None),
        ('</x>; rel="next-page"', None),
        ("</x>; rel=", None),
        ('</x>; rel=""', None),
        ("</x>", None),
        ('/x; rel="next"', None),
        ('<>; rel="next"', ""),
        ("<" * 60_000, None),
        ("<x>" + '"' * 60_000, None),
    ],
)
def test_the_next_page_is_found_in_a_link_header(link: str | None, wanted: str | None) -> None:
    assert next_page(link) == wanted


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


# ------------------------------------------------------------------ bodies


def judged(status: int, size: int = SIZE, asked: ByteRange = ASKED, **headers: str) -> object:
    return judge_body(status, {name.replace("_", "-"): value for name, value in headers.items()}, asked, size)


@pytest.mark.parametrize(
    "told", ["bytes 100-199/1000", " bytes 100-199/* ", "Bytes 100-199/1000", "bytes 100-199/1000\t"]
)
def test_a_ranged_answer_that_names_the_range_brings_it(told: str) -> None:
    assert judged(206, content_range=told, content_length="100") == ASKED
    assert judged(206, content_range=told) == ASKED
    assert judged(206, content_range=told, content_encoding="Identity") == ASKED


def test_a_ranged_answer_may_bring_less_than_was_asked_for() -> None:
    assert judged(206, content_range="bytes 100-149/1000", content_length="50") == ByteRange(100, 150)


@pytest.mark.parametrize(
    "told",
    [
        "bytes 101-199/1000",
        "bytes 0-199/1000",
        "bytes 100-200/1000",
        "bytes 100-99/1000",
        "bytes 100-199/999",
        "bytes 100-199/01000",
        "bytes */1000",
        "bytes 100-/1000",
        "bytes -100/1000",
        "bytes=100-199/1000",
        "bytes 100 - 199 / 1000",
        "lines 100-199/1000",
        "",
        f"bytes 100-{'9' * 5000}/*",
        f"bytes 100-199/{'9' * 5000}",
        "bytes \N{ARABIC-INDIC DIGIT ONE}-\N{ARABIC-INDIC DIGIT NINE}/*",
    ],
)
def test_a_ranged_answer_with_another_range_is_not_data(told: str) -> None:
    assert isinstance(judged(206, content_range=told), Broken)


def test_a_ranged_answer_without_its_range_is_not_data() -> None:
    assert judged(206) == Broken("a 206 answer came with Content-Range ''")


def test_a_ranged_request_answered_200_is_not_appended() -> None:
    assert judged(200, content_length="1000") == Unranged()


def test_a_request_for_the_whole_file_may_be_answered_200() -> None:
    assert judged(200, asked=ByteRange(0, SIZE), content_length="1000") == ByteRange(0, SIZE)


@pytest.mark.parametrize("length", ["99", "101", "", "x", "-100", "100.0", "9" * 5000])
def test_a_length_that_does_not_fit_is_not_data(length: str) -> None:
    assert isinstance(judged(206, content_range="bytes 100-199/1000", content_length=length), Broken)
    assert isinstance(judged(200, size=100, asked=ByteRange(0, 100), content_length=length), Broken)


@pytest.mark.parametrize("status", [200, 206])
def test_an_encoded_body_is_not_data(status: int) -> None:
    encoded = judged(status, content_encoding="gzip", content_range="bytes 100-199/1000")
    assert encoded == Broken("the body came gzip-encoded although identity was asked for")


@pytest.mark.parametrize("status", [204, 301, 304, 401, 403, 404, 416, 429, 500, 503])
def test_any_other_status_brings_no_bytes(status: int) -> None:
    answer = judged(status, x_error_code="EntryNotFound", x_error_message="Entry not found", content_encoding="gzip")
    assert answer == Answered(status, "EntryNotFound", "Entry not found")


def test_a_page_for_people_that_names_no_file_is_a_login_page() -> None:
    assert is_login_page({"content-type": "Text/HTML; charset=utf-8"})
    assert not is_login_page({"content-type": "text/html", "etag": '"x"'})
    assert not is_login_page({"content-type": "application/octet-stream"})
    assert not is_login_page({})


# ------------------------------------------------------------------ being asked to wait

NOW = 1_800_000_000.0


@pytest.mark.parametrize("told", ["120", " 120 ", formatdate(NOW + 120, usegmt=True)])
def test_retry_after_is_seconds_or_a_date(told: str) -> None:
    assert asked_wait({"retry-after": told}, NOW) == 120.0


def test_a_date_without_a_zone_is_in_utc() -> None:
    assert asked_wait({"retry-after": "Sun, 06 Nov 2044 08:49:37"}, NOW) == 2_362_034_977.0 - NOW
    assert asked_wait({"retry-after": "Sun Nov  6 08:49:37 2044"}, NOW) == 2_362_034_977.0 - NOW
    assert asked_wait({"retry-after": "Sun, 06 Nov 2044 08:49:37 -0000"}, NOW) == 2_362_034_977.0 - NOW


def test_a_date_that_is_over_asks_for_no_wait() -> None:
    assert asked_wait({"retry-after": formatdate(NOW - 120)}, NOW) == 0.0
    assert asked_wait({"retry-after": "Mon, 01 Jan 0001 00:00:00 +2359"}, NOW) == 0.0


@pytest.mark.parametrize(
    "told",
    [
        "-5",
        "1.5",
        "soon",
        "٣ hours",
        "Mon, 01 Jan 99999999999 00:00:00 GMT",
        "Mon, 99 Jan 2020 00:00:00 GMT",
        "Mon, 01 Jan 2020 00:00:00 +99999999999999999",
        "Mon, 01 Jan 2020 00:00:00 +9999",
    ],
)
def test_a_retry_after_that_is_neither_says_nothing(told: str) -> None:
    assert asked_wait({"retry-after": told}, NOW) is None


@given(st.text(max_size=40) | st.text("MonJa 0123456789:,+-GMT", max_size=35))
def test_any_retry_after_is_a_wait_or_nothing(told: str) -> None:
    wait = asked_wait({"retry-after": told}, NOW)
    assert wait is None or wait >= 0


@pytest.mark.parametrize(
    ("limit", "wait"),
    [
        ('"api";r=0;t=55', 55.0),
        ('"resolvers";r=0;t=0.5', 0.5),
        ("r=0; t=7", 7.0),
        ('"api";r=3;t=55', None),
        ('"api";r=0', None),
        ('"api";t=55', None),
        ('"api";r=01;t=5', None),
        ("", None),
    ],
)
def test_an_exhausted_rate_limit_asks_to_wait_for_its_reset(limit: str, wait: float | None) -> None:
    assert asked_wait({"ratelimit": limit}, NOW) == wait


def test_retry_after_wins_over_the_rate_limit() -> None:
    assert asked_wait({"retry-after": "2", "ratelimit": '"api";r=0;t=55'}, NOW) == 2.0


def test_without_either_header_nothing_is_asked() -> None:
    assert asked_wait({}, NOW) is None


# ------------------------------------------------------------------ ETags


@pytest.mark.parametrize(
    ("etag", "wanted"),
    [
        ('"abc"', "abc"),
        ('W/"abc"', "abc"),
        (' "abc" ', "abc"),
        ("abc", "abc"),
        ('"Wabc"', "Wabc"),
        ('""', None),
        ("", None),
        (None, None),
    ],
)
def test_an_etag_is_read_without_weak_mark_and_quotes(etag: str | None, wanted: str | None) -> None:
    assert entity(etag) == wanted
