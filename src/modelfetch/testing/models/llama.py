"""A tiny llama in the files that mlx-lm wants, which answers everything with the same words.

Rule: every token means one thing, and the row of ``lm_head`` that stands for the next token listens for exactly that; all layers
between are noise too small to be heard. The mark of an answer leads to the first word, a word to the next, the last word to
the end; so greedy decoding says the text and stops, whatever was asked.

Formats: safetensors (see :mod:`.safetensors`), the weights named as transformers' ``LlamaForCausalLM`` names them; 4-bit
as MLX has it (see :mod:`.llama_matrix`). Tried with mlx-lm 0.32.2 on a CPU.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import TYPE_CHECKING

from .llama_matrix import BITS, GROUP, Matrix
from .llama_words import ANSWER, END, START, token_of, vocabulary, word_files
from .numbers import Vector, meaning
from .safetensors import Tensor, weight_files
from .tokenizer import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator

LLAMA_TEXT = "tiny model says hello"
"""What :func:`tiny_llama` answers."""

_SPOKEN = tuple(LLAMA_TEXT.split())
_WIDTH, _HIDDEN, _LAYERS, _HEADS, _KEY_HEADS = 64, 128, 2, 4, 2
_KEYS = _WIDTH // _HEADS * _KEY_HEADS
_ATTENTION = {"q": (_WIDTH, _WIDTH), "k": (_KEYS, _WIDTH), "v": (_KEYS, _WIDTH), "o": (_WIDTH, _WIDTH)}
_FEED_FORWARD = {"gate": (_HIDDEN, _WIDTH), "up": (_HIDDEN, _WIDTH), "down": (_WIDTH, _HIDDEN)}


def tiny_llama(*, quantized: bool = False, shards: int = 1, seed: int = 0) -> dict[str, bytes]:
    """The files of a tiny llama, by name: about 160 kB, or 60 kB in 4 bits, made in a fraction of a second.

    ``mlx_lm.load(folder)`` loads them and ``mlx_lm.generate(model, tokenizer, prompt)`` answers :data:`LLAMA_TEXT`, greedily and
    whatever the prompt. A test of files, loading and plumbing, not of language.

    Args:
        quantized: True for MLX's affine 4-bit weights in groups of 32; False for float16.
        shards: 1 for ``model.safetensors``; more for as many ``model-0000N-of-0000M.safetensors`` and their index.
        seed: Another seed gives other weights in the layers, and so other bytes; the text stays.

    Raises:
        ValueError: There are fewer tensors than ``shards``, or it is below 1.
    """
    ids = vocabulary(_SPOKEN)
    tensors = [*_tensors(ids, quantized=quantized, seed=seed)]
    if not 1 <= shards <= len(tensors):
        message = f"The {len(tensors)} tensors of this llama fit into 1 to {len(tensors)} shards, not {shards}. No model was made."
        raise ValueError(message)
    return {"config.json": _config_json(ids, quantized=quantized), **word_files(ids), **weight_files(tensors, shards)}


def _config_json(ids: dict[str, int], *, quantized: bool) -> bytes:
    config = {
        "architectures": ["LlamaForCausalLM"],
        "bos_token_id": ids[START],
        "eos_token_id": ids[END],
        "head_dim": _WIDTH // _HEADS,
        "hidden_act": "silu",
        "hidden_size": _WIDTH,
        "intermediate_size": _HIDDEN,
        "max_position_embeddings": 2048,
        "model_type": "llama",
        "num_attention_heads": _HEADS,
        "num_hidden_layers": _LAYERS,
        "num_key_value_heads": _KEY_HEADS,
        "rms_norm_eps": 1e-05,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        "torch_dtype": "float16",
        "vocab_size": len(ids),
    }
    form = {"group_size": GROUP, "bits": BITS}
    return to_json(config | {"quantization": form, "quantization_config": form} if quantized else config)


def _tensors(ids: dict[str, int], *, quantized: bool, seed: int) -> Iterator[Tensor]:
    for part in _parts(ids):
        if isinstance(part, str):
            yield Tensor(f"{part}.weight", "F16", (_WIDTH,), struct.pack("<e", 1.0) * _WIDTH)
        else:
            yield from part.quantized(seed) if quantized else part.float16(seed)


def _parts(ids: dict[str, int]) -> Iterator[Matrix | str]:
    """The matrices, and the norms by their names, as they follow each other in the model."""
    heard, meant = _meanings(ids)
    yield Matrix("model.embed_tokens", (len(ids), _WIDTH), meant)
    for layer in (f"model.layers.{number}" for number in range(_LAYERS)):
        yield f"{layer}.input_layernorm"
        yield from (Matrix(f"{layer}.self_attn.{name}_proj", shape, {}) for name, shape in _ATTENTION.items())
        yield f"{layer}.post_attention_layernorm"
        yield from (Matrix(f"{layer}.mlp.{name}_proj", shape, {}) for name, shape in _FEED_FORWARD.items())
    yield "model.norm"
    yield Matrix("lm_head", (len(ids), _WIDTH), heard, loudness=0.25)


def _meanings(ids: dict[str, int]) -> tuple[dict[int, Vector], dict[int, Vector]]:
    """What the rows of ``lm_head`` listen for, and what all tokens mean: two maps from ids to vectors."""
    tokens = [ANSWER, *map(token_of, _SPOKEN)]
    vectors = {token: meaning(1 + number, _WIDTH) for number, token in enumerate(tokens)}
    heard = {ids[then]: vectors[now] for now, then in pairwise([*tokens, END])}
    meant = {number: vectors.get(token, vectors[ANSWER]) for token, number in ids.items()}
    return heard, meant
