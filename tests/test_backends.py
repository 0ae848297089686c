"""Which files a backend takes and needs can be asked without its package."""

from __future__ import annotations

import subprocess
import sys

import pytest

from modelfetch.backends import backend_files
from modelfetch.core.listing import FileEntry, select
from modelfetch.errors import BackendError

WHISPER = ("config.json", "model.bin", "tokenizer.json", "vocabulary.txt")
MLX = ("config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "tokenizer.json")


def chosen(backend: str, *paths: str) -> set[str]:
    files = [FileEntry(path, 1, "a" * 40) for path in paths]
    return {file.path for file in select(files, backend_files(backend).patterns, None)}


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
    assert backend_files(backend).missing(paths) == ()


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
    assert backend_files(backend).missing(paths) == missing


def test_weights_that_landed_last_are_missed() -> None:
    assert backend_files("mlx").missing(["config.json", "tokenizer.model"]) == ("model*.safetensors",)
    assert backend_files("mlx").missing([]) == ("config.json", "model*.safetensors", "tokenizer.json")


@pytest.mark.parametrize("instead", ["vocabulary.json", "vocabulary.txt"])
def test_any_alternative_meets_a_need(instead: str) -> None:
    assert backend_files("ctranslate2").missing([*WHISPER[:3], instead]) == ()


@pytest.mark.parametrize("name", ["torch", "", "CTranslate2"])
def test_a_backend_that_nobody_registered_is_an_error_that_lists_those_there_are(name: str) -> None:
    with pytest.raises(BackendError, match=r"no backend called .*ctranslate2, mlx") as caught:
        backend_files(name)
    assert caught.value.backend == name


def test_asking_a_backend_for_its_files_does_not_load_its_package() -> None:
    code = (
        "import sys; from modelfetch.backends import backend_files;"
        "[backend_files(name).missing([]) for name in ('ctranslate2', 'mlx')];"
        "print(sorted({'ctranslate2', 'faster_whisper', 'mlx', 'mlx_lm'} & sys.modules.keys()))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
