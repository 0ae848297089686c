"""A token goes home and nowhere else and is never seen, and a redirect cannot change the scheme."""

from __future__ import annotations

import logging
import pickle
import traceback
from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch.testing import LocalHub, NoAnswer, Redirect, Status

from .kit import CONFIG, FILES, REPO, SIZE, TOTAL, World, assert_right, state_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelfetch.testing import Request

pytestmark = pytest.mark.usefixtures("quick_retries")

TOKEN = "hf_averysecrettokenthatnobodysees"


def tokens_in(requests: tuple[Request, ...]) -> set[str]:
    return {each.headers["authorization"] for each in requests if "authorization" in each.headers}


@pytest.fixture
def private(world: World) -> World:
    """A private repo that the token's account may read."""
    world.publish(private=True)
    world.hub.add_token(TOKEN, allowed={REPO})
    return world


@pytest.fixture
def elsewhere() -> Iterator[LocalHub]:
    """A second hub on the same host: another port is another origin."""
    with LocalHub() as hub:
        hub.add_repo(REPO, FILES)
        hub.add_token(TOKEN, allowed={REPO})
        yield hub


# ---------------------------------------------------------------- where a token goes


def test_a_token_goes_to_the_hub_with_every_request_and_never_to_the_cdn(private: World) -> None:
    assert_right(private.download(token=TOKEN).path)

    to_hub = [each for each in private.hub.requests if each.origin == "hub"]
    assert all(each.headers.get("authorization") == f"Bearer {TOKEN}" for each in to_hub)
    assert private.hub.leaked_tokens == ()


def test_the_usual_token_is_taken_and_false_sends_none(private: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)

    assert_right(private.download(token=None).path)

    with pytest.raises(mf.ModelNotFoundError):
        private.plan(token=False)
    assert private.hub.leaked_tokens == ()


@pytest.mark.parametrize("where", ["info", "resolve", "cdn"])
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_origin_goes_without_the_token(
    private: World, elsewhere: LocalHub, where: Any, code: int
) -> None:
    private.hub.inject(Redirect(elsewhere.endpoint + "/steal", code=code, where=where, times=None))
    private.hub.inject(Redirect("{cdn}/steal", code=code, where=where, times=None))

    with pytest.raises(mf.ModelFetchError):
        private.download(token=TOKEN)

    assert elsewhere.requests
    assert tokens_in(elsewhere.requests) == set()
    assert private.hub.leaked_tokens == ()


