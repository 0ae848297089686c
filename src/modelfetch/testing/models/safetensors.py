"""Files of the format safetensors, and the index that goes with several of them.

Rule: tensors lie in the order in which they are given, without gaps; a tensor is never split between files.

Format: the size of the header (u64, little-endian); the header, JSON that maps each name to its type, shape and place in
the data, padded with spaces to 8 bytes; the data. Source: https://huggingface.co/docs/safetensors, "Format".
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .tokenizer import to_json

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Tensor:
    """A named array with its bytes."""

    name: str
    type: Literal["F16", "U32"]
    shape: tuple[int, ...]
    data: bytes


def weight_files(tensors: Sequence[Tensor], shards: int) -> dict[str, bytes]:
    """One ``model.safetensors``; or shards of about as many tensors each, and their index. Named as by transformers."""
    if shards == 1:
        return {"model.safetensors": _file(tensors)}
    names = [f"model-{number:05}-of-{shards:05}.safetensors" for number in range(1, shards + 1)]
    parts = [
        tensors[number * len(tensors) // shards : (number + 1) * len(tensors) // shards] for number in range(shards)
    ]
    index = {
        "metadata": {"total_size": sum(len(tensor.data) for tensor in tensors)},
        "weight_map": {tensor.name: name for name, part in zip(names, parts, strict=True) for tensor in part},
    }
    files = {name: _file(part) for name, part in zip(names, parts, strict=True)}
    return {**files, "model.safetensors.index.json": to_json(index)}


def _file(tensors: Sequence[Tensor]) -> bytes:
    header: dict[str, object] = {"__metadata__": {"format": "mlx"}}
    end = 0
    for tensor in tensors:
        start, end = end, end + len(tensor.data)
        header[tensor.name] = {"dtype": tensor.type, "shape": tensor.shape, "data_offsets": (start, end)}
    text = to_json(header)
    text += b" " * (-len(text) % 8)
    return b"".join((struct.pack("<Q", len(text)), text, *(tensor.data for tensor in tensors)))
