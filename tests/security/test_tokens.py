"""A token goes to the endpoint's own origin and nowhere else, and neither it nor a signed URL is ever seen."""

from __future__ import annotations

import logging
import pickle
import traceback
from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch.cli import main
from modelfetch.core.wire.url import may_carry_token
from modelfetch.testing import BadListing, CaptivePortal, Close, Garbage, LocalHub, Redirect, Reset, Status
from modelfetch.wiring import PlanOptions

from ..download.kit import FILES, REPO, World, assert_right, state_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelfetch.testing import Request

pytestmark = pytest.mark.usefixtures("quick_retries")

TOKEN = "hf_averysecrettokenthatnobodysees"
SECRETS = (TOKEN, "X-Amz-", "Signature=", "sesame")


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


# ---------------------------------------------------------------- where it goes


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://hub.example/api", "https://hub.example"),
        ("https://hub.example:443/api", "https://hub.example"),
        ("https://hub.example/x", "https://hub.example:443/mirror"),
        ("HTTPS://HUB.Example/x", "https://hub.example"),
        ("https://anybody@hub.example/x", "https://hub.example"),
        ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080"),
        ("https://[::1]:8443/x", "https://[::1]:8443"),
    ],
)
def test_the_endpoints_own_origin_is_known_however_it_is_written(url: str, endpoint: str) -> None:
    assert may_carry_token(url, endpoint)


@pytest.mark.parametrize(
    "url",
    [
        "http://hub.example/x",
        "http://hub.example:443/x",
        "https://hub.example:8443/x",
        "https://hub.example:80/x",
        "https://hub.example./x",
        "https://cdn.hub.example/x",
        "https://example/x",
        "https://hub.example.evil/x",
        "https://evilhub.example/x",
        "https://hub.example@evil/x",
        "https://hub.example:443@evil/x",
        "https://evil#@hub.example",
        "https://evil?@hub.example",
        "https://evil/@hub.example",
        "https://evil/https://hub.example",
        "https://hub.example%2eevil/x",
        "https://hub%2eexample/x",
        "https://[::1]/x",
    ],
)
def test_what_only_looks_like_the_endpoint_is_another_origin(url: str) -> None:
    assert not may_carry_token(url, "https://hub.example")


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


@pytest.mark.parametrize("where", ["info", "tree", "resolve", "cdn"])
@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_origin_goes_without_the_token(
    private: World, elsewhere: LocalHub, where: Any, code: int
) -> None:
    if where == "tree":
        private.hub.inject(BadListing(lambda info: {**info, "siblings": None}, where="info", times=None))
    private.hub.inject(Redirect(elsewhere.endpoint + "/steal", code=code, where=where, times=None))
    private.hub.inject(Redirect("{cdn}/steal", code=code, where=where, times=None))

    with pytest.raises(mf.ModelFetchError):
        private.download(token=TOKEN)

    assert elsewhere.requests
    assert tokens_in(elsewhere.requests) == set()
    assert private.hub.leaked_tokens == ()


def test_a_redirect_that_dresses_up_as_the_endpoint_goes_without_the_token(private: World, elsewhere: LocalHub) -> None:
    own, other = (address.removeprefix("http://") for address in (private.hub.endpoint, elsewhere.endpoint))
    private.hub.inject(Redirect(f"http://{own}@{other}/steal", where="info", times=None))

    with pytest.raises(mf.ModelFetchError):
        private.plan(token=TOKEN)

    assert elsewhere.requests
    assert tokens_in(elsewhere.requests) == set()


def test_a_token_comes_back_after_a_redirect_to_the_endpoint_itself(private: World) -> None:
    private.hub.inject(Redirect("{self}", code=307, where="info"))

    assert_right(private.download(token=TOKEN).path)


def test_a_page_of_the_listing_on_another_origin_is_not_asked_for(private: World, elsewhere: LocalHub) -> None:
    private.hub.inject(BadListing(lambda info: {**info, "siblings": None}, where="info", times=None))
    link = ("Link", f'<{elsewhere.endpoint}/api/models/{REPO}/tree/main>; rel="next"')
    private.hub.inject(Status(200, headers=(link,), body=b"[]", where="tree", times=None))

    with pytest.raises(mf.NetworkError, match="a next page on another host"):
        private.plan(token=TOKEN)

    assert elsewhere.requests == ()


