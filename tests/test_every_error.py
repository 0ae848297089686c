"""Every error a caller can meet, each brought about by what really causes it.

A message is there to be read: it says what happened, what was expected, what was done about it, and what to do next.
"""

from __future__ import annotations

import copy
import hashlib
import pickle
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf
from modelfetch.testing import Close, FlipBit, RateLimited, Stall

from .download.conftest import isolated_cache as isolated_cache
from .download.conftest import local_hub as local_hub
from .download.conftest import world as world
from .download.kit import CONFIG, MIB, REPO, TOTAL, World, assert_attributes, state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OTHER = "org/other"
A_FILE = "a file"
HUGE = mf.ModelSpec("huge", REPO, min_ram_bytes=1 << 50)
HEADROOM = 1e9


@dataclass(frozen=True, slots=True)
class Row:
    """``cause`` ends in the error. ``{hub}`` and ``{cache}`` in the words and the data are where those are.

    ``begins``: before the error, something was written or fetched.
    """

    cause: Callable[[World], object]
    happened: str
    expected: str
    done: str
    advice: str
    data: Mapping[str, object] = field(default_factory=dict)
    begins: bool = False


def git_blob_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def a_closed_repo(world: World) -> None:
    world.publish(disabled=True)
    world.download()


def a_token_that_was_withdrawn(world: World) -> None:
    world.download(token="hf_withdrawn")


def a_licence_that_nobody_accepted(world: World) -> None:
    world.publish(gated="manual")
    world.hub.add_token("hf_valid")
    world.download(token="hf_valid")


def a_hub_that_has_enough_of_us(world: World) -> None:
    world.hub.inject(Close(after=MIB, match="model.bin"))
    world.hub.inject(RateLimited(600, where="cdn", match="model.bin", times=None))
    world.download(max_connections=1)


def bytes_that_stay_wrong(world: World) -> None:
    world.hub.inject(FlipBit(0, match="config.json", times=None))
    world.download()


def a_history_that_was_rewritten(world: World) -> None:
    repo = world.publish()
    plan = world.plan()
    repo.commit({"config.json": b"{}"})
    repo.delete_commit(plan.commit)
    world.download(plan)


def half_a_model(world: World) -> None:
    world.download(allow_patterns="*.json")
    mf.load_cached(REPO, backend="ctranslate2", cache_dir=world.cache)


def one_too_many(world: World) -> None:
    world.hub.inject(Stall(times=None))
    manager = mf.DownloadManager(**world.options())
    try:
        manager.start(REPO)
        manager.start(OTHER)
    finally:
        manager.shutdown()


def a_press_on_cancel(world: World) -> None:
    world.hub.inject(Stall(after=2 * MIB, match="model.bin", times=None))
    token = mf.CancelToken()
    world.download(cancel=token, progress=lambda seen: token.cancel() if seen.bytes_downloaded >= MIB else None)


def cancelled_in_the_middle(progress: mf.DownloadProgress) -> bool:
    return progress.status is mf.DownloadStatus.CANCELLED and MIB <= progress.bytes_downloaded < TOTAL


