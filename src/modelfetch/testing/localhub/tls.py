"""A throw-away certificate authority, for https on loopback."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_NAMES = ("127.0.0.1", "127.0.0.2", "localhost")


def server_context(folder: Path) -> ssl.SSLContext:
    """A context for a server on loopback; ``folder / "ca.pem"`` is then what its clients have to trust.

    Raises ImportError where trustme, which makes the certificates, is not installed.
    """
    try:
        import trustme  # noqa: PLC0415 - for those who want https alone
    except ImportError as error:
        message = "LocalHub(tls=True) needs the package trustme for its certificates: pip install trustme"
        raise ImportError(message) from error

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*_NAMES).configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    return context
