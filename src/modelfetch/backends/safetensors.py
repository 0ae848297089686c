"""Whether a safetensors file is whole, from its header alone.

Format: the size of the header (u64, little-endian), the header (JSON: names to ``data_offsets`` among other things), the data.
Source: https://huggingface.co/docs/safetensors, "Format".
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

from ..errors import IntegrityError
from .header import opened

if TYPE_CHECKING:
    from pathlib import Path

_LENGTH = struct.Struct("<Q")
_LONGEST_HEADER = 100_000_000
"""Bytes; the limit of the format's own implementation."""


def check(path: Path) -> None:
    """Raise IntegrityError when ``path`` is not as long as its header says, or has none."""
    actual = path.stat().st_size
    with opened(path) as file:
        first = file.read(_LENGTH.size)
        length = _LENGTH.unpack(first)[0] if len(first) == _LENGTH.size else -1
        if not 0 < length <= min(_LONGEST_HEADER, max(actual - _LENGTH.size, 0)):
            raise _flaw(path, "a header and tensors", f"{actual} bytes without a header of safetensors")
        expected = _LENGTH.size + length + _data_size(path, file.read(length))
    if actual != expected:
        raise _flaw(path, f"{expected} bytes", f"{actual} bytes")


def _data_size(path: Path, header: bytes) -> int:
    try:
        tensors = json.loads(header)
        return max(
            (int(tensor["data_offsets"][1]) for name, tensor in tensors.items() if name != "__metadata__"), default=0
        )
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError):
        raise _flaw(path, "a header and tensors", "no header of safetensors") from None


def _flaw(path: Path, expected: str, actual: str) -> IntegrityError:
    message = (
        f"The weights {path.name} are damaged: {expected} were expected by their format, and {path} has {actual}. "
        "Nothing was loaded; remove the model with remove_cached() and download it again."
    )
    return IntegrityError(message, path=path.name, expected=expected, actual=actual)
