"""What a backend says of itself can be asked without its package: files, repos, platforms, memory."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from modelfetch.backends import (
    Backend,
    Platform,
    find_backend,
    infer_backend,
    list_backends,
    register_backend,
    registry,
)
from modelfetch.core.planning.listing import FileEntry, select
from modelfetch.errors import BackendError

if TYPE_CHECKING:
    from pathlib import Path

WHISPER = ("config.json", "model.bin", "tokenizer.json", "vocabulary.txt")
MLX = ("config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "tokenizer.json")
MIB = 1 << 20


@pytest.fixture(autouse=True)
def only_built_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", {})


def toy(name: str = "toy", **fields: Any) -> Backend:
    given: dict[str, Any] = {"needed": (("toy.txt",),), "patterns": ("toy.txt",), "load": str}
    return Backend(name=name, **{**given, **fields})


def chosen(backend: str, *paths: str) -> set[str]:
    files = [FileEntry(path, 1, "a" * 40) for path in paths]
    return {file.path for file in select(files, find_backend(backend).patterns, None)}


def test_a_whisper_model_is_planned_without_its_readme() -> None:
    others = ("README.md", ".gitattributes", "model.safetensors", "sub/model.bin")
    assert chosen("ctranslate2", *WHISPER, "preprocessor_config.json", *others) == {
        *WHISPER,
        "preprocessor_config.json",
    }


def test_a_language_model_is_planned_without_code_and_foreign_weights() -> None:
    others = ("README.md", "modeling_custom.py", "pytorch_model.bin", "consolidated.safetensors")
    assert chosen("mlx", *MLX, "chat_template.jinja", *others) == {*MLX, "chat_template.jinja"}


@pytest.mark.parametrize(("backend", "paths"), [("ctranslate2", WHISPER), ("mlx", MLX)])
def test_what_is_planned_for_a_good_repo_is_all_that_is_needed(backend: str, paths: tuple[str, ...]) -> None:
    assert chosen(backend, *paths) == set(paths)
    assert find_backend(backend).missing(paths) == ()


@pytest.mark.parametrize(
    ("backend", "gone", "missing"),
    [
        ("ctranslate2", "model.bin", ("model.bin",)),
        ("ctranslate2", "config.json", ("config.json",)),
        ("ctranslate2", "tokenizer.json", ("tokenizer.json",)),
        ("ctranslate2", "vocabulary.txt", ("vocabulary.json",)),
        ("mlx", "config.json", ("config.json",)),
        ("mlx", "tokenizer.json", ("tokenizer.json",)),
    ],
)
def test_a_file_that_is_not_there_is_named(backend: str, gone: str, missing: tuple[str, ...]) -> None:
    paths = {*(WHISPER if backend == "ctranslate2" else MLX)} - {gone}
    assert find_backend(backend).missing(paths) == missing


def test_weights_that_landed_last_are_missed() -> None:
    assert find_backend("mlx").missing(["config.json", "tokenizer.model"]) == ("model*.safetensors",)
    assert find_backend("mlx").missing([]) == ("config.json", "model*.safetensors", "tokenizer.json")


@pytest.mark.parametrize("instead", ["vocabulary.json", "vocabulary.txt"])
def test_any_alternative_meets_a_need(instead: str) -> None:
    assert find_backend("ctranslate2").missing([*WHISPER[:3], instead]) == ()


@pytest.mark.parametrize("name", ["torch", "", "CTranslate2"])
def test_a_backend_that_nobody_registered_is_an_error_that_lists_those_there_are(name: str) -> None:
    register_backend(toy("mine"))
    with pytest.raises(BackendError, match=r"no backend called .*ctranslate2, mlx, mine") as caught:
        find_backend(name)
    assert caught.value.backend == name


def test_a_registered_backend_is_found_and_a_later_one_of_its_name_takes_its_place() -> None:
    first, second = toy(), toy(install="toy")
    assert register_backend(first) is first
    register_backend(second)
    assert find_backend("toy") is second
    assert [backend.name for backend in list_backends()] == ["ctranslate2", "mlx", "toy"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": ""}, "A backend's name is empty"),
        ({"patterns": "toy.txt"}, "patterns is 'toy.txt'"),
        ({"patterns": ()}, "patterns is ()"),
        ({"needed": ("toy.txt",)}, "each entry of needed is 'toy.txt'"),
        ({"needed": ((),)}, "each entry of needed is ()"),
    ],
)
def test_a_backend_that_cannot_mean_what_it_says_is_refused_where_it_is_made(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told.replace("(", r"\(").replace(")", r"\)")):
        toy(**fields)


@pytest.mark.parametrize(
    ("field", "given"),
    [("name", None), ("patterns", 3), ("needed", None), ("package", 3), ("load", "load"), ("memory", 3)],
)
def test_a_field_of_another_type_is_told_where_the_backend_is_made(field: str, given: object) -> None:
    with pytest.raises(TypeError, match=rf"^{field}=.* was expected\. Nothing was done; "):
        toy(**{field: given})


def test_what_is_no_backend_is_not_registered() -> None:
    before = list_backends()
    with pytest.raises(TypeError, match=r"^backend=3 is of the type int\. A Backend was expected\. "):
        register_backend(3)  # type: ignore[arg-type]  # that is the test
    assert list_backends() == before


def test_asking_a_backend_for_anything_but_a_model_does_not_load_its_package() -> None:
    code = (
        "import sys; from modelfetch.backends import infer_backend, list_backends;"
        "[(one.missing([]), one.estimate({'model.bin': 1}), infer_backend(['model.bin'])) for one in list_backends()];"
        "print(sorted({'ctranslate2', 'faster_whisper', 'mlx', 'mlx_lm'} & sys.modules.keys()))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("paths", "backend", "why"),
    [
        (WHISPER, "ctranslate2", "it has model.bin and vocabulary.txt"),
        (("model.bin", "vocabulary.json"), "ctranslate2", "it has model.bin and vocabulary.json"),
        (MLX, "mlx", "it has config.json and model-00001-of-00002.safetensors and 1 more"),
        (("README.md",), None, "no backend recognises its files"),
        (("config.json", "unet/model.safetensors"), None, "no backend recognises its files"),
        ((*MLX, "modules.json"), None, "no backend recognises its files"),
        ((*MLX, "preprocessor_config.json"), None, "no backend recognises its files"),
        ((*MLX, *WHISPER), None, "more than one backend would take it: ctranslate2, because it has"),
    ],
)
def test_the_backend_of_a_repo_is_told_from_its_files_and_says_how(
    paths: tuple[str, ...], backend: str | None, why: str
) -> None:
    inference = infer_backend(paths)
    assert inference.backend == backend
    assert inference.reason.startswith(why)


def test_a_backend_of_ones_own_takes_part_in_the_inference() -> None:
    register_backend(toy(recognises=lambda paths: "a toy" if "toy.txt" in paths else None))
    assert infer_backend(["toy.txt"]).backend == "toy"


@pytest.mark.parametrize(
    ("system", "machine", "why"),
    [
        ("win32", "amd64", "cannot be imported on Windows"),
        ("darwin", "x86_64", "not made for Intel Macs"),
        ("darwin", "arm64", None),
        ("linux", "x86_64", None),
        ("linux", "aarch64", None),
    ],
)
def test_mlx_says_where_it_cannot_be(system: str, machine: str, why: str | None) -> None:
    told = find_backend("mlx").unavailable_on(Platform(system, machine))
    assert (told is None) if why is None else (told is not None and why in told)


def test_faster_whisper_can_be_anywhere() -> None:
    places = [Platform("win32", "amd64"), Platform("darwin", "x86_64"), Platform("linux", "riscv64")]
    assert [find_backend("ctranslate2").unavailable_on(place) for place in places] == [None] * 3


MEASURED_WHISPERS = [
    # file MiB, its type, compute_type, MiB once loaded, MiB while loading or at work; without the packages
    (138, "float16", "default", 297, 441),
    (138, "float16", "int8", 98, 251),
    (73, "int8", "default", 96, 237),
    (461, "float16", "default", 944, 1141),
    (461, "float16", "int8", 274, 610),
    (236, "int8", "default", 264, 458),
    (236, "int8", "float32", 942, 1143),
]
"""base and small, as they were measured once."""


@pytest.mark.parametrize(("size", "stored", "compute_type", "loaded", "peak"), MEASURED_WHISPERS)
def test_the_estimate_of_a_whisper_is_near_what_was_measured_and_not_much_below(
    size: int, stored: str, compute_type: str, loaded: int, peak: int
) -> None:
    backend = find_backend("ctranslate2")
    told = backend.estimate({"model.bin": size * MIB}, {"compute_type": compute_type}, {"stored_type": stored})
    assert told is not None
    packages = 61
    assert 0.93 < told.resident / MIB / (loaded + packages) < 1.15
    assert 0.95 < told.peak / MIB / (peak + packages) < 1.35


def test_before_the_download_a_whisper_is_taken_for_float16_and_the_estimate_says_so() -> None:
    backend = find_backend("ctranslate2")
    told = backend.estimate({"model.bin": 100 * MIB, "config.json": 1})
    known = backend.estimate({"model.bin": 100 * MIB}, {}, {"stored_type": "float16"})
    assert told is not None
    assert known is not None
    assert (told.peak, told.resident) == (known.peak, known.resident)
    assert "as these models usually are" in told.why
    assert "as these models usually are" not in known.why


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"device": "cuda"}, "computed in float16, the weights take 105 MB of the GPU"),
        ({"compute_type": "int8_float16", "device": "cuda"}, "computed in int8, the weights take 55.6 MB of the GPU"),
        ({"compute_type": "auto"}, "computed in float32, the weights take 210 MB"),
        ({"compute_type": {"cpu": "int8"}}, "computed in float32, the weights take 210 MB"),
    ],
)
def test_the_estimate_of_a_whisper_follows_the_options_that_it_is_loaded_with(
    options: dict[str, Any], told: str
) -> None:
    estimate = find_backend("ctranslate2").estimate({"model.bin": 100 * MIB}, options)
    assert estimate is not None
    assert told in estimate.why


LLAMA_1B = {
    "num_hidden_layers": 16,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 64,
    "hidden_size": 2048,
    "max_position_embeddings": 131_072,
}


def test_the_context_of_a_language_model_is_counted_from_its_config() -> None:
    """32 KiB a token for Llama-3.2-1B: 256 MiB for the 8,192 tokens that are counted."""
    backend, sizes = find_backend("mlx"), {"model.safetensors": 600 * MIB}
    known = backend.estimate(sizes, {}, LLAMA_1B)
    without = backend.estimate(sizes, {}, LLAMA_1B | {"num_hidden_layers": 0})
    assert known is not None
    assert without is not None
    assert known.peak - without.peak == (256 - 60) * MIB  # without a config a tenth of the weights
    assert "a context of 8192 tokens in 16 layers" in known.why


@pytest.mark.parametrize(
    ("config", "mib"),
    [
        ({**LLAMA_1B, "num_key_value_heads": None}, 1024),
        ({**LLAMA_1B, "head_dim": None}, 256),
        ({**LLAMA_1B, "max_position_embeddings": 4096}, 128),
        ({"text_config": LLAMA_1B}, 256),
    ],
)
def test_what_a_config_leaves_out_means_what_it_means_to_the_model(config: dict[str, Any], mib: int) -> None:
    told = find_backend("mlx").estimate({"model.safetensors": MIB}, {"cache_limit": 0}, config)
    plain = find_backend("mlx").estimate({"model.safetensors": MIB}, {"cache_limit": 0}, {})
    assert told is not None
    assert plain is not None
    assert told.peak - plain.peak == mib * MIB - MIB // 10


@pytest.mark.parametrize("backend", ["ctranslate2", "mlx"])
def test_without_weights_there_is_nothing_to_estimate(backend: str) -> None:
    assert find_backend(backend).estimate({"config.json": 1}) is None
    assert toy().estimate({"toy.txt": 1}) is None


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000])
def test_a_config_that_cannot_be_read_tells_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    (tmp_path / "model.bin").write_text(text)
    assert find_backend("mlx").facts(tmp_path) == {}
    assert find_backend("ctranslate2").facts(tmp_path) == {}


def test_the_facts_of_a_language_model_are_its_config(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(LLAMA_1B))
    assert find_backend("mlx").facts(tmp_path) == LLAMA_1B
