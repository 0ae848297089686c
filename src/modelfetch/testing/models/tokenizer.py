"""The file ``tokenizer.json`` of the package tokenizers, as far as the models here need it."""

from __future__ import annotations

import json


def to_json(value: object) -> bytes:
    """Compact JSON, the same on every Python."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def added_token(number: int, content: str, *, special: bool) -> dict[str, object]:
    """An entry of ``added_tokens`` of a ``tokenizer.json``."""
    exact = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {"id": number, "content": content, **exact, "special": special}


def tokenizer_json(*, added: list[dict[str, object]], **parts: object) -> bytes:
    """A ``tokenizer.json`` of the package tokenizers, version 1.0 of the format."""
    start = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added}
    return to_json(
        {**start, "normalizer": None, "pre_tokenizer": None, "post_processor": None, "decoder": None, **parts}
    )
