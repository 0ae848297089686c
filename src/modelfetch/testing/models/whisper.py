"""Whisper models in the files that faster-whisper wants, which hear nothing and always say the same.

Rule: what is returned or written is what faster-whisper takes from a repo of such a model, no file more and no file less;
``preprocessor_config.json`` is there where the mel bands are not 80, as with the real ones.

Formats: ``model.bin``, see :mod:`.ctranslate2`; ``vocabulary.json``, ``config.json``: CTranslate2's ``WhisperSpec``;
``tokenizer.json``: the package tokenizers; ``preprocessor_config.json``: transformers' ``WhisperFeatureExtractor``.
Tried with faster-whisper 1.2.1 and CTranslate2 4.8.5.
"""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

from .ctranslate2 import file_size, write
from .tokenizer import to_json
from .whisper_layers import REVISION, SPEC, Shape, variables
from .whisper_words import LANGUAGES, SPACE, Words

if TYPE_CHECKING:
    from pathlib import Path

WHISPER_TEXT = " hello world"
"""What every Whisper of this module says for each window of 30 s; the space belongs to it, as with the real ones."""

_SPOKEN = tuple(f"{SPACE}{word}" for word in WHISPER_TEXT.split())
_USUAL_MELS, _MANY_MELS = 80, 128
_FULL_VOCABULARY = 51_866
_BIG = Shape(mels=_USUAL_MELS, width=512, heads=8, layers=(2, 4), hidden=(2048, 16))
_STEP = 16


def tiny_whisper(*, multilingual: bool = False, mels: int = 80, seed: int = 0) -> dict[str, bytes]:
    """The files of a tiny int8 Whisper, by name: about 0.7 MB in all, made in a fraction of a second.

    ``faster_whisper.WhisperModel(folder)`` loads them and transcribes everything, silence included, as
    :data:`WHISPER_TEXT`, one segment for each window of 30 s. A test of files, loading and plumbing, not of hearing. Two options of
    ``transcribe`` look at the sound themselves: ``vad_filter`` leaves nothing of a sound without speech, and
    ``word_timestamps`` may go back in a window and find the text again.

    Args:
        multilingual: True for many languages, of which it always detects ``en``; False for English only. With 80 mel
            bands it takes CTranslate2 4.7 or later to see that it is multilingual.
        mels: Mel bands of the input: 80, or 128 as with large-v3. Multilingual and with 128 it has as many tokens as
            large-v3, 51,866, which makes 5.6 MB, and is multilingual for every CTranslate2.
        seed: Another seed gives other weights in the layers, and so other bytes in ``model.bin``; the text stays.

    Raises:
        ValueError: ``mels`` is neither 80 nor 128.
    """
    if mels not in {_USUAL_MELS, _MANY_MELS}:
        message = f"A Whisper hears 80 or 128 mel bands, not {mels}. No model was made; pass mels=80 or mels=128."
        raise ValueError(message)
    words = _words(multilingual=multilingual, full=mels == _MANY_MELS)
    shape = Shape(mels=mels, width=32, heads=2, layers=(2, 2), hidden=(128, 128))
    model = BytesIO()
    write(model, SPEC, REVISION, variables(shape, words, seed))
    return {"model.bin": model.getvalue(), **_side_files(words, mels)}


def write_big_whisper(folder: Path, size: int = 200_000_000, *, seed: int = 0) -> Path:
    """Write a Whisper of about ``size`` bytes into ``folder``, which is made where it is missing, and return the folder.

    A model for demonstrations of a download: English only, int8, 80 mel bands, 2 encoder and 4 decoder layers. The
    decoder's feed-forward layers are as wide as the size asks for; they are random bytes that do not compress, and cost
    little time, as only the few tokens of the answer pass through them. It says :data:`WHISPER_TEXT` whatever it hears.
    Blocks the calling thread, about a second for 200 MB, and takes some MB of memory.

    Args:
        folder: Where to; files of the same names are replaced.
        size: Bytes of all files together, of which it stays at most 70 kB short.
        seed: Another seed gives other bytes in ``model.bin``; the text stays.

    Raises:
        ValueError: ``size`` is below the smallest that there is, about 25 MB, which the message names.
        OSError: The folder cannot be written.
    """
    words = _words(multilingual=False, full=False)
    side_files = _side_files(words, _USUAL_MELS)
    shape = _fitting(size, sum(map(len, side_files.values())), words)
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in side_files.items():
        (folder / name).write_bytes(data)
    with (folder / "model.bin").open("wb") as file:
        write(file, SPEC, REVISION, variables(shape, words, seed))
    return folder


def _fitting(size: int, beside: int, words: Words) -> Shape:
    """The widest of the big ones that has at most ``size`` bytes, ``beside`` of them in other files."""
    smallest, next_one = (_model_size(_widened(steps), words) + beside for steps in (0, 1))
    if size < smallest:
        message = (
            f"The smallest big Whisper has {smallest} bytes, and {size} were asked for. Nothing was written; ask for a larger "
            "size, or use tiny_whisper."
        )
        raise ValueError(message)
    return _widened((size - smallest) // (next_one - smallest))


def _widened(steps: int) -> Shape:
    encoder, decoder = _BIG.hidden
    return replace(_BIG, hidden=(encoder, decoder + steps * _STEP))


def _model_size(shape: Shape, words: Words) -> int:
    return file_size(SPEC, variables(shape, words, 0))


def _words(*, multilingual: bool, full: bool) -> Words:
    if not multilingual:
        return Words(_SPOKEN)
    if full:
        return Words(_SPOKEN, LANGUAGES, multilingual=True, size=_FULL_VOCABULARY)
    return Words(_SPOKEN, LANGUAGES[:-1], multilingual=True)


def _side_files(words: Words, mels: int) -> dict[str, bytes]:
    files = {
        "config.json": words.config_json(),
        "tokenizer.json": words.tokenizer_json(),
        "vocabulary.json": words.vocabulary_json(),
    }
    return files if mels == _USUAL_MELS else files | {"preprocessor_config.json": _preprocessor_json(mels)}


def _preprocessor_json(mels: int) -> bytes:
    return to_json(
        {
            "chunk_length": 30,
            "feature_extractor_type": "WhisperFeatureExtractor",
            "feature_size": mels,
            "hop_length": 160,
            "n_fft": 400,
            "n_samples": 480_000,
            "nb_max_frames": 3000,
            "padding_side": "right",
            "padding_value": 0.0,
            "processor_class": "WhisperProcessor",
            "return_attention_mask": False,
            "sampling_rate": 16_000,
        }
    )
