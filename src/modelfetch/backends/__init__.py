"""Backends: who loads a model, which of its files that takes, and how.

Rule: what a backend says of itself needs none of its packages; they are imported when a model is loaded.
"""

from __future__ import annotations

from .backend import Backend
from .platform import Platform
from .registry import Inference, find_backend, infer_backend, list_backends, register_backend

__all__ = ["Backend", "Inference", "Platform", "find_backend", "infer_backend", "list_backends", "register_backend"]