def test_a_plan_for_a_foreign_endpoint_never_gets_the_usual_token(
    world: World, elsewhere: LocalHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = world.plan(endpoint=elsewhere.endpoint)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    elsewhere.clear()

    assert_right(mf.download(plan, cache_dir=world.cache).path)

    assert elsewhere.requests
    assert tokens_in(elsewhere.requests) == set()


def test_a_plan_for_a_foreign_endpoint_gets_a_token_that_the_call_names(world: World, elsewhere: LocalHub) -> None:
    plan = world.plan(endpoint=elsewhere.endpoint)
    elsewhere.clear()

    assert_right(mf.download(plan, cache_dir=world.cache, token=TOKEN).path)

    assert tokens_in(elsewhere.requests) == {f"Bearer {TOKEN}"}


# ---------------------------------------------------------------- where a token is never seen


def shown(value: object) -> str:
    return f"{value!r} {value!s}"


def test_a_token_is_in_no_plan_result_job_or_snapshot(private: World) -> None:
    plan = private.plan(token=TOKEN)
    job = private.start(token=TOKEN)
    result = job.result(20)

    assert TOKEN not in shown(plan) + plan.to_json() + shown(result) + shown(job) + shown(job.snapshot())
    assert TOKEN.encode() not in pickle.dumps((plan, result))


def test_a_token_is_in_no_file_of_the_cache_also_in_the_middle(private: World) -> None:
    private.interrupted(1_000_000, token=TOKEN)

    held = state_of(private.cache)

    assert any(name.endswith(".journal") for name in held)
    assert not any(TOKEN in str(content) or TOKEN in name for name, (_, content) in held.items())
    assert not any("X-Amz" in str(content) for name, (_, content) in held.items() if not name.endswith(".part"))


@pytest.mark.parametrize(
    "fault",
    [
        Status(401, where="info", times=None),
        Status(500, where="info", times=None, body=b"not today"),
        Status(403, where="resolve", times=None),
        Status(500, where="cdn", times=None),
        Redirect("ftp://127.0.0.1/x", where="info"),
        Redirect("{self}", times=None),
    ],
    ids=str,
)
def test_a_token_and_a_signature_are_in_no_error_and_no_log(
    private: World, caplog: pytest.LogCaptureFixture, fault: Any
) -> None:
    private.hub.inject(fault)

    with caplog.at_level(logging.DEBUG), pytest.raises(mf.ModelFetchError) as caught:
        private.download(token=TOKEN)

    told = "".join(traceback.format_exception(caught.value)) + shown(caught.value) + caplog.text
    for secret in (TOKEN, "X-Amz-Signature", "Signature="):
        assert secret not in told
        assert secret.encode() not in pickle.dumps(caught.value)


def test_nothing_above_debug_is_logged_and_nothing_is_printed(
    private: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    private.hub.inject(Status(503, where="info"))
    with caplog.at_level(logging.DEBUG):
        private.download(token=TOKEN)

    assert [record for record in caplog.records if record.levelno > logging.DEBUG] == []
    assert TOKEN not in caplog.text
    assert capfd.readouterr() == ("", "")


def test_a_password_in_the_endpoint_is_in_no_plan_and_no_error(world: World) -> None:
    world.publish()
    endpoint = world.hub.endpoint.replace("http://", "http://user:sesame@")

    plan = world.plan(endpoint=endpoint)
    with pytest.raises(mf.ModelNotFoundError) as caught:
        world.plan(endpoint=endpoint, revision="nothing")

    assert "sesame" not in shown(plan) + plan.to_json() + shown(caught.value)


# ---------------------------------------------------------------- where a redirect may lead


@pytest.mark.parametrize("where", ["info", "resolve", "cdn"])
@pytest.mark.parametrize(
    "to",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/model.bin",
        "https://127.0.0.1:9/model.bin",
        "data:application/json,{}",
        "javascript:0",
        "http://[",
        "http://127.0.0.1:port/",
        "",
    ],
)
def test_a_redirect_to_another_scheme_or_to_nowhere_is_refused(world: World, where: Any, to: str) -> None:
    world.publish()
    injected = world.hub.inject(Redirect(to, where=where, times=None))

    with pytest.raises(mf.NetworkError, match="redirect"):
        world.download()

    assert injected.hits
    assert not (world.folder / "refs").exists()


@pytest.mark.parametrize("where", ["info", "resolve", "cdn"])
def test_a_redirect_that_lowers_https_to_http_is_refused(
    world: World, elsewhere: LocalHub, monkeypatch: pytest.MonkeyPatch, where: Any
) -> None:
    with LocalHub(tls=True) as hub:
        monkeypatch.setenv("SSL_CERT_FILE", str(hub.ca_file))
        secure = World(hub, world.cache)
        secure.publish()
        hub.inject(Redirect(elsewhere.endpoint + "/down", where=where, times=None))

        with pytest.raises(mf.NetworkError, match="from https to http"):
            secure.download()

    assert elsewhere.requests == ()


def test_a_model_is_fetched_over_https(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalHub(tls=True) as hub:
        monkeypatch.setenv("SSL_CERT_FILE", str(hub.ca_file))
        secure = World(hub, world.cache)
        secure.publish()

        assert_right(secure.download().path)


# ---------------------------------------------------------------- bounds


def test_an_answer_without_a_body_is_waited_for_no_longer_than_the_stall_time(world: World) -> None:
    world.publish()
    world.hub.inject(NoAnswer(where="*", times=None))

    with pytest.raises(mf.NetworkError):
        world.download(stall_timeout=0.2)


def test_more_headers_than_any_hub_sends_are_not_read(world: World) -> None:
    world.publish()
    flood = tuple((f"X-Flood-{number}", "x" * 1000) for number in range(2000))
    world.hub.inject(Status(200, headers=flood, where="info", times=None))

    with pytest.raises(mf.NetworkError):
        world.download()


def test_only_what_was_planned_is_fetched(world: World) -> None:
    world.publish()

    result = world.download(allow_patterns="*.json")

    assert_right(result.path, {"config.json": CONFIG})
    assert world.hub.body_bytes() == len(CONFIG)
    assert TOTAL > SIZE > len(CONFIG)
