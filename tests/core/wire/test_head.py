"""The head of an answer is believed when it is whole and plain, and refused, within bounds, when it is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfetch.core.wire.head import (
    LARGEST_HEAD,
    MOST_HEADERS,
    Chunked,
    GarbledAnswerError,
    Head,
    Sized,
    UntilClose,
    chunk_size,
    framing,
    head_end,
    parse_head,
)

OK = b"HTTP/1.1 200 OK\r\n"


def head(*lines: str, status: int = 200, version: int = 1) -> Head:
    return parse_head("\r\n".join((f"HTTP/1.{version} {status} X", *lines, "", "")).encode("latin-1"))


# ------------------------------------------------------------------ where it ends


@pytest.mark.parametrize("end", [b"\r\n\r\n", b"\n\n", b"\n\r\n", b"\r\n\n"])
def test_a_head_ends_with_its_first_empty_line(end: bytes) -> None:
    data = b"HTTP/1.1 200 OK\r\nA: b" + end
    assert head_end(data + b"body\r\n\r\n", 0) == len(data)


def test_a_head_is_not_complete_before_its_empty_line() -> None:
    data = OK + b"A: b\r\n\r\n"
    assert [head_end(data[:size], max(0, size - 1)) for size in range(1, len(data) + 1)] == [0] * (len(data) - 1) + [
        len(data)
    ]
    assert head_end(b"", 0) == 0


def test_what_does_not_begin_like_an_answer_is_refused_at_its_first_byte() -> None:
    with pytest.raises(GarbledAnswerError, match="it began with '<', which is no HTTP/1 answer"):
        head_end(b"<", 0)


@pytest.mark.parametrize("tail", [b"", b"\r\n\r\n"])
def test_a_head_beyond_any_hubs_is_refused(tail: bytes) -> None:
    with pytest.raises(GarbledAnswerError, match="longer than 64 KiB"):
        head_end(OK + b"x" * LARGEST_HEAD + tail, 0)


# ------------------------------------------------------------------ what it says


def test_a_head_is_a_status_and_headers_in_lower_case() -> None:
    told = parse_head(OK + b"Content-Length:  5 \r\nX-Caf\xe9:\tbon\n\r\n")
    assert told == Head(200, {"content-length": "5", "x-café": "bon"}, 1)
    assert parse_head(b"HTTP/1.0 404\r\n\r\n") == Head(404, {}, 0)
    assert parse_head(b"HTTP/1.1 200 \r\n\r\n") == Head(200, {})


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 -20 OK\r\n\r\n",
        b"HTTP/1.1 200OK\r\n\r\n",
    ],
)
def test_what_is_no_status_line_is_refused_and_quoted_in_part(data: bytes) -> None:
    for more in (b"", b"x" * 60_000):
        with pytest.raises(GarbledAnswerError, match="which is no HTTP/1 answer") as caught:
            parse_head(data.replace(b"\r\n\r\n", more + b"\r\n\r\n"))
        assert len(str(caught.value)) < 200


def test_a_line_without_a_colon_is_passed_over() -> None:
    assert head("A: 1", "nonsense", " folded", "B: 2").headers == {"a": "1", "b": "2"}


def test_of_a_header_that_came_twice_the_first_counts_but_lists_are_joined() -> None:
    assert head("ETag: 1", "ETag: 2", "Link: </a>", "LINK: </b>").headers == {"etag": "1", "link": "</a>, </b>"}


def test_as_many_headers_as_no_hub_sends_are_refused() -> None:
    assert len(head(*(f"X-{number}: y" for number in range(MOST_HEADERS))).headers) == MOST_HEADERS
    with pytest.raises(GarbledAnswerError, match="more than 100 headers"):
        head(*["X: y"] * (MOST_HEADERS + 1))


@pytest.mark.parametrize(("status", "interim"), [(100, True), (103, True), (101, False), (200, False), (304, False)])
def test_interim_answers_are_those_before_the_one_that_counts(status: int, interim: bool) -> None:  # noqa: FBT001 - a table's column
    assert head(status=status).is_interim is interim


@pytest.mark.parametrize(
    ("lines", "version", "kept"),
    [
        ((), 1, True),
        (("Connection: close",), 1, False),
        (("Connection: x, Close",), 1, False),
        ((), 0, False),
        (("Connection: keep-alive",), 0, True),
        (("Content-Length: 5", "Transfer-Encoding: chunked"), 1, False),
    ],
)
def test_a_connection_is_kept_when_the_peer_means_to_and_the_end_is_plain(
    lines: tuple[str, ...],
    version: int,
    kept: bool,  # noqa: FBT001 - a table's column
) -> None:
    assert head(*lines, version=version).keeps_alive is kept


# ------------------------------------------------------------------ how long the body is


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("Content-Length: 5",), Sized(5)),
        (("Content-Length: 5, 5",), Sized(5)),
        (("Content-Length: 5", "Content-Length: 5"), Sized(5)),
        (("Transfer-Encoding: Chunked",), Chunked()),
        (("Transfer-Encoding: chunked", "Content-Length: 5"), Chunked()),
        ((), UntilClose()),
    ],
)
def test_a_body_is_as_long_as_the_head_says(lines: tuple[str, ...], expected: object) -> None:
    assert framing(head(*lines), "GET") == expected


@pytest.mark.parametrize("status", [204, 304])
def test_some_answers_have_no_body_whatever_they_say(status: int) -> None:
    assert framing(head("Content-Length: -5", status=status), "GET") == Sized(0)
    assert framing(head("Transfer-Encoding: nonsense"), "HEAD") == Sized(0)


@pytest.mark.parametrize(
    "line",
    [
        *(
            f"Content-Length: {told}"
            for told in ("-5", "+5", "", "5 5", "5, 7", "1_0", "0x5", "ten", "\xb2", "9" * 19, "9" * 5_000)
        ),
        *(f"Transfer-Encoding: {told}" for told in ("gzip, chunked", "identity", "chunked, chunked", "x" * 5_000, "")),
    ],
)
def test_a_length_that_cannot_be_relied_on_is_refused_and_quoted_in_part(line: str) -> None:
    with pytest.raises(GarbledAnswerError, match=r"its (Content-Length|Transfer-Encoding) is") as caught:
        framing(head(line), "GET")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(("line", "size"), [(b"5\r\n", 5), (b"fF\n", 255), (b"0\r\n", 0), (b'1a ;ext="x"\r\n', 26)])
def test_a_chunk_begins_with_its_size(line: bytes, size: int) -> None:
    assert chunk_size(line) == size


@pytest.mark.parametrize(
    "line", [b"\r\n", b"-5\r\n", b"+5\r\n", b"0x5\r\n", b"1_0\r\n", b"zz\r\n", b"5", b"f" * 16 + b"\r\n", b"5 6\r\n"]
)
def test_a_chunk_without_a_size_is_refused(line: bytes) -> None:
    with pytest.raises(GarbledAnswerError, match="which is no size"):
        chunk_size(line)


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda more: OK + more + b"\r\n\r\n"))
def test_whatever_comes_is_a_head_or_garbled(data: bytes) -> None:
    try:
        end = head_end(data, 0)
        told = parse_head(data[:end])
        framing(told, "GET")
    except GarbledAnswerError as error:
        assert len(str(error)) < 400  # noqa: PT017 - it need not be raised at all
    else:
        assert 0 < end <= len(data)
        assert 0 <= told.status <= 999
