"""The weights of a Whisper in CTranslate2's layout, and how they come to say a known text.

Rule: every token means one thing, and the row of the output matrix that stands for the next token listens for exactly that;
all layers between are noise too small to be heard. So a token follows from the one before it, whatever the audio:
the start leads to the language, the language to the task, the task to time 0.00, a time to the first word, a word to
the next, and the last word, like any other text, to the end. It holds with and without time stamps, with a prompt, a
prefix, beams and batches.

Source: ``ctranslate2/specs/whisper_spec.py``, ``transformer_spec.py`` (4.8).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from .ctranslate2 import Type, Variable, constant, linear, noise, scalar, table
from .numbers import Vector, meaning
from .whisper_words import END, NO_TIMES, START, TASKS, TIMES, Words, language_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SPEC = "WhisperSpec"
REVISION = 3

AUDIO_POSITIONS = 1500
"""Of a window of 30 s, after the second convolution."""

TEXT_POSITIONS = 448

_GELU = 3
_KERNEL = 3


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a Whisper is: ``hidden`` is the width inside the feed-forward layers of encoder and decoder."""

    mels: int
    width: int
    heads: int
    layers: tuple[int, int]
    hidden: tuple[int, int]


def variables(shape: Shape, words: Words, seed: int) -> Iterator[Variable]:
    """All variables of the model, in any order."""
    yield from _encoder(shape, seed)
    yield from _decoder(shape, seed)
    listens, means = _meanings(words, shape.width)
    yield from table("decoder/embeddings", len(words.ids), shape.width, means, seed)
    yield from table("decoder/projection", len(words.ids), shape.width, listens, seed)


def _encoder(shape: Shape, seed: int) -> Iterator[Variable]:
    width = shape.width
    yield scalar("encoder/num_heads", shape.heads, Type.INT16)
    yield noise("encoder/conv1/weight", (width, shape.mels, _KERNEL), seed)
    yield noise("encoder/conv2/weight", (width, width, _KERNEL), seed)
    for name in ("encoder/conv1/bias", "encoder/conv2/bias"):
        yield constant(name, (width,), 0.0)
    yield noise("encoder/position_encodings/encodings", (AUDIO_POSITIONS, width), seed)
    yield from _norm("encoder", width)
    for name in (f"encoder/layer_{number}" for number in range(shape.layers[0])):
        yield from _self_attention(name, width, seed)
        yield from _feed_forward(name, width, shape.hidden[0], seed)


def _decoder(shape: Shape, seed: int) -> Iterator[Variable]:
    width = shape.width
    yield from _decoder_options(shape.heads)
    yield noise("decoder/position_encodings/encodings", (TEXT_POSITIONS, width), seed)
    yield from _norm("decoder", width)
    for name in (f"decoder/layer_{number}" for number in range(shape.layers[1])):
        yield from _self_attention(name, width, seed)
        yield from _cross_attention(name, width, seed)
        yield from _feed_forward(name, width, shape.hidden[1], seed)


def _decoder_options(heads: int) -> Iterator[Variable]:
    yield scalar("decoder/num_heads", heads, Type.INT16)
    yield scalar("decoder/alignment_layer", -1, Type.INT16)
    yield scalar("decoder/alignment_heads", 1, Type.INT16)
    yield scalar("decoder/activation", _GELU, Type.INT8)
    yield scalar("decoder/pre_norm", 1, Type.INT8)
    yield scalar("decoder/scale_embeddings", 0, Type.INT8)
    yield scalar("decoder/start_from_zero_embedding", 0, Type.INT8)


def _norm(name: str, width: int) -> Iterator[Variable]:
    yield constant(f"{name}/layer_norm/gamma", (width,), 1.0)
    yield constant(f"{name}/layer_norm/beta", (width,), 0.0)


def _self_attention(layer: str, width: int, seed: int) -> Iterator[Variable]:
    name = f"{layer}/self_attention"
    yield from _norm(name, width)
    yield from linear(f"{name}/linear_0", 3 * width, width, seed)
    yield from linear(f"{name}/linear_1", width, width, seed)


def _cross_attention(layer: str, width: int, seed: int) -> Iterator[Variable]:
    name = f"{layer}/attention"
    yield from _norm(name, width)
    yield from linear(f"{name}/linear_0", width, width, seed)
    yield from linear(f"{name}/linear_1", 2 * width, width, seed)
    yield from linear(f"{name}/linear_2", width, width, seed)


def _feed_forward(layer: str, width: int, hidden: int, seed: int) -> Iterator[Variable]:
    name = f"{layer}/ffn"
    yield from _norm(name, width)
    yield from linear(f"{name}/linear_0", hidden, width, seed)
    yield from linear(f"{name}/linear_1", width, hidden, seed)


def _meanings(words: Words, width: int) -> tuple[dict[int, Vector], dict[int, Vector]]:
    """What the output rows listen for, and what all tokens mean: two maps from ids to vectors."""
    start, language, task, time, text, *between = (meaning(1 + n, width) for n in range(5 + len(words.spoken) - 1))
    means = dict.fromkeys(words.ids, text) | {START: start} | _all((*TIMES, NO_TIMES), time) | _all(TASKS, task)
    means |= _all(map(language_token, words.languages), language) | dict(zip(words.spoken, between, strict=False))
    steps = [TIMES[0], *words.spoken, END]
    listens = {then: means[now] for now, then in pairwise(steps)}
    if words.multilingual:
        first = language_token(words.languages[0])
        listens |= {first: start, TASKS[1]: language, TIMES[0]: task}
    else:
        listens[TIMES[0]] = start
    return _by_id(listens, words), _by_id(means, words)


def _all(tokens: Iterable[str], vector: Vector) -> dict[str, Vector]:
    return dict.fromkeys(tokens, vector)


def _by_id(vectors: dict[str, Vector], words: Words) -> dict[int, Vector]:
    return {words.ids[token]: vector for token, vector in vectors.items()}