@pytest.mark.parametrize("said", [{}, {"endpoint": None}, {"endpoint": ""}, {"token": None}], ids=str)
def test_a_plan_for_a_foreign_endpoint_never_gets_the_usual_token(
    world: World, elsewhere: LocalHub, monkeypatch: pytest.MonkeyPatch, said: dict[str, Any]
) -> None:
    plan = world.plan(endpoint=elsewhere.endpoint)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    elsewhere.clear()

    assert_right(mf.download(plan, cache_dir=world.cache, **said).path)

    assert elsewhere.requests
    assert tokens_in(elsewhere.requests) == set()


def test_a_plan_for_a_foreign_endpoint_gets_a_token_that_the_call_names(world: World, elsewhere: LocalHub) -> None:
    plan = world.plan(endpoint=elsewhere.endpoint)
    elsewhere.clear()

    assert_right(mf.download(plan, cache_dir=world.cache, token=TOKEN).path)

    assert tokens_in(elsewhere.requests) == {f"Bearer {TOKEN}"}


# ---------------------------------------------------------------- what is no token, or no endpoint


@pytest.mark.parametrize("given", ["by the call", "by HF_TOKEN", "by the token file"])
@pytest.mark.parametrize(
    "text",
    [
        f"{TOKEN}\r\nX-Evil: 1",
        f"{TOKEN}\n{TOKEN}",
        f"{TOKEN}\rx",
        f"{TOKEN} x",
        f"{TOKEN}\tx",
        f"{TOKEN}\x7f",
        f"{TOKEN}\x1b[2J",
        f"{TOKEN}\u00e9",
        f"{TOKEN}\u0661",
        f"{TOKEN}\u2028x",
    ],
    ids=ascii,
)
def test_a_token_that_could_change_a_request_is_never_sent_or_shown(
    world: World, monkeypatch: pytest.MonkeyPatch, text: str, given: str
) -> None:
    world.publish()
    if given == "by HF_TOKEN":
        monkeypatch.setenv("HF_TOKEN", text)
    elif given == "by the token file":
        path = world.cache.parent / "token"
        path.write_bytes(text.encode())
        monkeypatch.setenv("HF_TOKEN_PATH", str(path))

    with pytest.raises(mf.AuthenticationError, match="cannot be a token") as caught:
        world.download(token=text if given == "by the call" else None)

    assert world.hub.requests == ()
    assert_no_secret(everything_told_by(caught.value))


@pytest.mark.parametrize(
    "endpoint",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1",
        "hub.example",
        "http://",
        "http://127.0.0.1:port",
        "{}\r\nX-Evil: 1",
        "{}?token=sesame",
        "{}#sesame",
        "http://sesame@{.netloc}",
        "http://me:sesame@{.netloc}",
        "http://me:ses/ame@{.netloc}",
    ],
)
def test_an_endpoint_that_is_no_plain_address_is_refused_and_its_password_is_not_shown(
    world: World, endpoint: str
) -> None:
    world.publish()
    address = endpoint.replace("{}", world.hub.endpoint).replace(
        "{.netloc}", world.hub.endpoint.removeprefix("http://")
    )

    with pytest.raises(mf.NetworkError, match="HF_ENDPOINT") as caught:
        world.download(endpoint=address, token=TOKEN)

    assert world.hub.requests == ()
    assert list(world.cache.iterdir()) == []
    assert "ses" not in everything_told_by(caught.value)


# ---------------------------------------------------------------- where it is never seen


def shown(value: object) -> str:
    return f"{value!r} {value!s}"


def everything_told_by(error: BaseException) -> str:
    """What a log, a crash report or a pickle can show of an error: its text, attributes, notes, and all that it came from."""
    told, queue, known = "".join(traceback.format_exception(error)), [error], set[int]()
    while queue:
        one = queue.pop()
        if id(one) not in known:
            known.add(id(one))
            told += f"{shown(one)} {one.args!r} {vars(one)!r} {getattr(one, '__notes__', ())!r}"
            queue += [linked for linked in (one.__cause__, one.__context__) if linked is not None]
    return told + repr(pickle.dumps(error))


def assert_no_secret(told: str) -> None:
    assert [secret for secret in SECRETS if secret in told] == []


