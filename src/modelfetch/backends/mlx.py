"""MLX through mlx-lm: language models.

Files: ``_download`` of mlx-lm 0.32.2, without ``*.py``: code from a repo is never fetched, and mlx-lm runs it only
when it is told to trust it.

Memory: measured with mlx-lm 0.32.2 and mlx 0.32.4 on a CPU (see ``benchmarks/memory.py``); the keys and values that a model
remembers of its context are counted from its ``config.json``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..core.models.fit import MemoryEstimate
from ..core.text import bytes_text, listed
from ..errors import NotCachedError
from . import safetensors
from .backend import Backend, takes
from .contained import imported_calmly
from .header import opened

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from .platform import Platform

WEIGHTS = "model*.safetensors"
INDEX = "model.safetensors.index.json"

CACHE_LIMIT = 20 << 20
"""Bytes of freed memory that MLX keeps for itself; its own default keeps about as much as the machine has."""

_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "*.tiktoken")
_FOREIGN = ("modules.json", "model_index.json", "preprocessor_config.json", "adapter_config.json")
"""Files that say it is something else than a language model: sentence embeddings, diffusion, sound or images, an adapter."""

_PACKAGES = 80 << 20
_OVERHEAD = 1.05
_CONTEXT = 8192
"""Tokens of context that are counted."""

_WORK = 64 << 20


def _unavailable_on(platform: Platform) -> str | None:
    if platform.system == "win32":
        return "mlx-lm cannot be imported on Windows, because it needs a module that only Unix has (resource)"
    if platform.system == "darwin" and platform.machine != "arm64":
        return "MLX is not made for Intel Macs; it needs a Mac with Apple silicon, and a Python built for it"
    return None


def _recognises(paths: Collection[str]) -> str | None:
    weights = sorted(path for path in paths if takes(path, (WEIGHTS,)) and "/" not in path)
    if not weights or "config.json" not in paths or any(path in paths for path in _FOREIGN):
        return None
    return f"config.json and {listed(weights, 1)}, as mlx-lm takes a language model, and no other kind's files"


def _check(folder: Path) -> None:
    here = {path.name for path in folder.glob(WEIGHTS)}
    if missing := sorted(_indexed(folder) - here):
        message = (
            f"Weights are missing: {listed(missing, 3)}. Every file that {INDEX} names was expected in {folder}. Nothing was "
            "loaded; download the model to complete it."
        )
        raise NotCachedError(message, missing=missing)
    for name in sorted(here):
        safetensors.check(folder / name)


def _indexed(folder: Path) -> set[str]:
    """The files that the index names; none without a readable index."""
    try:
        with opened(folder / INDEX) as file:
            names = json.load(file)["weight_map"].values()
        return {name for name in names if isinstance(name, str) and takes(name, (WEIGHTS,)) and "/" not in name}
    except (FileNotFoundError, AttributeError, KeyError, RecursionError, TypeError, ValueError):
        return set()


def _facts(folder: Path) -> Mapping[str, object]:
    try:
        config = json.loads((folder / "config.json").read_bytes())
    except (OSError, RecursionError, ValueError):
        return {}
    return config if isinstance(config, dict) else {}


def _memory(
    sizes: Mapping[str, int], options: Mapping[str, object], facts: Mapping[str, object], /
) -> MemoryEstimate | None:
    size = sum(count for path, count in sizes.items() if takes(path, (WEIGHTS,)) and "/" not in path)
    if not size:
        return None
    weights = int(size * _OVERHEAD)
    limit = options.get("cache_limit", CACHE_LIMIT)
    kept = limit if isinstance(limit, int) else CACHE_LIMIT
    context, why = _context(facts, size)
    reasons = (
        f"the weights are {bytes_text(size)} and take 5% more in memory: {bytes_text(weights)}",
        f"mlx-lm and transformers take {bytes_text(_PACKAGES)}",
        f"MLX keeps up to {bytes_text(kept)} of freed memory",
        f"{why}: {bytes_text(context)}",
        f"computing takes about {bytes_text(_WORK)}",
    )
    resident = weights + _PACKAGES
    return MemoryEstimate(resident + kept + context + _WORK, resident, "; ".join(reasons))


def _context(facts: Mapping[str, object], size: int) -> tuple[int, str]:
    """Bytes of keys and values, two bytes a number; a tenth of the weights where no config tells."""
    told = facts.get("text_config")
    config = told if isinstance(told, dict) else facts
    layers, heads = _number(config, "num_hidden_layers"), _number(config, "num_attention_heads")
    key_heads = _number(config, "num_key_value_heads") or heads
    width = _number(config, "head_dim") or (_number(config, "hidden_size") // heads if heads else 0)
    tokens = min(_number(config, "max_position_embeddings") or _CONTEXT, _CONTEXT)
    if exact := 2 * layers * key_heads * width * tokens * 2:
        return exact, f"a context of {tokens} tokens in {layers} layers"
    return size // 10, "the context is taken for a tenth of the weights"


def _number(config: Mapping[str, object], name: str) -> int:
    value = config.get(name)
    return value if isinstance(value, int) and value > 0 else 0


def _load(folder: Path, /, *, cache_limit: int | None = CACHE_LIMIT, **options: object) -> object:
    """The pair ``(model, tokenizer)`` of ``mlx_lm.load``. Options: its own, and ``cache_limit`` in bytes (None: as MLX has it)."""
    with imported_calmly():
        import mlx.core as mx  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415 - optional, heavy
        from mlx_lm import load  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415 - optional, heavy

    if cache_limit is not None:
        mx.set_cache_limit(cache_limit)
    return load(str(folder), **options)


MLX = Backend(
    name="mlx",
    package="mlx_lm",
    install="modelfetch[mlx]",
    patterns=(
        "*.json",
        WEIGHTS,
        "tokenizer.model",
        "*.tiktoken",
        "tiktoken.model",
        "*.txt",
        "*.jsonl",
        "*.jinja",
    ),
    needed=(("config.json",), (WEIGHTS,), _TOKENIZERS),
    recognises=_recognises,
    unavailable_on=_unavailable_on,
    check=_check,
    facts=_facts,
    memory=_memory,
    load=_load,
)
"""``load_cached`` returns the pair ``(model, tokenizer)``; its options are those of ``mlx_lm.load``, and ``cache_limit``."""
