"""The file ``model.bin`` of CTranslate2, and the variables in it.

Rule: a variable tells its size before it makes its data, and makes its data in blocks, so a file of any size is planned
exactly and written without being held.

Format: CTranslate2's binary version 6, all little-endian: the version (u32), the name of the specification (text) and its
revision (u32); the number of variables (u32), each with its name (text), rank (u8), dimensions (u32 each), type (u8), size
in bytes (u32) and data; the number of aliases (u32). A text is its length with a final NUL (u16), its bytes, the NUL.
Source: ``ModelSpec._serialize`` in ``ctranslate2/specs/model_spec.py`` (4.8).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from math import prod
from typing import TYPE_CHECKING, BinaryIO

from .numbers import NOISE, Vector, noise_floats, noise_int8

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

BINARY_VERSION = 6


class Type(IntEnum):
    """The types used here, by the number that the file has for them."""

    FLOAT32 = 0
    INT8 = 1
    INT16 = 2


_BYTES = {Type.FLOAT32: 4, Type.INT8: 1, Type.INT16: 2}
_INT8_MAX = 127


@dataclass(frozen=True, slots=True)
class Variable:
    """One weight, bias or number; a scalar has the shape ``()``."""

    name: str
    shape: tuple[int, ...]
    type: Type
    blocks: Callable[[], Iterable[bytes]]

    @property
    def nbytes(self) -> int:
        """Bytes of the data."""
        return prod(self.shape) * _BYTES[self.type]

    @property
    def header(self) -> bytes:
        """What stands before the data."""
        shape = struct.pack(f"<B{len(self.shape)}I", len(self.shape), *self.shape)
        return _text(self.name) + shape + struct.pack("<BI", self.type, self.nbytes)


def scalar(name: str, value: int, kind: Type) -> Variable:
    """One integer."""
    data = value.to_bytes(_BYTES[kind], "little", signed=True)
    return Variable(name, (), kind, lambda: [data])


def constant(name: str, shape: tuple[int, ...], value: float) -> Variable:
    """The same float32 everywhere."""
    return Variable(name, shape, Type.FLOAT32, lambda: [struct.pack("<f", value) * prod(shape)])


def noise(name: str, shape: tuple[int, ...], seed: int) -> Variable:
    """Small random float32."""
    return Variable(name, shape, Type.FLOAT32, lambda: noise_floats(f"{seed}/{name}", prod(shape), "<f"))


def linear(name: str, outputs: int, inputs: int, seed: int) -> Iterator[Variable]:
    """A linear layer of small random weights as int8, the scale of each row, and a bias of zeros."""
    seed_text = f"{seed}/{name}"
    yield Variable(f"{name}/weight", (outputs, inputs), Type.INT8, lambda: noise_int8(seed_text, outputs * inputs))
    yield constant(f"{name}/weight_scale", (outputs,), _INT8_MAX / NOISE)
    yield constant(f"{name}/bias", (outputs,), 0.0)


def table(name: str, rows: int, width: int, meanings: dict[int, Vector], seed: int) -> Iterator[Variable]:
    """A matrix as int8 whose rows are meanings where ``meanings`` has one, small random weights elsewhere."""

    def weights() -> Iterator[bytes]:
        data = bytearray().join(noise_int8(f"{seed}/{name}", rows * width))
        packed = {
            signs: struct.pack(f"<{width}b", *(_INT8_MAX * sign for sign in signs)) for signs in {*meanings.values()}
        }
        for row, signs in meanings.items():
            data[row * width : (row + 1) * width] = packed[signs]
        yield bytes(data)

    def scales() -> Iterator[bytes]:
        yield b"".join(struct.pack("<f", _INT8_MAX if row in meanings else _INT8_MAX / NOISE) for row in range(rows))

    yield Variable(f"{name}/weight", (rows, width), Type.INT8, weights)
    yield Variable(f"{name}/weight_scale", (rows,), Type.FLOAT32, scales)


def file_size(spec: str, variables: Iterable[Variable]) -> int:
    """Bytes of the file, known without making any data."""
    return len(_head(spec, 0, 0)) + sum(len(one.header) + one.nbytes for one in variables) + len(_NO_ALIASES)


def write(file: BinaryIO, spec: str, revision: int, variables: Iterable[Variable]) -> None:
    """Write the whole file, in the order of the names, a block at a time."""
    ordered = sorted(variables, key=lambda one: one.name)
    file.write(_head(spec, revision, len(ordered)))
    for one in ordered:
        file.write(one.header)
        file.writelines(one.blocks())
    file.write(_NO_ALIASES)


_NO_ALIASES = struct.pack("<I", 0)


def _head(spec: str, revision: int, variables: int) -> bytes:
    return struct.pack("<I", BINARY_VERSION) + _text(spec) + struct.pack("<II", revision, variables)


def _text(text: str) -> bytes:
    data = text.encode() + b"\0"
    return struct.pack("<H", len(data)) + data
