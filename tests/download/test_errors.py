"""Bad input gets a typed error with a message that helps, and leaves the cache as it was, to the byte."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch.testing import CaptivePortal

from .kit import REPO, assert_right, state_of, threads_that_stay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .kit import World

pytestmark = pytest.mark.usefixtures("quick_retries")

TOKEN = "hf_wrongwrongwrongwrong"


@pytest.fixture
def lived_in(world: World) -> Iterator[World]:
    """A cache with another model in it, of which not a byte may change."""
    world.publish()
    world.hub.add_repo("org/other", {"other.bin": b"other", "config.json": b"{}"})
    world.download("org/other")
    world.hub.clear()
    before = state_of(world.cache)
    yield world
    assert threads_that_stay() == []
    assert state_of(world.cache) == before
    assert world.hub.body_bytes() == 0


VERBS = pytest.mark.parametrize("verb", ["plan", "download"])


def fails(
    world: World, verb: str, expected: type[mf.ModelFetchError], *words: str, model: Any = REPO, **options: Any
) -> mf.ModelFetchError:
    """What a verb raised: of that very type, with these words in its message."""
    ask: Callable[..., object] = getattr(world, verb)
    with pytest.raises(mf.ModelFetchError) as caught:
        ask(model, **options)
    assert type(caught.value) is expected, caught.value
    for word in words:
        assert word in str(caught.value)
    return caught.value


@VERBS
@pytest.mark.parametrize(
    ("alias", "hint"), [("large-v9", "large-v3"), ("tinny", "tiny"), ("zzz", "known names"), ("", "org/name")]
)
def test_an_unknown_alias_is_told_what_was_close(lived_in: World, verb: str, alias: str, hint: str) -> None:
    fails(lived_in, verb, mf.ModelNotFoundError, hint, model=alias)
    assert lived_in.hub.requests == ()


@VERBS
@pytest.mark.parametrize(
    "name",
    [
        "org/",
        "/name",
        "org/na me",
        "org/a/b",
        "org/..",
        "../../etc",
        "org/name.git",
        "org/na--me",
        "org\\name/x",
        "org/name\n",
        "org/näme",
        "https://huggingface.co/org/name",
        "org/" + "n" * 97,
        "-org/name",
        "org/.name",
    ],
)
def test_a_malformed_repo_id_is_refused_unasked(lived_in: World, verb: str, name: str) -> None:
    fails(lived_in, verb, mf.ModelNotFoundError, "org/name", model=name)
    assert lived_in.hub.requests == ()


@VERBS
@pytest.mark.parametrize("revision", ["../../main", "/main", "a\\b", "nul\0", "C:x"])
def test_a_malformed_revision_is_refused_unasked(lived_in: World, verb: str, revision: str) -> None:
    fails(lived_in, verb, mf.ModelNotFoundError, "branch, tag or commit", revision=revision)
    assert lived_in.hub.requests == ()


@VERBS
@pytest.mark.parametrize("revision", ["no-such-branch", "v9.9", "f" * 40, "feature/none"])
def test_a_missing_revision_is_named(lived_in: World, verb: str, revision: str) -> None:
    error = fails(lived_in, verb, mf.ModelNotFoundError, revision, REPO, revision=revision)
    assert getattr(error, "revision", None) == revision


@VERBS
@pytest.mark.parametrize("token", [False, "hf_valid"])
def test_a_missing_repo_may_be_private_and_the_message_says_so(lived_in: World, verb: str, token: Any) -> None:
    lived_in.hub.add_token("hf_valid")
    fails(
        lived_in,
        verb,
        mf.ModelNotFoundError,
        "org/nothing",
        "private",
        "does not exist",
        model="org/nothing",
        token=token,
    )


@VERBS
@pytest.mark.parametrize("token", [False, "hf_valid"])
def test_a_private_repo_looks_like_a_missing_one(lived_in: World, verb: str, token: Any) -> None:
    lived_in.publish(private=True)
    lived_in.hub.add_token("hf_valid")
    fails(lived_in, verb, mf.ModelNotFoundError, "private", token=token)


@VERBS
def test_a_wrong_token_is_said_to_be_wrong_and_never_shown(lived_in: World, verb: str) -> None:
    error = fails(lived_in, verb, mf.AuthenticationError, "token", "log in", token=TOKEN)
    assert TOKEN not in str(error) + repr(error)


@VERBS
def test_a_token_that_cannot_be_one_is_refused_unasked(lived_in: World, verb: str) -> None:
    fails(lived_in, verb, mf.AuthenticationError, "token", token="two words\r\nX-Injected: 1")
    assert lived_in.hub.requests == ()


@VERBS
def test_a_token_that_is_demanded_and_not_there_is_missed_unasked(lived_in: World, verb: str) -> None:
    fails(lived_in, verb, mf.AuthenticationError, "token=True", token=True)
    assert lived_in.hub.requests == ()


@pytest.mark.parametrize(("token", "advice"), [(False, "log in"), ("hf_valid", "account of this token")])
def test_a_gated_repo_says_where_to_accept_its_licence(lived_in: World, token: Any, advice: str) -> None:
    lived_in.publish(gated="manual")
    lived_in.hub.add_token("hf_valid")
    fails(lived_in, "download", mf.GatedModelError, f"{lived_in.hub.endpoint}/{REPO}", advice, token=token)


@VERBS
@pytest.mark.parametrize("patterns", [{"allow_patterns": "*.gguf"}, {"ignore_patterns": "*"}, {"allow_patterns": []}])
def test_patterns_that_match_nothing_are_shown_with_what_there_is(
    lived_in: World, verb: str, patterns: dict[str, Any]
) -> None:
    fails(lived_in, verb, mf.ModelNotFoundError, "patterns", "config.json", **patterns)


@VERBS
def test_a_repo_without_files_is_said_to_be_empty(lived_in: World, verb: str) -> None:
    lived_in.publish({})
    fails(lived_in, verb, mf.ModelNotFoundError, "empty")


@VERBS
def test_an_unknown_backend_is_told_the_known_ones(lived_in: World, verb: str) -> None:
    fails(lived_in, verb, mf.BackendError, "ctranslate2", backend="tensorflow")
    assert lived_in.hub.requests == ()


@VERBS
def test_an_endpoint_that_refuses_connections_is_a_network_error(lived_in: World, verb: str) -> None:
    with lived_in.hub.unreachable():
        fails(lived_in, verb, mf.NetworkError, lived_in.hub.endpoint)


@VERBS
def test_an_endpoint_that_does_not_resolve_is_a_network_error(
    lived_in: World, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    fails(lived_in, verb, mf.NetworkError, "hub.example", "not known", endpoint="http://hub.example")


@VERBS
@pytest.mark.parametrize(
    "endpoint",
    ["huggingface.co", "ftp://hub.example", "http://", "http://[::1", "http://host:port", "http://a b", "file:///etc"],
)
def test_an_endpoint_that_is_no_address_is_a_network_error(lived_in: World, verb: str, endpoint: str) -> None:
    fails(lived_in, verb, mf.NetworkError, "endpoint", endpoint=endpoint)


def test_a_login_page_in_place_of_a_body_leaves_nothing_but_locks(world: World) -> None:
    world.publish()
    world.hub.inject(CaptivePortal(where="cdn", times=None))

    fails(world, "download", mf.NetworkError)

    assert {path.name for path in world.cache.iterdir()} == {".locks"}


def test_a_model_that_declares_more_memory_than_there_is_is_refused_unasked(lived_in: World) -> None:
    spec = mf.ModelSpec("huge", REPO, min_ram_bytes=1 << 60)

    fails(lived_in, "download", mf.InsufficientMemoryError, model=spec)

    assert lived_in.hub.requests == ()


def test_a_model_that_declares_too_much_may_be_downloaded_all_the_same(world: World) -> None:
    world.publish()
    spec = mf.ModelSpec("huge", REPO, min_ram_bytes=1 << 60)

    assert_right(world.download(spec, check_memory=False).path)


def test_a_plan_remembers_what_its_model_declared(world: World) -> None:
    world.publish()
    plan = world.plan(mf.ModelSpec("huge", REPO, min_ram_bytes=1 << 60))
    with pytest.raises(mf.InsufficientMemoryError):
        world.download(plan)
    assert_right(world.download(plan, check_memory=False).path)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_bandwidth_limit_that_makes_no_sense_is_a_value_error_and_never_a_hang(world: World, limit: float) -> None:
    world.publish()
    token = mf.CancelToken()
    timer = threading.Timer(5, token.cancel)
    timer.start()

    with pytest.raises(ValueError, match="bandwidth_limit"):
        world.download(cancel=token, bandwidth_limit=limit)

    timer.cancel()


def test_a_complete_model_needs_no_headroom(world: World) -> None:
    world.publish()
    world.download()

    assert_right(world.download(storage_headroom=1e12).path)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "no JSON", '{"schema": "modelfetch.plan/2"}', "[" * 100_000])
def test_text_that_is_no_plan_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="plan"):
        mf.DownloadPlan.from_json(text)


def test_a_plan_that_was_edited_is_a_value_error(world: World) -> None:
    world.publish()
    text = world.plan().to_json()

    for edited in (text.replace("model.bin", "../x.bin"), text.replace("model.bin", "other.bin"), text[:-20]):
        with pytest.raises(ValueError, match="plan"):
            mf.DownloadPlan.from_json(edited)
