"""Which files can run code when they are loaded is judged by name, and by who will load them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelfetch.core.models.spec import ModelSpec
from modelfetch.core.planning.listing import FileEntry
from modelfetch.core.planning.plan import DownloadPlan, plan_of
from modelfetch.core.planning.unsafe import check_safe, unsafe_files
from modelfetch.errors import UnsafeFilesError

COMMIT = "c" * 40


def plan(*paths: str, backend: str | None = None) -> DownloadPlan:
    files = [FileEntry(path, 1, "a" * 40) for path in paths]
    return plan_of(files, COMMIT, ModelSpec("x", "org/x", backend=backend), "https://hub.example")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("model.pkl", "a pickle"),
        ("model.pickle", "a pickle"),
        ("model.joblib", "a pickle"),
        ("sklearn.dill", "a pickle"),
        ("random_states_0.PKL", "a pickle"),
        ("pytorch_model.bin", "PyTorch"),
        ("pytorch_model-00001-of-00002.bin", "PyTorch"),
        ("adapter/training_args.bin", "PyTorch"),
        ("model.bin", "PyTorch"),
        ("model.pt", "PyTorch"),
        ("G_latest.pth", "PyTorch"),
        ("v1-5.ckpt", "PyTorch"),
        ("demucs.th", "PyTorch"),
        ("parakeet.nemo", "PyTorch"),
        ("__0_0.distcp", "PyTorch"),
        ("checkpoint.pth.tar", "PyTorch"),
        ("model.pkl.gz", "a pickle"),
        ("model.pt.zip", "PyTorch"),
        ("a/b/weights.npz", "array"),
        ("mean.npy", "array"),
        ("tf_model.h5", "Keras"),
        ("model.keras", "Keras"),
        ("saved_model.pb", "TensorFlow"),
        ("modeling_custom.py", "a program"),
        (".py", "a program"),
        ("lib/kernel.so", "a program"),
        ("model.llamafile", "a program"),
    ],
)
def test_a_name_whose_loader_can_run_code_is_refused(path: str, why: str) -> None:
    ((found, reason),) = unsafe_files([path], None)
    assert found == path
    assert why in reason


@pytest.mark.parametrize(
    "path",
    [
        "model.safetensors",
        "model.Q4_K_M.gguf",
        "onnx/model.onnx",
        "onnx/model.onnx_data",
        "config.json",
        "model.bin.index.json",
        "pytorch_model.bin.index.json",
        "tokenizer.model",
        "vocab.txt",
        "README.md",
        "flax_model.msgpack",
        "ggml-base.en.bin",
        "openvino_model.bin",
        "archive.tar.gz",
        ".gitattributes",
        "pickle",
        "py",
        "tar",
        "model.pkl/config.json",
    ],
)
def test_a_name_whose_loader_runs_no_code_is_let_through(path: str) -> None:
    assert unsafe_files([path], None) == ()


@pytest.mark.parametrize(
    ("backend", "path", "refused"),
    [
        ("ctranslate2", "model.bin", False),
        ("ctranslate2", "sub/model.bin", False),
        ("ctranslate2", "pytorch_model.bin", True),
        ("ctranslate2", "model.npz", True),
        ("mlx", "weights.npz", False),
        ("mlx", "model.bin", True),
        ("somebody-elses", "model.bin", True),
    ],
)
def test_a_backend_that_reads_a_format_of_its_own_may_have_it(backend: str, path: str, *, refused: bool) -> None:
    assert bool(unsafe_files([path], backend)) == refused


def test_a_plan_of_harmless_files_passes() -> None:
    check_safe(plan("config.json", "model.safetensors"))
    check_safe(plan("config.json", "model.bin", backend="ctranslate2"))


def test_the_error_lists_every_file_with_its_reason_and_says_what_to_do() -> None:
    made = plan("config.json", "model.safetensors", "pytorch_model.bin", "run.py")
    with pytest.raises(
        UnsafeFilesError,
        match=r"pytorch_model.bin \(PyTorch's pickle.*run.py \(a program\).*Nothing was fetched.*ignore_patterns",
    ) as caught:
        check_safe(made)
    assert caught.value.files == ("pytorch_model.bin", "run.py")
    assert caught.value.repo_id == "org/x"


def test_a_long_list_is_cut_in_the_message_and_whole_in_the_error() -> None:
    with pytest.raises(UnsafeFilesError, match=r"and 5 more\. .*choose a model with weights in safetensors") as caught:
        check_safe(plan(*(f"{number:02}.pkl" for number in range(15))))
    assert len(caught.value.files) == 15


def test_who_may_have_forgotten_the_backend_is_reminded_of_it() -> None:
    with pytest.raises(UnsafeFilesError, match="backend='ctranslate2'"):
        check_safe(plan("config.json", "model.bin"))


def test_the_policy_is_not_part_of_a_plan() -> None:
    made = plan("model.pkl")
    assert "unsafe" not in made.to_json()
    assert replace(made).fingerprint == made.fingerprint
