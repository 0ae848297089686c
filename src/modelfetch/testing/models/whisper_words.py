"""The tokens of a Whisper, in the order of their ids, and the tokenizer that makes and reads them.

Rule: the order is OpenAI's: bytes, longer pieces of text, the empty token where there are many languages, the end, the
start, languages, tasks, marks, and 1,501 time stamps of 0.02 s. faster-whisper and CTranslate2 rely on it: what is below
the end is text, what is above ``<|notimestamps|>`` is time, and since CTranslate2 4.7 a vocabulary with the empty token is a
multilingual one; older ones go by the size of the real vocabularies, 51,865 tokens or more.

Source: ``whisper/tokenizer.py`` of openai-whisper (languages, special tokens), ``encoder.py`` of GPT-2 (the alphabet of bytes).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from .tokenizer import added_token, to_json, tokenizer_json

_CODES = """
    en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml cy sk
    te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo
    ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue
"""

LANGUAGES = tuple(_CODES.split())
"""The languages of Whisper large-v3; every model before it lacks the last one."""

SPACE = "Ġ"
"""What GPT-2's alphabet writes for a space."""

END = "<|endoftext|>"
START = "<|startoftranscript|>"
NO_TIMES = "<|notimestamps|>"
TIMES = tuple(f"<|{number / 50:.2f}|>" for number in range(1501))
TASKS = ("<|translate|>", "<|transcribe|>")
_MARKS = (*TASKS, "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", NO_TIMES)


@dataclass(frozen=True)
class Words:
    """All tokens of a model. ``spoken`` are words, each with its space; a multilingual model may be filled up to ``size``."""

    spoken: tuple[str, ...]
    languages: tuple[str, ...] = LANGUAGES[:1]
    multilingual: bool = False
    size: int = 0

    @cached_property
    def merges(self) -> tuple[tuple[str, str], ...]:
        """How the spoken words are put together, a letter at a time from the left."""
        return tuple(dict.fromkeys((word[:end], word[end]) for word in self.spoken for end in range(1, len(word))))

    @cached_property
    def special(self) -> tuple[str, ...]:
        """The tokens that are no text, from the end on."""
        return (END, START, *map(language_token, self.languages), *_MARKS, *TIMES)

    @cached_property
    def text(self) -> tuple[str, ...]:
        """The tokens that are text."""
        known = (*_alphabet(), *(left + right for left, right in self.merges))
        empty = ("",) if self.multilingual else ()
        missing = self.size - len(known) - len(empty) - len(self.special)
        return (*known, *(f"{SPACE}{number:05}" for number in range(missing)), *empty)

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of each token, in their order."""
        return {token: number for number, token in enumerate((*self.text, *self.special))}

    def vocabulary_json(self) -> bytes:
        """The tokens as CTranslate2 reads them: a JSON list."""
        return to_json(list(self.ids))

    def config_json(self) -> bytes:
        """What CTranslate2 wants to know beside the weights; source: ``ctranslate2/specs/whisper_spec.py``."""
        never = [self.ids[mark] for mark in _MARKS if mark != NO_TIMES]
        languages = [self.ids[language_token(code)] for code in self.languages]
        begin = [self.ids[SPACE], self.ids[END]]
        config = {
            "alignment_heads": [[0, 0]],
            "lang_ids": languages,
            "suppress_ids": never,
            "suppress_ids_begin": begin,
        }
        return to_json(config)

    def tokenizer_json(self) -> bytes:
        """The tokens as the package tokenizers reads them: byte-level BPE."""
        byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
        model = {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": {token: self.ids[token] for token in self.text},
            "merges": [f"{left} {right}" for left, right in self.merges],
        }
        return tokenizer_json(
            added=[added_token(self.ids[token], token, special=token not in TIMES) for token in self.special],
            pre_tokenizer=byte_level,
            decoder=byte_level,
            model=model,
        )


def language_token(code: str) -> str:
    """The token of a language."""
    return f"<|{code}|>"


def _alphabet() -> list[str]:
    """GPT-2's sign for each of the 256 bytes, in the order of its ids: those that can be printed first."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    return [chr(sign) for sign in printable] + [chr(256 + number) for number in range(256 - len(printable))]
