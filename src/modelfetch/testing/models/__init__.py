"""Real machine-learning models, small and made on the spot, for tests of what a backend does with its files.

Rule: a model here is made with the standard library alone, and the same arguments give the same bytes on every Python
and every platform. Backends load it as they load any other model, run all of its layers, and it says a text that is
known beforehand, whatever it hears or is asked: :data:`WHISPER_TEXT`, :data:`LLAMA_TEXT`. So it proves that files
arrived whole, are loaded and are wired to the right place; it proves nothing about the quality of a model, and its
speed and memory are not those of a real one.
"""

from __future__ import annotations

from .llama import LLAMA_TEXT, tiny_llama
from .whisper import WHISPER_TEXT, tiny_whisper, write_big_whisper

__all__ = ["LLAMA_TEXT", "WHISPER_TEXT", "tiny_llama", "tiny_whisper", "write_big_whisper"]
