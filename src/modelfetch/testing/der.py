"""DER (ITU-T X.690), as much of it as a certificate needs: each function returns one encoded value."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_SHORT = 0x80


def tagged(tag: int, *parts: bytes) -> bytes:
    """Any value: its tag, its length, and its parts."""
    content = b"".join(parts)
    if len(content) < _SHORT:
        return bytes([tag, len(content)]) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([tag, _SHORT | len(length)]) + length + content


def sequence(*parts: bytes) -> bytes:
    """SEQUENCE."""
    return tagged(0x30, *parts)


def integer(number: int) -> bytes:
    """INTEGER, not negative."""
    return tagged(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def boolean(*, value: bool) -> bytes:
    """BOOLEAN."""
    return tagged(0x01, b"\xff" if value else b"\x00")


def octets(content: bytes) -> bytes:
    """OCTET STRING."""
    return tagged(0x04, content)


def bits(content: bytes, unused: int = 0) -> bytes:
    """BIT STRING whose last ``unused`` bits do not count."""
    return tagged(0x03, bytes([unused]), content)


def text(content: str) -> bytes:
    """UTF8String."""
    return tagged(0x0C, content.encode())


def time(moment: datetime) -> bytes:
    """UTCTime, for moments before 2050."""
    return tagged(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())


def oid(dotted: str) -> bytes:
    """OBJECT IDENTIFIER."""
    first, second, *rest = map(int, dotted.split("."))
    return tagged(0x06, *map(_base_128, (40 * first + second, *rest)))


def _base_128(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(number & 0x7F | 0x80)
    return bytes(reversed(digits))
