"""What a user's settings may say: a switch, a token, an endpoint, whether in a variable, a file or an argument.

Rule: a setting that cannot be meant is refused before anything is asked, and no refusal repeats a secret.
"""

from __future__ import annotations

import re

from ...errors import AuthenticationError, NetworkError
from .url import origin

_TRUE = frozenset({"1", "ON", "YES", "TRUE"})
"""``ENV_VARS_TRUE_VALUES`` of huggingface_hub, in any case."""


def is_true(value: str | None) -> bool:
    """Whether a variable switches something on."""
    return value is not None and value.upper() in _TRUE


def checked_token(text: str, source: str) -> str | None:
    """The token without the space around it; None when nothing is left.

    Raises AuthenticationError, which names the ``source``, for what no HTTP header takes.
    """
    stripped = text.strip()
    if any(not "!" <= char <= "~" for char in stripped):
        message = (
            f"What {source} holds cannot be a token: it has a space, line break or other character inside that no "
            "HTTP header takes. One line of letters, digits and punctuation was expected. Nothing was sent; copy the "
            "token again from https://huggingface.co/settings/tokens."
        )
        raise AuthenticationError(message)
    return stripped or None


def checked_endpoint(address: str) -> str:
    """A Hub's address without a slash at its end.

    Raises NetworkError for what is no plain http or https address: a name or password in it would not be sent, and
    would be seen in plans and messages; behind a ``?`` or ``#`` no path can follow.
    """
    address = address.rstrip("/")
    if any(sign in address for sign in "@?#\\"):
        message = (
            f"The endpoint ...{re.split('[?#]', address.rpartition('@')[2])[0]} has a part that none may have: a name or "
            "password, a query, a fragment or a backslash. http://host or https://host was expected, with a port or path "
            "where there is one. Nothing was requested; mend endpoint=... or HF_ENDPOINT, and log in with a token."
        )
        raise NetworkError(message)
    origin(address)
    return address
