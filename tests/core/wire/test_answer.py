"""Nothing that comes over the wire is taken on trust."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.ranges import ByteRange
from modelfetch.core.wire.answer import answered, asked_wait, entity, is_login_page, judge_body, next_page, packing
from modelfetch.core.wire.ends import Answered, Broken, Unranged

ASKED, SIZE = ByteRange(100, 200), 1_000

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
def test_a_body_in_a_coding_that_cannot_be_undone_is_not_data(status: int) -> None:
    encoded = judged(status, content_encoding="br", content_range="bytes 100-199/1000")
    assert encoded == Broken("the body came br-encoded although identity was asked for")


@pytest.mark.parametrize("coding", ["gzip", "X-GZIP", "deflate"])
def test_of_a_packed_body_the_length_says_nothing_about_the_file(coding: str) -> None:
    packed = {"content_encoding": coding, "content_length": "7"}
    assert judged(206, content_range="bytes 100-199/1000", **packed) == ASKED
    assert judged(200, asked=ByteRange(0, SIZE), **packed) == ByteRange(0, SIZE)
    assert packing({"content-encoding": coding}) == coding.lower()


def test_of_a_chunked_body_a_length_says_nothing() -> None:
    assert judged(200, asked=ByteRange(0, SIZE), content_length="7", transfer_encoding="chunked") == ByteRange(0, SIZE)


def test_a_page_for_people_is_no_file_and_the_reader_is_told() -> None:
    page = {"content_type": "text/html; charset=utf-8"}
    assert judged(200, **page) == Broken(
        "a body of 1000 bytes was expected, a web page came (a login page of the network?)"
    )
    assert judged(200, content_length="98", **page) == Broken(
        "a body of 1000 bytes was expected, 98 bytes of text/html came (a login page of the network?)"
    )


def test_a_page_of_just_the_right_length_may_be_the_file() -> None:
    assert judged(200, asked=ByteRange(0, SIZE), content_length=str(SIZE), content_type="text/html") == ByteRange(
        0, SIZE
    )


def test_a_whole_file_of_another_size_is_not_taken_for_one_without_ranges() -> None:
    assert isinstance(judged(200, content_length="999"), Broken)
    assert judged(200, content_length=f"{SIZE}, {SIZE}") == Unranged()


def test_what_a_peer_sent_is_quoted_in_part() -> None:
    for answer in (
        judged(206, content_range="x" * 60_000),
        judged(206, content_range=f"bytes 0-1/{'9' * 19}"),
        judged(200, content_length="9" * 60_000, content_type="x" * 60_000),
        judged(200, content_encoding="x" * 60_000),
    ):
        assert isinstance(answer, Broken)
        assert len(answer.message) < 200


@pytest.mark.parametrize("status", [204, 301, 304, 401, 403, 404, 416, 429, 500, 503])
def test_any_other_status_brings_no_bytes_and_says_why_itself(status: int) -> None:
    assert judged(status, x_error_code="EntryNotFound", content_encoding="gzip") is None


def test_what_the_head_says_is_taken_from_there_and_the_body_stays_unread() -> None:
    head = {"x-error-code": "EntryNotFound", "x-error-message": "Entry not found"}
    assert answered(404, head, list[str]().pop, 7.0) == Answered(404, "EntryNotFound", "Entry not found", 7.0)


def test_what_the_head_does_not_say_is_taken_from_the_body() -> None:
    assert answered(503, {}, lambda: "try later", None) == Answered(503, "", "try later")


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


@pytest.mark.parametrize("digits", ["9" * 13, "9" * 400])
def test_a_wait_of_thirty_thousand_years_is_garbage(digits: str) -> None:
    assert asked_wait({"retry-after": digits}, NOW) is None
    assert asked_wait({"ratelimit": f'"api";r=0;t={digits}'}, NOW) is None


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


# ------------------------------------------------------------------ links


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
