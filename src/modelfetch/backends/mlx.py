"""MLX through mlx-lm: the files of a language model.

Source: ``_download`` of mlx-lm 0.32.2, without ``*.py``: code from a repo is never fetched, and mlx-lm runs it only
when it is told to trust it.
"""

from __future__ import annotations

from .files import BackendFiles

MLX = BackendFiles(
    name="mlx",
    patterns=(
        "*.json",
        "model*.safetensors",
        "tokenizer.model",
        "*.tiktoken",
        "tiktoken.model",
        "*.txt",
        "*.jsonl",
        "*.jinja",
    ),
    needed=(("config.json",), ("model*.safetensors",), ("tokenizer.json", "tokenizer.model", "*.tiktoken")),
)
