"""What a ``model.bin`` of CTranslate2 says of itself, read by seeking over its weights.

Format: binary version 2 to 6, little-endian: the version (u32), the name of the specification (text) and its revision (u32); the
number of variables (u32), each with its name (text), rank (u8), dimensions (u32 each), type (u8), size in bytes (u32) and data;
the number of aliases (u32), each two texts. A text is its length with a final NUL (u16), its bytes, the NUL.
Source: ``ModelSpec._serialize`` in ``ctranslate2/specs/model_spec.py`` and ``Model::load`` in ``src/models/model.cc`` (4.8).
"""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from .header import opened

if TYPE_CHECKING:
    from pathlib import Path

_NEWEST = 6
_OLDEST = 5
"""Types are numbered since version 4, aliases come since version 3; what is older is not walked."""

TYPES = ("float32", "int8", "int16", "int32", "float16", "bfloat16")
"""By the number that the file has for them."""

_MOST_VARIABLES = 1 << 20
_MATRIX = 2

_HEARING = "encoder/conv1/weight"
"""The first thing that a Whisper does to sound: a weight of channels by mel bands by width."""


class NotAModelError(Exception):
    """The file is not of this format, or ends before its time. ``str`` says how."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What it is: ``spec`` is ``WhisperSpec`` for a Whisper, ``stored_type`` the type of most bytes of its matrices.

    ``mels``: the mel bands that a Whisper hears; None for anything else.
    """

    spec: str
    stored_type: str
    mels: int | None


def read(path: Path) -> ModelFile:
    """What the file says. Raises NotAModelError, OSError."""
    with opened(path) as file:
        size = file.seek(0, 2)
        file.seek(0)
        try:
            return _read(file, size)
        except (struct.error, UnicodeDecodeError):
            message = f"it ends after {size} bytes, in the middle of a word"
            raise NotAModelError(message) from None


def _read(file: BinaryIO, size: int) -> ModelFile:
    version = _number(file, "I")
    if not _OLDEST <= version <= _NEWEST:
        message = f"its first four bytes are {version:#010x}, which is no version of the format"
        raise NotAModelError(message)
    spec, _, count = _text(file), _number(file, "I"), _number(file, "I")
    held: Counter[str] = Counter()
    mels = None
    for _ in range(min(count, _MOST_VARIABLES)):
        name, shape = _variable(file, size, held)
        if name == _HEARING and len(shape) >= _MATRIX:
            mels = shape[1]
    for _ in range(2 * _number(file, "I")):
        _text(file)
    stored = held.most_common(1)[0][0] if held else TYPES[0]
    return ModelFile(spec, stored, mels)


def _variable(file: BinaryIO, size: int, held: Counter[str]) -> tuple[str, tuple[int, ...]]:
    """Its name and its dimensions. Its bytes are added to those of its type in ``held``, if it is a matrix."""
    name = _text(file)
    shape = tuple(_number(file, "I") for _ in range(_number(file, "B")))
    kind, length = _number(file, "B"), _number(file, "I")
    if kind >= len(TYPES):
        message = f"it has a weight of type {kind}, which is none"
        raise NotAModelError(message)
    end = file.seek(length, 1)
    if end > size:
        message = f"it ends after {size} bytes, in the middle of its weights"
        raise NotAModelError(message)
    if len(shape) >= _MATRIX:
        held[TYPES[kind]] += length
    return name, shape


def _number(file: BinaryIO, form: str) -> int:
    packed = struct.Struct("<" + form)
    value = packed.unpack(file.read(packed.size))[0]
    return int(value)


def _text(file: BinaryIO) -> str:
    length = _number(file, "H")
    data = file.read(length)
    if len(data) < length:
        raise struct.error
    return data.rstrip(b"\0").decode()
