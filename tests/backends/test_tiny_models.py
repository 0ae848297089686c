"""The models of the test kit: the bytes that they are made of, and, with the marker ``backend``, the packages that load them."""

from __future__ import annotations

import hashlib
import json
import socket
import struct
import zlib
from itertools import accumulate, pairwise
from math import prod
from typing import TYPE_CHECKING, Any

import pytest

from modelfetch.testing.models import LLAMA_TEXT, WHISPER_TEXT, tiny_llama, tiny_whisper, write_big_whisper

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

WHISPERS: dict[str, dict[str, Any]] = {
    "english": {},
    "english, 128 bands": {"mels": 128},
    "multilingual": {"multilingual": True},
    "like large-v3": {"multilingual": True, "mels": 128},
}
LLAMAS: dict[str, dict[str, Any]] = {
    "float16": {},
    "4-bit": {"quantized": True},
    "two shards": {"shards": 2},
    "4-bit, three shards": {"quantized": True, "shards": 3},
}
SMALL_BIG = 30_000_000
BIG_DIGEST = "1602a57503f3e15a1c072af3eb410e624c1bef02573569a92961eba60fb2489d"
FLOAT32, INT8, INT16 = 0, 1, 2
ITEM = {FLOAT32: 4, INT8: 1, INT16: 2}

each_whisper = pytest.mark.parametrize("options", WHISPERS.values(), ids=WHISPERS)
each_llama = pytest.mark.parametrize("options", LLAMAS.values(), ids=LLAMAS)
backend = pytest.mark.backend


