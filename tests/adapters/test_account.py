"""Who and where is what huggingface_hub would say in this environment, whether it is installed or not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Literal

import pytest

from modelfetch.adapters.account import Account, account, cache_dir, endpoint, is_offline, token, token_path
from modelfetch.errors import AuthenticationError, NetworkError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ASK_HUGGINGFACE_HUB = """
import json
from huggingface_hub import constants
from huggingface_hub.utils import build_hf_headers
header = build_hf_headers(user_agent=None).get("authorization")
print(json.dumps({
    "token": header and header.removeprefix("Bearer "),
    "endpoint": constants.ENDPOINT,
    "cache_dir": constants.HF_HUB_CACHE,
    "offline": bool(constants.HF_HUB_OFFLINE),
}))
"""

ENVIRONMENTS: dict[str, dict[str, str]] = {
    "nothing set": {},
    "HF_HOME": {"HF_HOME": "{home}/elsewhere"},
    "HF_HOME with a variable": {"HF_HOME": "$PLACE/hf", "PLACE": "{home}/place"},
    "HF_HOME with a tilde": {"HF_HOME": "~/my-hf"},
    "XDG_CACHE_HOME": {"XDG_CACHE_HOME": "{home}/xdg"},
    "HF_HOME over XDG_CACHE_HOME": {"XDG_CACHE_HOME": "{home}/xdg", "HF_HOME": "{home}/hf"},
    "HUGGINGFACE_HUB_CACHE": {"HUGGINGFACE_HUB_CACHE": "~/old", "HF_HOME": "{home}/hf"},
    "HF_HUB_CACHE over all": {"HF_HUB_CACHE": "$PLACE/new", "PLACE": "{home}", "HUGGINGFACE_HUB_CACHE": "/old"},
    "HF_ENDPOINT": {"HF_ENDPOINT": "https://hub.example.org/proxy//"},
    "HF_TOKEN": {"HF_TOKEN": " hf_one\n"},
    "HUGGING_FACE_HUB_TOKEN": {"HUGGING_FACE_HUB_TOKEN": "hf_two"},
    "HF_TOKEN over the older name": {"HF_TOKEN": "hf_one", "HUGGING_FACE_HUB_TOKEN": "hf_two"},
    "an empty HF_TOKEN": {"HF_TOKEN": "", "HUGGING_FACE_HUB_TOKEN": "hf_two"},
    "a stored token": {"HF_HOME": "{home}/stored"},
    "a stored token elsewhere": {"HF_TOKEN_PATH": "~/stored/token"},
    "HF_TOKEN over a stored token": {"HF_HOME": "{home}/stored", "HF_TOKEN": "hf_one"},
    "no implicit token": {"HF_TOKEN": "hf_one", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "Yes"},
    "HF_HUB_OFFLINE": {"HF_HUB_OFFLINE": "on"},
    "HF_HUB_OFFLINE off": {"HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": "1"},
    "TRANSFORMERS_OFFLINE": {"TRANSFORMERS_OFFLINE": "TRUE"},
    "an offline that is no yes": {"HF_HUB_OFFLINE": "2"},
}


def pretend(monkeypatch: pytest.MonkeyPatch, *, installed: bool) -> None:
    """As if huggingface_hub had not been imported yet, and could be or not."""
    for name in [name for name in sys.modules if name.split(".")[0] == "huggingface_hub"]:
        monkeypatch.delitem(sys.modules, name)
    if not installed:
        monkeypatch.setitem(sys.modules, "huggingface_hub", None)


@pytest.fixture(params=[True, False], ids=["installed", "not installed"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With huggingface_hub, and where its import fails."""
    pretend(monkeypatch, installed=request.param)


