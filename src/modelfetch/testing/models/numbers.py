"""The two kinds of numbers that the models are made of: meanings, and noise.

Rule: meanings are Walsh functions, vectors of +1 and -1 that are orthogonal to each other, so that a token which looks
for one of them hears nothing of the others. All other weights are noise, small enough that the layers run and change
nothing: uniform, from ``random.Random.randbytes`` seeded by a text, which gives the same bytes on every Python.
"""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

NOISE = 0.01
"""The largest noise weight: the sum over a layer of some thousand stays far below a meaning's 1."""

_BLOCK = 1 << 16

Vector = tuple[int, ...]
"""Numbers that are +1 or -1."""


def meaning(number: int, width: int) -> Vector:
    """The Walsh function ``number`` (from 1 on; 0 is constant) of ``width`` places, a power of two above it."""
    return tuple(1 - 2 * ((number & place).bit_count() & 1) for place in range(width))


def noise_bytes(seed: str, count: int) -> Iterator[bytes]:
    """``count`` random bytes in blocks: packed noise of any integer type."""
    source = random.Random(seed)
    for start in range(0, count, _BLOCK):
        yield source.randbytes(min(_BLOCK, count - start))


def noise_int8(seed: str, count: int) -> Iterator[bytes]:
    """``count`` random integers from -127 to 127; -128 has no partner and is left out, as a quantizer does."""
    return (block.replace(b"\x80", b"\x00") for block in noise_bytes(seed, count))


def noise_floats(seed: str, count: int, form: Literal["<f", "<e"]) -> Iterator[bytes]:
    """``count`` random numbers between ``-NOISE`` and ``NOISE``, packed one by one as ``form`` says (see ``struct``)."""
    packed = [struct.pack(form, NOISE * (number - 127.5) / 127.5) for number in range(256)]
    return (b"".join(map(packed.__getitem__, block)) for block in noise_bytes(seed, count))
