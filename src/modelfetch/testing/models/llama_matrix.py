"""A llama's matrices as safetensors: rows that carry a meaning, small random weights elsewhere; float16, or 4-bit.

Format of 4-bit: MLX's affine quantization, where a weight is scale x q + bias, with one scale and bias (float16) for
each group of 32 in a row, and eight q of 0 to 15 in a u32, the lowest bits first.
Source: ``mlx.core.quantize`` in the documentation of MLX 0.32.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from .numbers import NOISE, Vector, noise_bytes, noise_floats
from .safetensors import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GROUP, BITS = 32, 4
_STEPS = (1 << BITS) - 1


@dataclass(frozen=True, slots=True)
class Matrix:
    """A linear layer or a table of embeddings. Row ``r`` is ``loudness`` x ``meanings[r]`` where there is one."""

    name: str
    shape: tuple[int, int]
    meanings: Mapping[int, Vector]
    loudness: float = 1.0

    def float16(self, seed: int) -> Iterator[Tensor]:
        """As one tensor."""
        noise = noise_floats(f"{seed}/{self.name}", prod(self.shape), "<e")
        sign = {value: struct.pack("<e", value * self.loudness) for value in (-1, 1)}
        rows = {row: b"".join(map(sign.__getitem__, signs)) for row, signs in self.meanings.items()}
        yield Tensor(f"{self.name}.weight", "F16", self.shape, _with_rows(noise, rows))

    def quantized(self, seed: int) -> Iterator[Tensor]:
        """As three tensors: the packed q, scales and biases."""
        height, width = self.shape
        noise = noise_bytes(f"{seed}/{self.name}", prod(self.shape) * BITS // 8)
        rows = {row: _packed(signs) for row, signs in self.meanings.items()}
        yield Tensor(f"{self.name}.weight", "U32", (height, width * BITS // 32), _with_rows(noise, rows))
        reach = [self.loudness if row in self.meanings else NOISE for row in range(height)]
        for part, factor in (("scales", 2 / _STEPS), ("biases", -1.0)):
            data = b"".join(struct.pack("<e", factor * largest) * (width // GROUP) for largest in reach)
            yield Tensor(f"{self.name}.{part}", "F16", (height, width // GROUP), data)


def _packed(signs: Vector) -> bytes:
    """The smallest q for -1 and the largest for +1, two in a byte."""
    q = [_STEPS if sign > 0 else 0 for sign in signs]
    return bytes(low | high << BITS for low, high in zip(q[::2], q[1::2], strict=True))


def _with_rows(noise: Iterator[bytes], rows: Mapping[int, bytes]) -> bytes:
    """The noise with some of its rows replaced."""
    data = bytearray().join(noise)
    for row, replacement in rows.items():
        data[row * len(replacement) : (row + 1) * len(replacement)] = replacement
    return bytes(data)
