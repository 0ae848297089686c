"""The tokens of the tiny llama: whole words, and a tokenizer that ends every prompt with the mark of an answer.

Rule: a prompt always ends with ``<answer>``, by the tokenizer or by the chat template, so an answer always begins at
its beginning.
"""

from __future__ import annotations

from .tokenizer import added_token, to_json, tokenizer_json

UNKNOWN, START, END, ANSWER = SPECIAL = ("<unk>", "<s>", "</s>", "<answer>")
_METASPACE = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
_ORDINARY = (
    *("a", "and", "are", "assistant", "goodbye", "hi", "how", "in", "is", "it", "me", "no", "of"),
    *("say", "system", "tell", "that", "the", "this", "to", "user", "what", "who", "world", "yes", "you"),
)
_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{{ message['role'] }} {{ message['content'] }} {% endfor %}"
    "{% if add_generation_prompt %}<answer>{% endif %}"
)


def vocabulary(spoken: tuple[str, ...]) -> dict[str, int]:
    """The id of each token: special ones, the words that are spoken, some others."""
    return {token: number for number, token in enumerate((*SPECIAL, *map(token_of, (*spoken, *_ORDINARY))))}


def token_of(word: str) -> str:
    """A word as the vocabulary writes it, with the space before it."""
    return f"▁{word}"


def word_files(ids: dict[str, int]) -> dict[str, bytes]:
    """The tokenizer, its configuration and the chat template."""
    return {
        "chat_template.jinja": _TEMPLATE.encode(),
        "tokenizer.json": _tokenizer_json(ids),
        "tokenizer_config.json": to_json(
            {
                "bos_token": START,
                "clean_up_tokenization_spaces": False,
                "eos_token": END,
                "model_max_length": 2048,
                "tokenizer_class": "PreTrainedTokenizerFast",
                "unk_token": UNKNOWN,
            }
        ),
    }


def _tokenizer_json(ids: dict[str, int]) -> bytes:
    around = [{"SpecialToken": {"id": START, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    single = [*around, {"SpecialToken": {"id": ANSWER, "type_id": 0}}]
    special = {token: {"id": token, "ids": [ids[token]], "tokens": [token]} for token in (START, ANSWER)}
    return tokenizer_json(
        added=[added_token(ids[token], token, special=True) for token in SPECIAL],
        pre_tokenizer=_METASPACE,
        post_processor={"type": "TemplateProcessing", "single": single, "pair": single, "special_tokens": special},
        decoder=_METASPACE,
        model={"type": "WordLevel", "vocab": ids, "unk_token": UNKNOWN},
    )
