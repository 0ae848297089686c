"""Which token the endpoint of a plan may be shown.

Rule: a plan can come from anybody, and names the endpoint that it is carried out at. Unless the call names another, that
endpoint is asked; but the user's usual token is shown to it only where it is of the usual endpoint's own origin. A token that
the call itself gives goes where the call goes.
"""

from __future__ import annotations

from .url import may_carry_token


def asked_endpoint(planned: str, usual: str, requested: str | None) -> str:
    """Where a plan made at ``planned`` is carried out; ``usual`` is what ``requested`` (None and empty: nothing) comes to."""
    return usual if requested else planned


def allowed_token(endpoint: str, usual: str, *, requested: str | bool | None) -> str | bool | None:
    """What a call ``requested`` as its token, for ``endpoint``: False (none) where that is the usual one and not meant for there.

    Raises NetworkError when ``endpoint`` is no http or https address.
    """
    return requested if isinstance(requested, str) or may_carry_token(endpoint, usual) else False
