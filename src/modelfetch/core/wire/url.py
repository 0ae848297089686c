"""Which addresses are asked, followed, shown and sent a token.

Rule: a request goes to an http or https URL alone, a redirect has to keep its scheme, a token goes to the endpoint's own
origin and nowhere else, and what is shown of a URL is neither its credentials nor its signed query.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin, urlsplit

from ...errors import NetworkError

DEFAULT_PORTS = {"http": 80, "https": 443}
"""Schemes that are spoken, to the port of a URL that names none."""

MOST_REDIRECTS = 10
"""In a row; RFC 9110 section 15.4 leaves the number to the client, browsers take 20."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})

_LONGEST_SHOWN = 200
_URL_TEXT = re.compile("[!-~]*")


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: what has to be equal for two URLs to be of one origin (RFC 6454).

    Raises NetworkError for what is no http or https URL, so that no request is made to it.
    """
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        raise _no_address(url) from None
    if scheme not in DEFAULT_PORTS or not host or not _URL_TEXT.fullmatch(url):
        raise _no_address(url)
    return scheme, host, port or DEFAULT_PORTS[scheme]


def may_carry_token(url: str, endpoint: str) -> bool:
    """Whether a request to ``url`` may show the token that belongs to ``endpoint``."""
    return origin(url) == origin(endpoint)


def elsewhere(url: str, endpoint: str) -> str | None:
    """The origin of ``url`` as a message names it; None where it is ``endpoint``'s own."""
    return None if may_carry_token(url, endpoint) else "/".join(_bare(url).split("/", 3)[:3])


def joined(url: str, reference: str) -> str:
    """What ``reference`` means in an answer from ``url``. Raises NetworkError when that is no http or https URL.

    A header's characters are the bytes that were sent (Latin-1); those that no URL may hold are percent-encoded.
    """
    reference = re.sub("[^!-~]", lambda found: quote(found[0].encode("latin-1", "replace")), reference.strip(" \t"))
    try:
        target = urljoin(url, reference)
    except ValueError:
        raise _no_address(reference) from None
    origin(target)
    return target


def redirected(url: str, location: str | None) -> str:
    """Where ``url`` redirects to. Raises NetworkError where following would be unsafe."""
    if not location:
        raise _unsafe_redirect(url, "it says not where to")
    try:
        target = joined(url, location)
    except NetworkError:
        raise _unsafe_redirect(url, f"{shown(location)!r} is no http or https address") from None
    old, new = origin(url)[0], origin(target)[0]
    if old != new:
        hint = " (an endpoint that begins with https:// may be meant)" if new == "https" else ""
        raise _unsafe_redirect(url, f"it leads from {old} to {new}{hint}")
    return target


def shown(url: str) -> str:
    """``url`` as it may appear in a message: without credentials and without its signed query."""
    return _bare(url)[:_LONGEST_SHOWN]


def public_endpoint(endpoint: str) -> str:
    """``endpoint`` as a plan or a message may show it to anybody, without a slash at its end."""
    return _bare(endpoint).rstrip("/")


def _bare(url: str) -> str:
    front = re.split("[?#]", url, maxsplit=1)[0]
    return re.sub("^([^/]*//)[^/]*@", r"\1", front)


def _no_address(url: str) -> NetworkError:
    return NetworkError(
        f"{shown(url)!r} is no address to ask. An http:// or https:// URL in plain ASCII was expected. Nothing was "
        "requested of it; check the endpoint (endpoint=..., HF_ENDPOINT)."
    )


def _unsafe_redirect(url: str, why: str) -> NetworkError:
    return NetworkError(
        f"A redirect from {shown(url)} was refused: {why}. A redirect to the same scheme was expected. It was not "
        "followed; check the endpoint (endpoint=..., HF_ENDPOINT) and any proxy between."
    )