ROWS: dict[type[BaseException], Row] = {
    mf.ModelNotFoundError: Row(
        lambda world: world.download(revision="v9"),
        happened="org/model has no revision 'v9'",
        expected="A branch, tag or commit id was expected",
        done="Nothing was fetched",
        advice="look it up at {hub}/org/model/tree/main",
        data={"repo_id": REPO, "revision": "v9"},
    ),
    mf.AccessError: Row(
        a_closed_repo,
        happened="Access to org/model is disabled on {hub}",
        expected="A repo that may be read was expected",
        done="Nothing more was fetched",
        advice="see the model's page for the reason, or choose another model",
        data={"repo_id": REPO},
    ),
    mf.AuthenticationError: Row(
        a_token_that_was_withdrawn,
        happened="The token that was sent is wrong or expired: {hub} refused org/model",
        expected="A valid token was expected",
        done="Nothing was fetched",
        advice="log in again (`hf auth login`), set HF_TOKEN, or pass token=False",
        data={"repo_id": REPO},
    ),
    mf.GatedModelError: Row(
        a_licence_that_nobody_accepted,
        happened="org/model is gated: its licence has to be accepted first",
        expected="An account on its list was expected",
        done="What was already fetched is kept",
        advice="open {hub}/org/model, accept it there with the account of this token",
        data={"repo_id": REPO},
    ),
    mf.NetworkError: Row(
        a_hub_that_has_enough_of_us,
        happened="answered HTTP 429 for org/model/model.bin",
        expected="An answer with content was expected",
        done="What was already fetched is kept",
        advice="try again after that",
        data={"retry_after": 600.0, "bytes_kept": lambda kept: MIB // 2 <= kept < TOTAL},
        begins=True,
    ),
    mf.InsufficientStorageError: Row(
        lambda world: world.download(storage_headroom=HEADROOM),
        happened="Not enough storage for org/model",
        expected="3.00 PB required",
        done="Nothing was fetched",
        advice="free disk space, choose another cache_dir, or lower storage_headroom",
        data={"required": pytest.approx(TOTAL * (1 + HEADROOM)), "available": lambda free: 0 < free < TOTAL * HEADROOM},
    ),
    mf.InsufficientMemoryError: Row(
        lambda world: world.download(HUGE),
        happened="this machine has",
        expected="huge requires 1048576 GB",
        done="Nothing was fetched",
        advice="choose a smaller model, or pass check_memory=False",
        data={"required": 1 << 50, "available": lambda memory: 0 < memory < 1 << 50},
    ),
    mf.IntegrityError: Row(
        bytes_that_stay_wrong,
        happened="config.json came with the digest",
        expected=f"{git_blob_id(CONFIG)} was expected",
        done="The bytes were fetched again once, were wrong again and thrown away; nothing was published",
        advice="Try another endpoint, or tell the repo's owner",
        data={
            "path": "config.json",
            "expected": git_blob_id(CONFIG),
            "actual": git_blob_id(bytes([CONFIG[0] ^ 1]) + CONFIG[1:]),
        },
        begins=True,
    ),
    mf.UnsafeFilesError: Row(
        lambda world: world.download(allow_unsafe=False),
        happened="model.bin (PyTorch's pickle, which runs code when it is loaded)",
        expected="Only files that cannot were expected, because allow_unsafe=False",
        done="Nothing was fetched",
        advice="if this is a CTranslate2 model, say backend='ctranslate2', or allow them",
        data={"files": ("model.bin",), "repo_id": REPO},
    ),
    mf.PlanDriftError: Row(
        a_history_that_was_rewritten,
        happened="is no longer offered at commit",
        expected="The planned bytes were expected",
        done="What was already fetched is kept",
        advice="plan again",
        data={"repo_id": REPO, "path": lambda path: path in {"config.json", "model.bin", "sub folder/vocabulary.txt"}},
        begins=True,
    ),
    mf.NotCachedError: Row(
        half_a_model,
        happened="org/model is not complete in the cache",
        expected="the backend ctranslate2 needs model.bin",
        done="Nothing was loaded and no request was made",
        advice="download the rest with modelfetch.download('org/model', backend='ctranslate2')",
        data={"missing": ("model.bin", "tokenizer.json", "vocabulary.json")},
        begins=True,
    ),
    mf.DownloadInProgressError: Row(
        one_too_many,
        happened="org/other was not started, because org/model is being downloaded",
        expected="A free place was expected: 1 at once may run here, and there is no queue",
        done="Nothing was changed",
        advice="wait for its end, cancel it, or make the manager with queue=True",
        data={"model": REPO},
        begins=True,
    ),
    mf.CacheError: Row(
        lambda world: world.download(cache_dir=world.cache / A_FILE),
        happened="The cache cannot be used: preparing the download failed at {cache}/a file",
        expected="A folder that can be read and written was expected",
        done="Nothing that was there before is lost",
        advice="move it away, or choose another folder with cache_dir or HF_HUB_CACHE",
        data={"path": lambda path: f"/{A_FILE}" in path},
    ),
    mf.BackendError: Row(
        lambda world: world.download(backend="tensorflow"),
        happened="There is no backend called 'tensorflow'",
        expected="One of ctranslate2, mlx was expected",
        done="Nothing was done",
        advice="fix the name, leave the backend out, or register your own with register_backend()",
        data={"backend": "tensorflow"},
    ),
    mf.DownloadCancelled: Row(
        a_press_on_cancel,
        happened="The download was cancelled",
        expected="",  # it was asked for
        done="What was already fetched is kept",
        advice="the next call goes on from there",
        data={"progress": cancelled_in_the_middle},
        begins=True,
    ),
}

ROWS_BY_NAME = {error.__name__: (error, row) for error, row in ROWS.items()}


@pytest.fixture
def lived_in(world: World) -> World:
    """The repo on the hub; in the cache another model, and a file that is none of ours."""
    world.publish()
    world.hub.add_repo(OTHER, {"other.bin": b"other", "config.json": b"{}"})
    world.download(OTHER)
    (world.cache / A_FILE).write_text("precious")
    world.hub.clear()
    return world


def assert_whole(again: BaseException, error: BaseException) -> None:
    assert type(again) is type(error)
    assert (str(again), again.args, vars(again)) == (str(error), error.args, vars(error))


@pytest.mark.parametrize("name", ROWS_BY_NAME)
def test_an_error_says_what_to_do_carries_its_data_and_crosses_a_process_border(lived_in: World, name: str) -> None:
    expected, row = ROWS_BY_NAME[name]
    before = state_of(lived_in.cache)

    with pytest.raises((mf.ModelFetchError, mf.DownloadCancelled)) as caught:
        row.cause(lived_in)

    error = caught.value
    assert type(error) is expected, error
    for words in (row.happened, row.expected, row.done, row.advice):
        assert words.format(hub=lived_in.hub.endpoint, cache=lived_in.cache) in str(error)
    assert vars(error).keys() == {"message", *row.data}
    assert_attributes(error, row.data)
    if not row.begins:
        assert state_of(lived_in.cache) == before
        assert lived_in.hub.body_bytes() == 0

    error.add_note("seen by a host")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert_whole(pickle.loads(pickle.dumps(error, protocol)), error)
    assert_whole(copy.copy(error), error)
    assert_whole(copy.deepcopy(error), error)


def test_every_public_error_is_in_the_table() -> None:
    public = {value for value in (getattr(mf, name) for name in mf.__all__) if isinstance(value, type)}
    errors = {value for value in public if issubclass(value, BaseException)}

    assert errors - ROWS.keys() == {mf.ModelFetchError}, "the root is never raised itself"
    assert ROWS.keys() <= errors