def digest(files: Mapping[str, bytes]) -> str:
    """One sha256 for names and contents."""
    lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def put(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


class Reader:
    """Reads the format of CTranslate2 from its description, knowing nothing of the writer."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def number(self, form: str) -> int:
        value = struct.unpack_from("<" + form, self.data, self.at)[0]
        self.at += struct.calcsize("<" + form)
        assert isinstance(value, int)
        return value

    def take(self, count: int) -> bytes:
        self.at += count
        assert self.at <= len(self.data)
        return self.data[self.at - count : self.at]

    def text(self) -> str:
        return self.take(self.number("H")).removesuffix(b"\0").decode()

    def start(self) -> tuple[int, str, int]:
        return self.number("I"), self.text(), self.number("I")

    def variables(self) -> Iterator[tuple[str, tuple[int, ...], int, bytes]]:
        for _ in range(self.number("I")):
            name = self.text()
            shape = tuple(self.number("I") for _ in range(self.number("B")))
            kind = self.number("B")
            yield name, shape, kind, self.take(self.number("I"))


def safetensors(data: bytes) -> dict[str, dict[str, Any]]:
    """The header, after a look at the padding and the places of the data."""
    size = int.from_bytes(data[:8], "little")
    header: dict[str, dict[str, Any]] = json.loads(data[8 : 8 + size])
    assert header.pop("__metadata__") == {"format": "mlx"}
    assert size % 8 == 0
    places = [entry["data_offsets"] for entry in header.values()]
    assert all(before[1] == after[0] for before, after in pairwise(places))
    assert (places[0][0], places[-1][1]) == (0, len(data) - 8 - size)
    return header


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("english", "cf073303e4ea854300521a0168e774728135f1d184938dcfdad68440370fbd76"),
        ("english, 128 bands", "e8f15140daba5c82c426c0355acda28115c2a2ef929d93119715fd2d0d1b3ae8"),
        ("multilingual", "34eecec3479b9731323c2b0ba5f4f73931ec861dc816849f53baaf76841685fd"),
        ("like large-v3", "09467c6920d2b0f18f6803fe9b3448f4a86a435df25bfb82c1a9c748f59cfceb"),
    ],
)
def test_a_whisper_is_the_same_bytes_on_every_python(name: str, expected: str) -> None:
    assert digest(tiny_whisper(**WHISPERS[name])) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("float16", "4eedf10136b8643bdcffc3e800d24de07717ac3e6ae848fdf6d731c796f541b9"),
        ("4-bit", "1aa43168aae5c3b7ce1ad0e175fbc6a0610d92aef3d2079af0136ab61753b98c"),
        ("two shards", "226f6882e81a0eefa6bdc014c261067c268877946f3ff5037fa078270f0c9aa5"),
        ("4-bit, three shards", "c1e771a09bd0cc04f8a76ed7d023f1374e5ac9878dc549f3f2b0590376c09865"),
    ],
)
def test_a_llama_is_the_same_bytes_on_every_python(name: str, expected: str) -> None:
    assert digest(tiny_llama(**LLAMAS[name])) == expected


def test_a_big_whisper_is_the_same_bytes_on_every_python(tmp_path: Path) -> None:
    folder = write_big_whisper(tmp_path, SMALL_BIG)
    assert digest({path.name: path.read_bytes() for path in folder.iterdir()}) == BIG_DIGEST


def test_another_seed_changes_the_weights_and_nothing_else() -> None:
    changed = [
        {name for name in one if one[name] != other[name]}
        for one, other in (
            (tiny_whisper(), tiny_whisper(seed=1)),
            (tiny_llama(), tiny_llama(seed=1)),
            (tiny_llama(quantized=True), tiny_llama(quantized=True, seed=1)),
        )
    ]
    assert changed == [{"model.bin"}, {"model.safetensors"}, {"model.safetensors"}]


@each_whisper
def test_a_whisper_has_the_files_that_faster_whisper_takes_and_no_others(options: dict[str, Any]) -> None:
    always = {"config.json", "model.bin", "tokenizer.json", "vocabulary.json"}
    assert tiny_whisper(**options).keys() == always | ({"preprocessor_config.json"} if "mels" in options else set())


@each_whisper
def test_model_bin_holds_exactly_what_it_announces(options: dict[str, Any]) -> None:
    files = tiny_whisper(**options)
    reader = Reader(files["model.bin"])
    assert reader.start() == (6, "WhisperSpec", 3)
    variables = list(reader.variables())
    assert reader.number("I") == 0  # no aliases
    assert reader.at == len(files["model.bin"])
    assert all(len(data) == prod(shape) * ITEM[kind] for _, shape, kind, data in variables)
    names = [name for name, *_ in variables]
    assert names == sorted(set(names))


@each_whisper
def test_every_int8_matrix_of_a_whisper_has_a_scale_for_each_row(options: dict[str, Any]) -> None:
    reader = Reader(tiny_whisper(**options)["model.bin"])
    reader.start()
    shapes = {name: (shape, kind) for name, shape, kind, _ in reader.variables()}
    matrices = {name: shape for name, (shape, kind) in shapes.items() if kind == INT8 and shape}
    assert len(matrices) == 2 * 4 + 2 * 7 + 2  # in two layers of the encoder, in two of the decoder, and both tables
    assert all(shapes[f"{name}_scale"] == ((shape[0],), FLOAT32) for name, shape in matrices.items())


@each_whisper
def test_the_files_of_a_whisper_number_the_tokens_alike(options: dict[str, Any]) -> None:
    files = tiny_whisper(**options)
    tokens = json.loads(files["vocabulary.json"])
    tokenizer = json.loads(files["tokenizer.json"])
    numbers = tokenizer["model"]["vocab"] | {entry["content"]: entry["id"] for entry in tokenizer["added_tokens"]}
    assert numbers == {token: number for number, token in enumerate(tokens)}
    reader = Reader(files["model.bin"])
    reader.start()
    rows = {
        name: shape[0]
        for name, shape, *_ in reader.variables()
        if name.endswith(("embeddings/weight", "projection/weight"))
    }
    assert set(rows.values()) == {len(tokens)}


def test_a_whisper_like_large_v3_has_its_number_of_tokens_and_languages() -> None:
    files = tiny_whisper(multilingual=True, mels=128)
    assert len(json.loads(files["vocabulary.json"])) == 51_866
    assert len(json.loads(files["config.json"])["lang_ids"]) == 100
    assert json.loads(files["preprocessor_config.json"])["feature_size"] == 128


@pytest.mark.parametrize("mels", [0, 64, 81])
def test_a_whisper_with_bands_that_no_whisper_has_is_refused(mels: int) -> None:
    with pytest.raises(ValueError, match=f"80 or 128 mel bands, not {mels}"):
        tiny_whisper(mels=mels)


@pytest.mark.parametrize("size", [25_000_000, SMALL_BIG, 61_234_567])
def test_a_big_whisper_is_as_large_as_was_asked(tmp_path: Path, size: int) -> None:
    written = sum(path.stat().st_size for path in write_big_whisper(tmp_path / "new" / "folder", size).iterdir())
    assert size - 70_000 <= written <= size


def test_a_big_whisper_does_not_compress(tmp_path: Path) -> None:
    data = (write_big_whisper(tmp_path, SMALL_BIG) / "model.bin").read_bytes()
    assert len(zlib.compress(data, 1)) > 0.75 * len(data)


def test_a_big_whisper_that_would_be_too_small_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"The smallest big Whisper has 2\d{7} bytes, and 1000000 were asked for\."):
        write_big_whisper(tmp_path / "folder", 1_000_000)
    assert not list(tmp_path.iterdir())


@each_llama
def test_the_tensors_of_a_llama_fill_their_files_without_gaps(options: dict[str, Any]) -> None:
    files = tiny_llama(**options)
    weights = [safetensors(data) for name, data in files.items() if name.endswith(".safetensors")]
    size = {"F16": 2, "U32": 4}
    for header in weights:
        ends = accumulate(size[entry["dtype"]] * prod(entry["shape"]) for entry in header.values())
        assert [entry["data_offsets"][1] for entry in header.values()] == list(ends)
    assert len(weights) == options.get("shards", 1)


def test_shards_hold_the_tensors_of_the_whole_and_the_index_says_where() -> None:
    whole = safetensors(tiny_llama()["model.safetensors"])
    files = tiny_llama(shards=5)
    index = json.loads(files["model.safetensors.index.json"])
    held = {
        tensor: name for name, data in files.items() if name.endswith(".safetensors") for tensor in safetensors(data)
    }
    assert held == index["weight_map"]
    assert held.keys() == whole.keys()
    assert index["metadata"]["total_size"] == max(entry["data_offsets"][1] for entry in whole.values())


@pytest.mark.parametrize("shards", [-1, 0, 22])
def test_a_llama_in_no_shards_or_in_more_than_it_has_tensors_is_refused(shards: int) -> None:
    with pytest.raises(ValueError, match=f"shards, not {shards}"):
        tiny_llama(shards=shards)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model is made, and loaded from a folder, without a request."""

    def refuse(*_: object) -> None:
        pytest.fail("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def no_lower_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """mlx_lm lowers the number of open files of the whole process, for good, when it is imported."""
    import resource

    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)


def hear(folder: Path, seconds: int = 1, *, noise: bool = False, **options: Any) -> list[str]:
    import numpy as np
    from faster_whisper import WhisperModel

    audio = np.random.default_rng(0).uniform(-0.1, 0.1, seconds * 16_000) if noise else np.zeros(seconds * 16_000)
    segments, _ = WhisperModel(str(folder), device="cpu").transcribe(audio.astype(np.float32), **options)
    return [segment.text for segment in segments]


@backend
@each_whisper
def test_faster_whisper_hears_the_known_text_in_silence_and_in_noise(tmp_path: Path, options: dict[str, Any]) -> None:
    folder = put(tmp_path, tiny_whisper(**options))
    assert hear(folder) == hear(folder, noise=True) == [WHISPER_TEXT]


@backend
def test_faster_whisper_hears_the_known_text_once_in_each_window(tmp_path: Path) -> None:
    """Each window is heard with the text of those before it as a prompt."""
    assert hear(put(tmp_path, tiny_whisper()), 70) == [WHISPER_TEXT] * 3


@backend
@pytest.mark.parametrize(
    "way", [{"beam_size": 1}, {"without_timestamps": True}, {"initial_prompt": "well"}, {"prefix": "hello"}]
)
def test_faster_whisper_hears_the_known_text_whatever_it_is_told(tmp_path: Path, way: dict[str, Any]) -> None:
    assert hear(put(tmp_path, tiny_whisper()), **way) == [WHISPER_TEXT]


@backend
@each_whisper
def test_faster_whisper_sees_which_models_are_multilingual_and_detects_english(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    import numpy as np
    from faster_whisper import WhisperModel

    model = WhisperModel(str(put(tmp_path, tiny_whisper(**options))), device="cpu")
    _, info = model.transcribe(np.zeros(16_000, np.float32))
    assert model.model.is_multilingual == ("multilingual" in options)
    assert (info.language, round(info.language_probability, 3)) == ("en", 1.0)


@backend
def test_faster_whisper_hears_the_known_text_with_a_model_of_200_mb(tmp_path: Path) -> None:
    assert hear(write_big_whisper(tmp_path)) == [WHISPER_TEXT]


@backend
@pytest.mark.usefixtures("no_lower_limits")
@each_llama
def test_mlx_lm_says_the_known_text_whatever_it_is_asked(tmp_path: Path, options: dict[str, Any]) -> None:
    from mlx_lm import generate, load

    model, tokenizer = load(str(put(tmp_path, tiny_llama(**options))))
    chat = tokenizer.apply_chat_template([{"role": "user", "content": "who are you"}], add_generation_prompt=True)
    for prompt in ("who are you", "say hello", "", "unheard-of", chat):
        assert generate(model, tokenizer, prompt, max_tokens=20) == LLAMA_TEXT
