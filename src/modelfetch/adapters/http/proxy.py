"""The way to an origin: straight, or through the proxy that the environment names; and whose certificates are believed.

Variables: ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY``, ``NO_PROXY`` and their kin as ``urllib.request`` reads them;
``REQUESTS_CA_BUNDLE`` and ``CURL_CA_BUNDLE`` add to the system's authorities; ``SSL_CERT_FILE`` takes the place of the
system's file wherever OpenSSL reads that (https://docs.openssl.org/3.0/man7/openssl-env/).
"""

from __future__ import annotations

import os
import ssl
import urllib.request
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from ...core.wire.url import DEFAULT_PORTS
from ...errors import NetworkError

if TYPE_CHECKING:
    from collections.abc import Mapping

_CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_NO_ADDRESS = "it is no address"


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where it listens, and the header that logs in to it."""

    host: str
    port: int
    login: Mapping[str, str] = field(default_factory=dict, repr=False)


def proxy_for(scheme: str, host: str, port: int, named: Mapping[str, str]) -> Proxy | None:
    """The proxy for an origin; ``named``: what the environment names for each scheme.

    Raises NetworkError for one that cannot be spoken to.
    """
    url = named.get(scheme) or named.get("all")
    if not url or urllib.request.proxy_bypass(f"{host}:{port}") or urllib.request.proxy_bypass(host):
        return None
    return _read(url if "//" in url else f"http://{url}")


def _read(url: str) -> Proxy:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _unusable(_NO_ADDRESS) from None
    if not host or parts.scheme not in DEFAULT_PORTS:
        raise _unusable(f"{parts.scheme}:// proxies are not spoken to" if host else "it names no host")
    login: dict[str, str] = {}
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        login["Proxy-Authorization"] = f"Basic {b64encode(pair).decode()}"
    return Proxy(host, port or DEFAULT_PORTS[parts.scheme], login)


def _unusable(why: str) -> NetworkError:
    return NetworkError(
        f"The proxy that the environment names cannot be used: {why}. http://host:port was expected. Nothing was "
        "requested; correct HTTP_PROXY, HTTPS_PROXY or ALL_PROXY, or name the host in NO_PROXY."
    )


class _TlsSocket(ssl.SSLSocket):
    """A socket whose peer may be gone, or that may be shut, before TLS is put on it.

    The base class raises then and leaves itself open behind; this one lets the handshake find out.
    """

    def getpeername(self) -> Any:
        try:
            return super().getpeername()
        except OSError:
            return None


def tls_context() -> ssl.SSLContext:
    """What checks certificates. Raises NetworkError for a CA file that cannot be read."""
    context = ssl.create_default_context()
    context.sslsocket_class = _TlsSocket
    for name in _CA_VARIABLES:
        bundle = os.environ.get(name)
        if bundle:
            try:
                context.load_verify_locations(**{"capath" if Path(bundle).is_dir() else "cafile": bundle})
            except OSError as error:
                raise _unreadable(name, bundle, error) from error
    return context


def _unreadable(name: str, bundle: str, error: OSError) -> NetworkError:
    return NetworkError(
        f"The certificates that {name} names cannot be read: {bundle} ({error.strerror or error}). A file of certificates in "
        f"PEM form, or a folder of them, was expected. Nothing was requested; correct {name}, or unset it."
    )
