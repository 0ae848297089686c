"""A throw-away certificate authority: https on loopback with nothing but the standard library.

Rule: the chain passes the strict checks of Python 3.13 and later (RFC 5280: key identifiers, key usage).
"""

from __future__ import annotations

import hashlib
import secrets
import ssl
from base64 import encodebytes
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

from . import der
from .p256 import Key

if TYPE_CHECKING:
    from pathlib import Path

_SIGNED_WITH = der.sequence(der.oid("1.2.840.10045.4.3.2"))
_ADDRESSES = ("127.0.0.1", "127.0.0.2")
_LIFETIME = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Party:
    """Who a certificate is for, or from."""

    name: str
    key: Key

    @property
    def subject(self) -> bytes:
        """The distinguished name."""
        return der.sequence(der.tagged(0x31, der.sequence(der.oid("2.5.4.3"), der.text(self.name))))

    @property
    def key_id(self) -> bytes:
        """What certificates call the key by."""
        return hashlib.sha1(self.key.point, usedforsecurity=False).digest()


def server_context(folder: Path) -> ssl.SSLContext:
    """A context for a server on loopback; ``folder / "ca.pem"`` is then what its clients have to trust."""
    authority, server = Party("LocalHub authority", Key.new()), Party("LocalHub", Key.new())
    chain = folder / "server.pem"
    (folder / "ca.pem").write_text(
        _pem("CERTIFICATE", _certificate(authority, authority, _authority_rights(authority)))
    )
    certificate = _certificate(server, authority, _server_rights(server, authority))
    chain.write_text(_pem("EC PRIVATE KEY", server.key.private_info) + _pem("CERTIFICATE", certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context


def _certificate(subject: Party, issuer: Party, extensions: bytes) -> bytes:
    now = datetime.now(UTC)
    body = der.sequence(
        der.tagged(0xA0, der.integer(2)),
        der.integer(1 + secrets.randbits(63)),
        _SIGNED_WITH,
        issuer.subject,
        der.sequence(der.time(now - timedelta(days=1)), der.time(now + _LIFETIME)),
        subject.subject,
        subject.key.public_info,
        der.tagged(0xA3, extensions),
    )
    return der.sequence(body, _SIGNED_WITH, der.bits(issuer.key.sign(body)))


def _authority_rights(authority: Party) -> bytes:
    return der.sequence(
        _extension("2.5.29.19", der.sequence(der.boolean(value=True)), critical=True),
        _extension(
            "2.5.29.15", der.bits(b"\x06", unused=1), critical=True
        ),  # may sign certificates and their revocation
        _extension("2.5.29.14", der.octets(authority.key_id)),
    )


def _server_rights(server: Party, authority: Party) -> bytes:
    addresses = (der.tagged(0x87, ip_address(address).packed) for address in _ADDRESSES)
    return der.sequence(
        _extension("2.5.29.19", der.sequence(), critical=True),
        _extension("2.5.29.15", der.bits(b"\x80", unused=7), critical=True),  # may sign handshakes
        _extension("2.5.29.37", der.sequence(der.oid("1.3.6.1.5.5.7.3.1"))),  # as a server
        _extension("2.5.29.17", der.sequence(der.tagged(0x82, b"localhost"), *addresses)),
        _extension("2.5.29.14", der.octets(server.key_id)),
        _extension("2.5.29.35", der.sequence(der.tagged(0x80, authority.key_id))),
    )


def _extension(dotted: str, value: bytes, *, critical: bool = False) -> bytes:
    mark = (der.boolean(value=True),) if critical else ()
    return der.sequence(der.oid(dotted), *mark, der.octets(value))


def _pem(label: str, content: bytes) -> str:
    return f"-----BEGIN {label}-----\n{encodebytes(content).decode()}-----END {label}-----\n"
