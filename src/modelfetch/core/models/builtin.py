"""The catalog that is used where a caller names none."""

from __future__ import annotations

from .language_models import LANGUAGE_MODELS
from .whisper import WHISPER

DEFAULT_CATALOG = WHISPER | LANGUAGE_MODELS
"""faster-whisper's 19 names, and twelve language models for MLX."""
