"""The errors are one tree, are built of a message and data, and cannot drive the terminal that shows them."""

from __future__ import annotations

import pickle

import pytest

from modelfetch import errors
from modelfetch.core.transfer.progress import DownloadProgress, DownloadStatus
from modelfetch.errors import (
    AccessError,
    AuthenticationError,
    BackendError,
    CacheError,
    DownloadCancelled,
    DownloadInProgressError,
    GatedModelError,
    InsufficientMemoryError,
    InsufficientStorageError,
    IntegrityError,
    ModelFetchError,
    ModelNotFoundError,
    NetworkError,
    NotCachedError,
    PlanDriftError,
    UnsafeFilesError,
)

EXAMPLES: tuple[Exception, ...] = (
    ModelFetchError("m"),
    ModelNotFoundError("m", repo_id="org/name", revision="v1"),
    AccessError("m", repo_id="org/name"),
    AuthenticationError("m", repo_id="org/name"),
    GatedModelError("m", repo_id="org/name"),
    NetworkError("m", retry_after=2.5, bytes_kept=7),
    InsufficientStorageError("m", required=2, available=1),
    InsufficientMemoryError("m", required=2, available=1),
    IntegrityError("m", path="a", expected="b", actual="c"),
    UnsafeFilesError("m", files=("a.pkl", "b.py"), repo_id="org/name"),
    PlanDriftError("m", repo_id="org/name", path="a"),
    NotCachedError("m", missing=("a", "b")),
    DownloadInProgressError("m", model="large-v3"),
    CacheError("m", path="/cache"),
    BackendError("m", backend="mlx"),
    DownloadCancelled("m", progress=DownloadProgress(DownloadStatus.CANCELLED, 3, 9)),
)
NAMES = [type(error).__name__ for error in EXAMPLES]


def test_every_error_of_the_module_is_shown_here() -> None:
    public = {
        name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)
    } - {"_Carrier"}
    assert public == set(NAMES)


@pytest.mark.parametrize("error", EXAMPLES, ids=NAMES)
def test_a_cancel_is_no_failure_and_all_else_has_one_root(error: Exception) -> None:
    assert isinstance(error, ModelFetchError) == (type(error) is not DownloadCancelled)


def test_what_asks_for_access_can_be_caught_together() -> None:
    assert issubclass(AuthenticationError, AccessError)
    assert issubclass(GatedModelError, AccessError)
    assert not issubclass(ModelNotFoundError, AccessError)


class HostError(NetworkError):
    """A host's own, built of other arguments than ours."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"{host}:{port} is gone", bytes_kept=5)
        self.host = host


def test_an_error_derived_by_a_host_pickles_as_well() -> None:
    again = pickle.loads(pickle.dumps(HostError("hub", 80)))
    assert type(again) is HostError
    assert (str(again), again.host, again.bytes_kept, again.retry_after) == ("hub:80 is gone", "hub", 5, None)


@pytest.mark.parametrize("error", EXAMPLES, ids=NAMES)
def test_an_error_needs_no_more_than_its_message(error: Exception) -> None:
    bare = type(error)("what happened")
    assert str(bare) == "what happened"
    assert all(value in {None, 0, (), "what happened"} for value in vars(bare).values())


def test_files_are_kept_as_a_tuple() -> None:
    assert NotCachedError("m", missing=iter(["a", "b"])).missing == ("a", "b")
    assert UnsafeFilesError("m", files=iter(["a", "b"])).files == ("a", "b")


@pytest.mark.parametrize("error", EXAMPLES, ids=NAMES)
def test_a_message_cannot_drive_a_terminal(error: Exception) -> None:
    hostile = type(error)("one\ntwo \x1b[2J \x9b2J \r \x00 \x7f \u202e \u2069 \u2028 \ud800 ünï\xa0❤\u200d")
    assert str(hostile) == "one\ntwo \ufffd[2J \ufffd2J \ufffd \ufffd \ufffd \ufffd \ufffd \ufffd \ufffd ünï\xa0❤\u200d"
    assert hostile.args == (str(hostile),)


def test_a_message_may_be_anything_that_has_a_text() -> None:
    assert str(NetworkError(OSError("reset"))) == "reset"  # type: ignore[arg-type]  # that is the test