def test_a_token_is_in_no_plan_result_job_or_snapshot(private: World) -> None:
    plan = private.plan(token=TOKEN)
    job = private.start(token=TOKEN)
    seen: list[mf.DownloadProgress] = []
    job.subscribe(seen.append, interval=0.01)
    result = job.result(20)

    assert seen
    assert_no_secret(shown(plan) + plan.to_json() + shown(result) + shown(job) + shown(seen))
    assert_no_secret(repr(pickle.dumps((plan, result, seen))))
    assert_no_secret(shown(PlanOptions(catalog={}, token=TOKEN)))


def test_a_token_is_in_no_file_of_the_cache_also_in_the_middle(private: World) -> None:
    private.interrupted(1_000_000, token=TOKEN)

    held = state_of(private.cache)

    assert any(name.endswith(".journal") for name in held)
    assert_no_secret(repr([(name, content) for name, (_, content) in held.items() if not name.endswith(".part")]))


ECHO = f'{{"error": "no: GET /x?X-Amz-Signature=1 for Bearer {TOKEN}, {TOKEN} at http://me:sesame@h/x?Signature=1"}}'
"""What a careless or hostile server may say."""


@pytest.mark.parametrize(
    "fault",
    [
        Status(401, where="info", times=None),
        Status(500, where="info", times=None, body=b"not today"),
        Status(403, where="resolve", times=None),
        Status(500, where="cdn", times=None),
        Status(403, where="info", times=None, body=ECHO.encode()),
        Status(500, where="info", times=None, body=ECHO.encode()),
        Status(400, where="cdn", times=None, body=ECHO.encode()),
        Status(403, where="cdn", times=None, body=ECHO.encode()),
        Status(403, where="cdn", times=None, body=f"<Error><StringToSign>{ECHO}</StringToSign></Error>".encode()),
        Status(403, where="resolve", times=None, headers=(("X-Error-Message", ECHO),)),
        Status(416, where="cdn", times=None),
        Reset(where="cdn", times=None),
        Close(where="cdn", times=None),
        Garbage(where="info", times=None),
        CaptivePortal(where="resolve", times=None),
        Redirect("ftp://127.0.0.1/x", where="info"),
        Redirect("ftp://me:sesame@127.0.0.1/x?Signature=1", where="cdn", times=None),
        Redirect("http://127.0.0.1:9/x?Signature=1&X-Amz-Signature=2", where="cdn", times=None),
        Redirect("{self}", times=None),
        Redirect("{self}", times=None, where="cdn"),
    ],
    ids=str,
)
def test_a_token_and_a_signature_are_in_no_error_log_or_snapshot(
    private: World, caplog: pytest.LogCaptureFixture, fault: Any
) -> None:
    injected = private.hub.inject(fault)
    seen: list[mf.DownloadProgress] = []

    with caplog.at_level(logging.DEBUG), pytest.raises(mf.ModelFetchError) as caught:
        private.download(token=TOKEN, progress=seen.append)

    assert injected.hits
    assert_no_secret(everything_told_by(caught.value) + caplog.text + shown(seen))


def test_a_token_on_the_command_line_is_not_shown_by_the_command(
    private: World, capfd: pytest.CaptureFixture[str]
) -> None:
    private.hub.inject(Status(403, where="resolve", body=ECHO.encode()))
    where = ["--token", TOKEN, "--endpoint", private.hub.endpoint, "--cache-dir", str(private.cache)]

    assert main(["plan", REPO, *where]) == 0
    assert main(["plan", REPO, "--json", *where]) == 0
    assert main(["download", REPO, "--json", *where]) == 1
    assert main(["download", REPO, *where]) == 0

    assert_no_secret("".join(capfd.readouterr()))


def test_nothing_above_debug_is_logged_and_nothing_is_printed(
    private: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    private.hub.inject(Status(503, where="info"))
    with caplog.at_level(logging.DEBUG):
        private.download(token=TOKEN)

    assert [record for record in caplog.records if record.levelno > logging.DEBUG] == []
    assert TOKEN not in caplog.text
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("where", ["info", "resolve", "cdn"])
def test_what_a_server_says_cannot_drive_the_terminal_that_shows_it(world: World, where: Any) -> None:
    world.publish()
    world.hub.inject(Status(400, where=where, times=None, body=b'{"error": "\\u001b[2J\\u202e\\u009bmoo"}'))

    with pytest.raises(mf.ModelFetchError) as caught:
        world.download()

    assert not set("\x1b\x9b\u202e") & set(str(caught.value))
