"""Where a file is: told by the answer that names the content, and by none that a stranger may have given."""

from __future__ import annotations

import pytest

from modelfetch.core.wire.ends import Refused
from modelfetch.core.wire.located import Elsewhere, Located, Location, header_size, judge_head
from modelfetch.errors import NetworkError

HUB = "https://hub.example"
URL = f"{HUB}/org/model/resolve/main/model.bin"
CDN = "https://cdn.example/blob?sig=x"


def judged(status: int, **headers: str) -> Located | Elsewhere | Refused | None:
    return judge_head(status, {name.replace("_", "-"): value for name, value in headers.items()}, URL, HUB)


def test_an_answer_that_is_no_redirect_is_where_the_bytes_are() -> None:
    assert judged(200, etag='W/"abc"') == Located(Location(URL), "abc", None)


def test_a_redirect_that_names_the_content_leads_to_the_bytes() -> None:
    told = judged(302, location=CDN, x_linked_etag='"sha"', etag='"other"', x_linked_size="12")
    assert told == Located(Location(CDN), "sha", 12)


def test_a_redirect_within_the_endpoint_that_names_the_content_is_not_asked_on() -> None:
    assert judged(307, location="/blob", etag='"sha"') == Located(Location(f"{HUB}/blob"), "sha", None)


def test_a_renamed_repo_is_asked_under_its_new_name() -> None:
    assert judged(307, location="/org/renamed/x") == Elsewhere(f"{HUB}/org/renamed/x")


def test_a_redirect_to_somebody_else_that_names_nothing_is_where_the_bytes_are() -> None:
    assert judged(302, location=CDN) == Located(Location(CDN), None, None)


@pytest.mark.parametrize("location", ["", "file:///etc/passwd", "http://hub.example/x"])
def test_an_unsafe_redirect_is_an_error(location: str) -> None:
    with pytest.raises(NetworkError):
        judged(302, location=location)


def test_a_page_for_people_is_refused_and_named_as_one() -> None:
    told = judged(200, content_type="text/html; charset=utf-8")
    assert isinstance(told, Refused)
    assert "was answered with a web page" in str(told.error)


def test_a_page_that_is_the_file_itself_is_a_file() -> None:
    assert judged(200, content_type="text/html", etag='"abc"') == Located(Location(URL), "abc", None)


@pytest.mark.parametrize("status", [401, 404, 416, 500])
def test_of_any_other_answer_the_status_tells(status: int) -> None:
    assert judged(status, etag='"abc"', location=CDN) is None


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("12", 12), (" 12 ", 12), ("9" * 19, int("9" * 19))],
)
def test_a_size_in_a_header_is_a_number(text: str, size: int) -> None:
    assert header_size(text) == size


@pytest.mark.parametrize("text", [None, "", "-1", "1.5", "0x10", "1_000", "٣", "9" * 20, "12, 12"])
def test_what_no_file_can_have_is_no_size(text: str | None) -> None:
    assert header_size(text) is None
