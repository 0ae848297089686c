"""CTranslate2 through faster-whisper: Whisper models.

Files: ``download_model`` of faster-whisper 1.2.1. ``tokenizer.json`` counts as needed because faster-whisper asks the Hub for
it when it is not there. ``preprocessor_config.json`` says how many mel bands a model hears; those of 80, which
faster-whisper takes for granted, ship none, so the weights tell whether it is needed.

Memory: measured with faster-whisper 1.2.1 and CTranslate2 4.8.5 on a CPU (see ``benchmarks/memory.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.models.fit import MemoryEstimate
from ..core.text import bytes_text
from ..errors import BackendError, IntegrityError, NotCachedError
from .backend import Backend
from .ctranslate2_file import TYPES, NotAModelError, read

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

WEIGHTS = "model.bin"
BANDS = "preprocessor_config.json"
_USUAL_BANDS = 80
_WHISPER = "WhisperSpec"
_WHOSE_FILES = ("model_size_or_path", "download_root", "local_files_only", "files", "use_auth_token")
"""Options of WhisperModel that say where files come from, which is what ``load_cached`` decides."""

_BYTES = {"float32": 4, "int8": 1, "int16": 2, "int32": 4, "float16": 2, "bfloat16": 2}
_ON_A_CPU = {"float16": "float32", "bfloat16": "float32", "int8": "int8_float32", "int16": "float32"}
"""What ``compute_type="default"`` makes of a stored type on a CPU: what it cannot compute with becomes float32."""

_USUAL_TYPE = "float16"
"""The type of all models that faster-whisper names; a file's own is known once it is here."""

_PACKAGES = 61 << 20
_FIXED = 25 << 20
_SCALES = 1.06
"""What int8 takes beyond a byte for each weight: the scale of each row, and what stays float32."""

_WORK = 110 << 20
_WORK_PER_WEIGHT = 0.45
"""Bytes for 30 s of sound with a beam of 5: a fixed part, and a part for each weight."""


def _recognises(paths: Collection[str]) -> str | None:
    names = set(paths)
    words = sorted(names & {"vocabulary.json", "vocabulary.txt"})
    return f"{WEIGHTS} and {words[0]}, as CTranslate2 writes a Whisper model" if WEIGHTS in names and words else None


def _check(folder: Path) -> None:
    path = folder / WEIGHTS
    try:
        model = read(path)
    except NotAModelError as why:
        message = (
            f"The weights {WEIGHTS} are damaged: {why}. A whole model of CTranslate2 was expected in {path}. Nothing "
            "was loaded; remove the model with remove_cached() and download it again."
        )
        raise IntegrityError(message, path=WEIGHTS, expected="a whole model of CTranslate2", actual=str(why)) from None
    if model.spec != _WHISPER:
        message = (
            f"{path} holds a CTranslate2 model of the kind {model.spec}. A Whisper model ({_WHISPER}) was expected, because the "
            "backend ctranslate2 loads with faster-whisper. Nothing was loaded; choose a Whisper model, or register a "
            "backend for this kind."
        )
        raise BackendError(message, backend="ctranslate2")
    if model.mels not in {None, _USUAL_BANDS} and not (folder / BANDS).is_file():
        message = (
            f"{BANDS} is missing: the model in {folder} hears {model.mels} mel bands, and without that file faster-whisper "
            f"would give it {_USUAL_BANDS}. All files that the model needs were expected. Nothing was loaded; download the "
            "model to complete it."
        )
        raise NotCachedError(message, missing=(BANDS,))


def _facts(folder: Path) -> Mapping[str, object]:
    try:
        return {"stored_type": read(folder / WEIGHTS).stored_type}
    except (NotAModelError, OSError):
        return {}


def _memory(
    sizes: Mapping[str, int], options: Mapping[str, object], facts: Mapping[str, object], /
) -> MemoryEstimate | None:
    size = sizes.get(WEIGHTS)
    if size is None:
        return None
    stored = facts.get("stored_type")
    known = stored in TYPES
    stored = str(stored) if known else _USUAL_TYPE
    on_gpu = options.get("device") == "cuda"
    target = _computed_in(str(options.get("compute_type", "default")), stored, on_gpu=on_gpu)
    count = size / _BYTES[stored]
    weights = count * _BYTES[target] * (_SCALES if target == "int8" != stored else 1)
    resident = int(weights) + _FIXED + _PACKAGES
    converting = size + weights if target == "int8" != stored else 0.0
    work = _WORK + int(count * _WORK_PER_WEIGHT)
    peak = max(resident + work, int(converting) + _FIXED + _PACKAGES)
    reasons = [
        f"{WEIGHTS} is {bytes_text(size)} of {stored}{'' if known else ', as these models usually are'}",
        f"computed in {target}, the weights take {bytes_text(weights)}{' of the GPU' if on_gpu else ''}",
        f"faster-whisper and CTranslate2 take {bytes_text(_PACKAGES + _FIXED)}",
        f"30 s of sound with a beam of 5 takes {bytes_text(work)}",
    ]
    if converting > weights + work:
        reasons.append(f"while they are converted, both forms of the weights are held: {bytes_text(converting)}")
    return MemoryEstimate(peak, resident, "; ".join(reasons))


def _computed_in(asked: str, stored: str, *, on_gpu: bool) -> str:
    """The type that weights have in memory, for an option such as ``int8_float32`` or ``default``."""
    usual = stored if on_gpu else _ON_A_CPU.get(stored, stored)
    first = (usual if asked in {"default", "auto"} else asked).split("_", maxsplit=1)[0]
    return first if first in _BYTES else "float32"


def _load(folder: Path, /, **options: object) -> object:
    """A ``faster_whisper.WhisperModel``. Options: its own."""
    if taken := [name for name in _WHOSE_FILES if name in options]:
        message = (
            f"load_cached() takes no {taken[0]!r}: the files of a cached model are in {folder}. Options of "
            "WhisperModel such as device or compute_type were expected. Nothing was loaded; leave it out."
        )
        raise BackendError(message, backend="ctranslate2")
    from faster_whisper import WhisperModel  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415 - optional, heavy

    return WhisperModel(str(folder), local_files_only=True, **options)


CTRANSLATE2 = Backend(
    name="ctranslate2",
    package="faster_whisper",
    install="modelfetch[whisper]",
    patterns=("config.json", BANDS, WEIGHTS, "tokenizer.json", "vocabulary.*"),
    needed=((WEIGHTS,), ("config.json",), ("tokenizer.json",), ("vocabulary.json", "vocabulary.txt")),
    recognises=_recognises,
    check=_check,
    facts=_facts,
    memory=_memory,
    load=_load,
)
"""``load_cached`` returns a ``faster_whisper.WhisperModel``; its options are that class's own."""
