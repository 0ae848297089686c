"""ECDSA with SHA-256 on the curve P-256 (FIPS 186-5): keys and signatures for throw-away certificates.

Rule: for tests only. It is plain arithmetic that takes no care to hide the key from who measures its time.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from functools import cached_property

from . import der

_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_CURVE = der.oid("1.2.840.10045.3.1.7")
_PUBLIC_KEY = der.oid("1.2.840.10045.2.1")

Point = tuple[int, int] | None
"""A point of the curve; None is the one at infinity."""


def _add(one: Point, two: Point) -> Point:
    if one is None or two is None:
        return one or two
    (x1, y1), (x2, y2) = one, two
    if x1 == x2 and (y1 + y2) % _P == 0:
        return None
    slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, _P) if one == two else (y2 - y1) * pow(x2 - x1, -1, _P)
    x = (slope * slope - x1 - x2) % _P
    return x, (slope * (x1 - x) - y1) % _P


def _times(factor: int) -> tuple[int, int]:
    total: Point = None
    doubled: Point = _G
    while factor:
        if factor & 1:
            total = _add(total, doubled)
        doubled = _add(doubled, doubled)
        factor >>= 1
    if total is None:
        message = "a multiple of the curve's order was asked for"
        raise ValueError(message)
    return total


@dataclass(frozen=True)
class Key:
    """A private key: a number between 1 and the curve's order."""

    secret: int

    @classmethod
    def new(cls) -> Key:
        """A random one."""
        return cls(1 + secrets.randbelow(_N - 1))

    @cached_property
    def point(self) -> bytes:
        """The public key, uncompressed."""
        x, y = _times(self.secret)
        return b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")

    @property
    def public_info(self) -> bytes:
        """The public key as certificates carry it (SubjectPublicKeyInfo)."""
        return der.sequence(der.sequence(_PUBLIC_KEY, _CURVE), der.bits(self.point))

    @property
    def private_info(self) -> bytes:
        """The private key as PEM files carry it (``EC PRIVATE KEY``, RFC 5915)."""
        secret = der.octets(self.secret.to_bytes(32, "big"))
        return der.sequence(der.integer(1), secret, der.tagged(0xA0, _CURVE), der.tagged(0xA1, der.bits(self.point)))

    def sign(self, message: bytes) -> bytes:
        """The signature of ``message``, in DER."""
        digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
        nonce = 1 + secrets.randbelow(_N - 1)
        r = _times(nonce)[0] % _N
        s = pow(nonce, -1, _N) * (digest + r * self.secret) % _N
        return der.sequence(der.integer(r), der.integer(s)) if r and s else self.sign(message)
