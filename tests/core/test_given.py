"""What a caller gives comes back plain, or is told in one sentence that says what to do."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch.core.given import FUNCTION, Expected, amount, count, number, of, or_else, or_none, switch, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelfetch.core.given import Reader

SPEC = mf.ModelSpec("tiny", "org/tiny")
FACTS = mf.MachineFacts(total_memory=8)


@pytest.mark.parametrize(
    ("read", "given", "plain"),
    [
        (count(1), 4.0, 4),
        (count(0), 0, 0),
        (number(lambda share: share < 1), Fraction(1, 2), 0.5),
        (switch, 1, True),
        (words, "one", ("one",)),
        (words, (word for word in ("a", "b")), ("a", "b")),
        (or_none(of(str)), None, None),
        (or_else(words, ()), None, ()),
        (or_else(words, ()), "a", ("a",)),
        (amount, 1.2, 2),
        (amount, 2**60 + 1, 2**60 + 1),
        (of(int, str), "x", "x"),
    ],
)
def test_what_is_right_comes_back_plain(read: Reader, given: object, plain: object) -> None:
    got = Expected(read, "That", "pass that").checked("it", given)
    assert (got, type(got)) == (plain, type(plain))


@pytest.mark.parametrize(
    ("read", "given", "error"),
    [
        (count(1), 0, ValueError),
        (count(1), 1.5, ValueError),
        (count(1), float("nan"), ValueError),
        (count(1), True, TypeError),
        (count(1), "1", TypeError),
        (number(lambda share: share < 1), 10**400, ValueError),
        (amount, -0.5, ValueError),
        (amount, float("inf"), ValueError),
        (amount, float("nan"), ValueError),
        (switch, "yes", TypeError),
        (words, 3, TypeError),
        (words, ["a", 3], TypeError),
        (of(str), b"a", TypeError),
    ],
)
def test_what_is_wrong_is_told_by_its_type_or_its_value(read: Reader, given: object, error: type[Exception]) -> None:
    what = "is of the type" if error is TypeError else "cannot be used"
    with pytest.raises(error, match=rf"^it=.* {what}.*\. That was expected\. Nothing was done; pass that\.$"):
        Expected(read, "That", "pass that").checked("it", given)


def test_a_secret_is_not_told() -> None:
    with pytest.raises(TypeError, match=r"^token is of the type bytes\. ") as caught:
        Expected(of(str), "A text", "pass a text", is_secret=True).checked("token", b"hf_secret")
    assert "secret" not in str(caught.value)


BAD: dict[str, tuple[Callable[[Any], object], Any, type[Exception], str]] = {
    "a spec's name": (lambda bad: mf.ModelSpec(bad, "org/x"), 3, TypeError, "name=3"),
    "a spec's repo": (lambda bad: mf.ModelSpec("x", bad), None, TypeError, "repo_id=None"),
    "a spec's words": (lambda bad: mf.ModelSpec("x", "org/x", capabilities=bad), 3, TypeError, "capabilities=3"),
    "a spec's size": (lambda bad: mf.ModelSpec("x", "org/x", size_bytes=bad), -5, ValueError, "size_bytes=-5"),
    "a spec's memory": (lambda bad: mf.ModelSpec("x", "org/x", min_ram_bytes=bad), "4 GB", TypeError, "min_ram_bytes="),
    "a spec's patterns": (
        lambda bad: mf.ModelSpec("x", "org/x", allow_patterns=bad),
        [3],
        TypeError,
        "allow_patterns=",
    ),
    "a catalog's spec": (lambda bad: mf.Catalog([bad]), 3, TypeError, "spec=3"),
    "a catalog's specs": (mf.Catalog, 3, TypeError, "specs=3"),
    "one more spec": (lambda bad: mf.Catalog().with_spec(bad), "tiny", TypeError, "spec='tiny'"),
    "a machine's memory": (lambda bad: mf.MachineFacts(total_memory=bad), -1, ValueError, "total_memory=-1"),
    "an estimate": (lambda bad: mf.MemoryEstimate(bad, 1, "so"), None, TypeError, "peak=None"),
    "who is judged": (lambda bad: mf.judge_fit(bad, FACTS), "tiny", TypeError, "spec='tiny'"),
    "for which machine": (lambda bad: mf.judge_fit(SPEC, bad), None, TypeError, "machine=None"),
    "by which estimate": (lambda bad: mf.judge_fit(SPEC, FACTS, estimate=bad), 3, TypeError, "estimate=3"),
    "how much is left": (lambda bad: mf.judge_fit(SPEC, FACTS, remaining=bad), -1, ValueError, "remaining=-1"),
    "how much beyond": (
        lambda bad: mf.judge_fit(SPEC, FACTS, storage_headroom=bad),
        -1,
        ValueError,
        "storage_headroom=",
    ),
    "what to choose from": (lambda bad: mf.choose_variant(bad, FACTS), 3, TypeError, "specs=3"),
    "one to choose": (lambda bad: mf.choose_variant([bad], FACTS), "tiny", TypeError, "spec='tiny'"),
    "what estimates": (lambda bad: mf.choose_variant([], FACTS, estimate=bad), 3, TypeError, "estimate=3"),
    "a card's spec": (lambda bad: mf.model_card(bad, mf.NotDownloaded()), "tiny", TypeError, "spec='tiny'"),
    "a card's state": (lambda bad: mf.model_card(SPEC, bad), mf.ModelStatus.PARTIAL, TypeError, "state="),
    "a card's fit": (lambda bad: mf.model_card(SPEC, mf.NotDownloaded(), fit=bad), mf.Verdict.FITS, TypeError, "fit="),
    "a card's progress": (lambda bad: mf.progress_card(bad, "x"), 0.5, TypeError, "progress=0.5"),
    "a card's title": (lambda bad: mf.progress_card(mf.DownloadProgress(), bad), SPEC, TypeError, "title="),
}


@pytest.mark.parametrize("what", BAD)
def test_every_function_and_value_says_what_it_expected(what: str) -> None:
    call, given, error, shown = BAD[what]
    with pytest.raises(error) as caught:
        call(given)
    assert str(caught.value).startswith(shown)
    assert " was expected. Nothing was done; " in str(caught.value)


def test_an_error_of_the_callers_own_is_not_taken_for_a_wrong_argument() -> None:
    def specs() -> Any:
        yield SPEC
        message = "mine"
        raise ValueError(message)

    with pytest.raises(ValueError, match=r"^mine$"):
        mf.Catalog(specs())
    with pytest.raises(ValueError, match=r"^mine$"):
        mf.choose_variant(specs(), FACTS)


def test_what_is_no_mapping_cannot_be_put_beside_a_catalog() -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        mf.Catalog() | [SPEC]  # type: ignore[operator]  # that is the test


def test_a_function_is_what_can_be_called() -> None:
    assert FUNCTION.checked("fn", print) is print