@pytest.fixture
def home(fresh_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home, with a token stored in one of its folders."""
    monkeypatch.delenv("HF_HOME", raising=False)
    (fresh_home / "stored").mkdir(parents=True)
    (fresh_home / "stored" / "token").write_text("hf_stored\n")
    return fresh_home


@pytest.fixture
def neighbour(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A huggingface_hub that was imported earlier, with a token that only it knows."""

    def imported(token: str | Exception | None = "hf_from_oidc", path: Path | None = None, **constants: object) -> None:
        def get_token() -> str | None:
            if isinstance(token, Exception):
                raise token
            return token

        frozen = SimpleNamespace(HF_TOKEN_PATH=str(path or token_path()), **constants)
        module = ModuleType("huggingface_hub")
        vars(module).update(get_token=get_token, constants=frozen)
        monkeypatch.setitem(sys.modules, "huggingface_hub", module)
        monkeypatch.setitem(sys.modules, "huggingface_hub.constants", frozen)  # type: ignore[arg-type] - a stand-in

    return imported


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_account_is_the_one_huggingface_hub_would_use(
    name: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in ENVIRONMENTS[name].items():
        monkeypatch.setenv(variable, value.format(home=home))
    asked = subprocess.run(
        [sys.executable, "-c", ASK_HUGGINGFACE_HUB], env=dict(os.environ), capture_output=True, text=True, check=True
    )
    for installed in (True, False):
        pretend(monkeypatch, installed=installed)
        ours = account()
        assert json.loads(asked.stdout) == {
            "token": ours.token,
            "endpoint": ours.endpoint,
            "cache_dir": str(ours.cache_dir),
            "offline": ours.offline,
        }


# ------------------------------------------------------------------ token


@pytest.mark.usefixtures("either_way")
def test_a_token_that_was_passed_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_usual")
    assert token(" hf_passed\n") == "hf_passed"


@pytest.mark.usefixtures("either_way")
@pytest.mark.parametrize("requested", [False, "", " \n"])
def test_no_token_is_sent_when_none_is_wanted(requested: str | Literal[False], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_usual")
    assert token(requested) is None


@pytest.mark.usefixtures("either_way")
def test_a_demanded_token_is_the_usual_one_even_where_it_is_not_sent_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_usual")
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    assert token(None) is None
    assert token(True) == "hf_usual"  # noqa: FBT003 - huggingface_hub's own argument


@pytest.mark.usefixtures("either_way")
def test_a_demanded_token_that_is_nowhere_is_an_error_that_says_where_it_would_be(home: Path) -> None:
    with pytest.raises(AuthenticationError) as caught:
        token(True)  # noqa: FBT003 - as above
    assert str(home / ".cache" / "huggingface" / "token") in str(caught.value)


@pytest.mark.parametrize(
    "bad", ["hf_se\ncret", "hf_se\rcret", "hf_se cret", "hf_se\0cret", "hf_secrét", "hf_se\x7fcret"]
)
def test_a_token_no_header_takes_is_refused_and_never_shown(bad: str, home: Path) -> None:
    with pytest.raises(AuthenticationError) as caught:
        token(bad)
    (home / "stored" / "token").write_text(bad)
    os.environ["HF_TOKEN_PATH"] = str(home / "stored" / "token")
    with pytest.raises(AuthenticationError, match="the token file") as stored:
        token()
    for error in (caught.value, stored.value):
        assert "hf_se" not in f"{error} {error.__cause__} {error.__context__}"


def test_a_token_file_that_cannot_be_read_is_an_error_that_names_it(home: Path) -> None:
    os.environ["HF_TOKEN_PATH"] = str(home / "stored")  # a folder
    with pytest.raises(AuthenticationError, match="cannot be read"):
        token()
    assert token(False) is None  # noqa: FBT003 - as above


def test_a_token_file_below_a_file_is_none(home: Path) -> None:
    os.environ["HF_TOKEN_PATH"] = str(home / "stored" / "token" / "token")
    assert token() is None


@pytest.mark.parametrize("text", ["", "\n", "  "])
def test_an_empty_token_file_is_none(home: Path, text: str) -> None:
    (home / "stored" / "token").write_text(text)
    os.environ["HF_TOKEN_PATH"] = str(home / "stored" / "token")
    assert token() is None


def test_a_token_that_only_huggingface_hub_gets_is_taken(
    neighbour: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    neighbour()
    assert token() is None
    monkeypatch.setenv("HF_OIDC_RESOURCE", "org/name")
    assert token() == "hf_from_oidc"
    monkeypatch.setenv("HF_TOKEN", "hf_one")
    assert token() == "hf_one"


def test_a_colab_secret_is_taken(neighbour: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    neighbour("hf_colab")
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    assert token() == "hf_colab"
    neighbour(None)
    assert token() is None


def test_a_token_of_another_environments_user_is_never_taken(
    neighbour: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_OIDC_RESOURCE", "org/name")
    neighbour("hf_somebody_elses", path=tmp_path / "token")
    assert token() is None


def test_without_huggingface_hub_there_is_no_more_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    monkeypatch.setenv("HF_OIDC_RESOURCE", "org/name")
    assert token() is None


def test_a_failed_exchange_is_an_error_that_shows_no_secret(
    neighbour: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_OIDC_RESOURCE", "org/name")
    neighbour(RuntimeError("exchange of hf_secret failed"))
    with pytest.raises(AuthenticationError, match="RuntimeError") as caught:
        token()
    assert "hf_secret" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_an_account_never_shows_its_token() -> None:
    assert "hf_secret" not in repr(account("hf_secret"))


# ------------------------------------------------------------------ endpoint, cache folder, offline


@pytest.mark.usefixtures("either_way")
def test_what_a_call_asks_for_wins(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://usual.example.org")
    monkeypatch.setenv("HF_HUB_CACHE", "/usual")
    asked = account("hf_x", "https://mirror.example.org/", "~/models")
    assert asked == Account("hf_x", "https://mirror.example.org", home / "models", offline=False)


@pytest.mark.usefixtures("either_way")
def test_empty_variables_and_arguments_count_as_unset(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    for name in ("HF_ENDPOINT", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME", "HF_TOKEN_PATH"):
        monkeypatch.setenv(name, "")
    assert endpoint("") == "https://huggingface.co"
    assert cache_dir("") == home / ".cache" / "huggingface" / "hub"
    assert token_path() == home / ".cache" / "huggingface" / "token"


@pytest.mark.usefixtures("either_way")
def test_everything_is_read_at_call_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert (endpoint(), is_offline(), token()) == ("https://huggingface.co", False, None)
    monkeypatch.setenv("HF_ENDPOINT", "https://hub.example.org")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_TOKEN", "hf_new")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert account() == Account("hf_new", "https://hub.example.org", tmp_path, offline=True)


@pytest.mark.parametrize(
    "address",
    [
        "hub.example.org",
        "ftp://hub.example.org",
        "file:///etc",
        "//hub.example.org",
        "https://",
        "https:///x",
        "https://[",
        "https://hub.example.org:port",
        "https://hüb.example.org",
        "https://hub.example.org\r\nX: y",
        " https://hub.example.org",
        "https://hub.example.org?x=sesame",
        "https://hub.example.org#sesame",
        "https://user:sesame@hub.example.org",
        "https://user:ses/ame@hub.example.org",
        "https://hub.example.org@evil.example.org",
        "https://hub.example.org\\@evil.example.org",
    ],
)
@pytest.mark.parametrize("named", ["by the call", "by the environment"])
def test_an_endpoint_that_is_no_plain_address_is_refused(
    monkeypatch: pytest.MonkeyPatch, address: str, named: str
) -> None:
    if named == "by the environment":
        monkeypatch.setenv("HF_ENDPOINT", address)
    with pytest.raises(NetworkError, match="HF_ENDPOINT") as caught:
        endpoint(address if named == "by the call" else None)
    assert "ses" not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8080", "https://[::1]:8443", "https://mirror.example.org/hub/hf"]
)
def test_an_endpoint_may_have_a_port_and_a_path(address: str) -> None:
    assert endpoint(address + "/") == address


def test_a_process_that_took_huggingface_hub_offline_is_offline(neighbour: Callable[..., None]) -> None:
    neighbour(HF_HUB_OFFLINE=False)
    assert not is_offline()
    neighbour(HF_HUB_OFFLINE=True)
    assert is_offline()


@pytest.mark.parametrize("said", ["0", "false"])
def test_what_the_environment_says_now_wins_over_what_huggingface_hub_was_imported_with(
    neighbour: Callable[..., None], monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    neighbour(HF_HUB_OFFLINE=True)
    monkeypatch.setenv("HF_HUB_OFFLINE", said)
    assert not is_offline()


def test_asking_imports_nothing_of_huggingface_hubs() -> None:
    code = """
import sys
from modelfetch.adapters import account
account.account()
assert not any(name.split(".")[0] in {"huggingface_hub", "filelock"} for name in sys.modules), "imported"
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


@pytest.mark.parametrize("wrong", [3, b"hf_x", ["hf_x"]])
def test_what_is_no_token_is_not_taken_for_none_given(wrong: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_own")
    with pytest.raises(TypeError, match="token has to be a text"):
        token(wrong)  # type: ignore[arg-type] # test
