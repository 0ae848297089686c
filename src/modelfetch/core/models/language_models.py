"""A choice of language models for MLX, all quantised to four bits.

Sources: sizes are the weights as mlx-community publishes them, to the byte where public sources give them so, else
rounded figures of one source. Memory is 1.05 times the weights, as measured with two sizes on the CPU, and 1 GiB for
the cache of a conversation and for Python. A plan takes the sizes from the Hub, where they are true.
"""

from __future__ import annotations

from .catalog import Catalog
from .fit import GIB
from .spec import ModelSpec

_ROWS: tuple[tuple[str, str, str, int, bool], ...] = (  # name, repo, display name, bytes, whether they are exact
    ("llama-3.2-1b", "Llama-3.2-1B-Instruct-4bit", "Llama 3.2 1B", 695_283_921, True),
    ("llama-3.2-3b", "Llama-3.2-3B-Instruct-4bit", "Llama 3.2 3B", 1_807_496_278, True),
    ("llama-3.1-8b", "Meta-Llama-3.1-8B-Instruct-4bit", "Llama 3.1 8B", 4_520_000_000, False),
    ("qwen3-0.6b", "Qwen3-0.6B-4bit", "Qwen3 0.6B", 340_000_000, False),
    ("qwen3-1.7b", "Qwen3-1.7B-4bit", "Qwen3 1.7B", 970_000_000, False),
    ("qwen3-4b", "Qwen3-4B-4bit", "Qwen3 4B", 2_263_022_529, True),
    ("qwen3-8b", "Qwen3-8B-4bit", "Qwen3 8B", 4_610_000_000, False),
    ("qwen3-14b", "Qwen3-14B-4bit", "Qwen3 14B", 8_310_000_000, False),
    ("gemma-3-4b", "gemma-3-4b-it-qat-4bit", "Gemma 3 4B", 3_000_000_000, False),
    ("mistral-7b", "Mistral-7B-Instruct-v0.3-4bit", "Mistral 7B v0.3", 4_080_000_000, False),
    ("phi-4-mini", "Phi-4-mini-instruct-4bit", "Phi-4 mini", 2_160_000_000, False),
    ("smollm3-3b", "SmolLM3-3B-4bit", "SmolLM3 3B", 1_730_000_000, False),
)


def _spec(name: str, repo: str, display_name: str, size: int, *, is_exact: bool) -> ModelSpec:
    return ModelSpec(
        name=name,
        repo_id=f"mlx-community/{repo}",
        backend="mlx",
        display_name=display_name,
        description="Chat, four bits a weight",
        capabilities=("Chat", "Multilingual"),
        size_bytes=size,
        min_ram_bytes=size * 105 // 100 + GIB,
        unverified=("min_ram_bytes",) if is_exact else ("size_bytes", "min_ram_bytes"),
    )


LANGUAGE_MODELS = Catalog(_spec(name, repo, shown, size, is_exact=exact) for name, repo, shown, size, exact in _ROWS)
"""Twelve language models, from 340 MB to 8.3 GB."""
