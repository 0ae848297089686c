"""Who and where: the token, the endpoint, the cache folder, and whether the network may be used.

Rule: everything is read when it is asked for, from the variables and files that huggingface_hub reads, in its
order (https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables), so that both
always mean the same account. huggingface_hub itself freezes them when it is imported; what the environment
says now wins over that, and a token that another environment's user stored is never taken.
An empty variable counts as unset. A token is never shown, in no error and no repr.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from ..core.wire.settings import checked_endpoint, checked_token, is_true
from ..errors import AuthenticationError

DEFAULT_ENDPOINT = "https://huggingface.co"


@dataclass(frozen=True, slots=True)
class Account:
    """What one call works with. ``token`` is None for an anonymous one, and where ``refusal`` says why there is none."""

    token: str | None = field(repr=False)
    endpoint: str
    cache_dir: Path
    offline: bool
    refusal: AuthenticationError | None = field(default=None, repr=False)

    def check_token(self) -> None:
        """Before a request: raise AuthenticationError when the usual token could not be read."""
        if self.refusal is not None:
            raise self.refusal


def account(
    requested_token: str | bool | None = None,  # noqa: FBT001 - huggingface_hub's own argument has these types
    requested_endpoint: str | None = None,
    requested_cache_dir: str | os.PathLike[str] | None = None,
) -> Account:
    """All of it, as a call asked for it or as it usually is.

    Raises NetworkError, as :func:`endpoint` does, and AuthenticationError, as :func:`token` does, for a token that was asked for;
    a usual one that cannot be read is a ``refusal``: who makes no request needs none.
    """
    found, refusal = None, None
    try:
        found = token(requested_token)
    except AuthenticationError as error:
        if requested_token is not None:
            raise
        refusal = error
    return Account(
        token=found,
        endpoint=endpoint(requested_endpoint),
        cache_dir=cache_dir(requested_cache_dir),
        offline=is_offline(),
        refusal=refusal,
    )


def token(requested: str | bool | None = None) -> str | None:  # noqa: FBT001 - huggingface_hub's own argument
    """The token to send: a text is taken as it is, None means the usual one, False none, True demands one.

    An empty text is none. The usual one comes from ``HF_TOKEN``, ``HUGGING_FACE_HUB_TOKEN`` or the token file,
    unless ``HF_HUB_DISABLE_IMPLICIT_TOKEN`` is true; else from where only huggingface_hub gets one.
    Raises AuthenticationError when one is demanded and there is none, or what there is cannot be a token.
    """
    _check_type(requested)
    if isinstance(requested, str):
        return checked_token(requested, "the token argument")
    if requested is False or (requested is None and is_true(_variable("HF_HUB_DISABLE_IMPLICIT_TOKEN"))):
        return None
    usual = _from_environment() or _from_file() or _from_huggingface_hub()
    if requested is True and usual is None:
        message = (
            "There is no token, although token=True demands one. HF_TOKEN, or a token stored by `hf auth login`, was "
            f"expected (its file would be {token_path()}). Nothing was requested; log in, or pass the token."
        )
        raise AuthenticationError(message)
    return usual


def _check_type(requested: object) -> None:
    """Raise TypeError for what is no token; taken for none given, it would send the user's own."""
    if requested is not None and not isinstance(requested, str | bool):
        message = f"token has to be a text, True, False or None, and is of the type {type(requested).__name__}"
        raise TypeError(message)


def endpoint(requested: str | None = None) -> str:
    """The Hub's address: the requested one, ``HF_ENDPOINT``, or the public Hub. Raises NetworkError for what can be none."""
    return checked_endpoint(requested or _variable("HF_ENDPOINT") or DEFAULT_ENDPOINT)


def cache_dir(requested: str | os.PathLike[str] | None = None) -> Path:
    """The folder of model caches: the requested one, or huggingface_hub's."""
    if requested is not None and os.fspath(requested):
        return Path(os.path.expanduser(os.fspath(requested)))  # noqa: PTH111 - Path's raises without a home
    named = _variable("HF_HUB_CACHE") or _variable("HUGGINGFACE_HUB_CACHE")
    return Path(_expanded(named) if named else os.path.join(_home(), "hub"))  # noqa: PTH118 - text in, text out


def token_path() -> Path:
    """The file that ``hf auth login`` writes the token to."""
    named = _variable("HF_TOKEN_PATH")
    return Path(_expanded(named) if named else os.path.join(_home(), "token"))  # noqa: PTH118 - as above


def is_offline() -> bool:
    """Whether no request may be made: as the environment says, or else because the process told huggingface_hub so."""
    if (said := _variable("HF_HUB_OFFLINE") or _variable("TRANSFORMERS_OFFLINE")) is not None:
        return is_true(said)
    constants = sys.modules.get("huggingface_hub.constants")
    return getattr(constants, "HF_HUB_OFFLINE", False) is True


def _home() -> str:
    """``HF_HOME``, the folder of everything of Hugging Face's."""
    named = _variable("HF_HOME")
    base = _variable("XDG_CACHE_HOME") or os.path.join("~", ".cache")  # noqa: PTH118 - expanded below
    return _expanded(named or os.path.join(base, "huggingface"))  # noqa: PTH118 - as above


def _expanded(path: str) -> str:
    return os.path.expandvars(os.path.expanduser(path))  # noqa: PTH111 - Path has no variables, and raises without a home


def _variable(name: str) -> str | None:
    return os.environ.get(name) or None


def _from_environment() -> str | None:
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        if value := _variable(name):
            return checked_token(value, f"the variable {name}")
    return None


def _from_file() -> str | None:
    path = token_path()
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        message = (
            f"The token file {path} cannot be read ({error.strerror}). A file that this user may read, or none, was "
            "expected. Nothing was requested; mend its rights, or pass token=False to go without."
        )
        raise AuthenticationError(message) from error
    return checked_token(text.decode("utf-8", "replace"), f"the token file {path}")


def _from_huggingface_hub() -> str | None:
    """What only huggingface_hub can get: a token by OIDC, or a Colab secret.

    It is imported only where one of these can be, and asked only when the token file it would read is ours.
    """
    if not (_variable("HF_OIDC_RESOURCE") or "google.colab" in sys.modules):
        return None
    try:
        from huggingface_hub import constants, get_token  # noqa: PLC0415 - 100 ms, and may not be installed
    except ImportError:
        return None
    if Path(constants.HF_TOKEN_PATH) != token_path():
        return None
    try:
        found = get_token()
    except Exception as error:  # noqa: BLE001 - whatever it is, it means there is no token
        message = (
            f"huggingface_hub could not get a token ({type(error).__name__}). One by OIDC (HF_OIDC_RESOURCE is set) or from "
            "the Colab secrets was expected. Nothing was requested of the Hub; mend it, or pass token=False."
        )
        raise AuthenticationError(message) from None  # its text may hold what was exchanged
    return None if found is None else checked_token(found, "the token from huggingface_hub")
