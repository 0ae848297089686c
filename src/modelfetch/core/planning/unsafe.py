"""Which files of a model can run code when they are loaded: the policy behind ``allow_unsafe=False``.

Rule: a file is judged by its name, before a byte of it is fetched, and by what its usual loader does with such
a name. A name cannot prove that a file is harmless; it tells which loader will be let loose on it.

| kind | names | why |
| --- | --- | --- |
| pickle | ``.pkl .pickle .pk .joblib .dill`` | https://docs.python.org/3/library/pickle.html ("not secure") |
| PyTorch | ``.bin .pt .pth .th .ckpt .ptl .pt2 .distcp .nemo`` | ``torch.load``; https://huggingface.co/docs/hub/security-pickle |
| NumPy | ``.npy .npz`` | object arrays are pickles (``numpy.load(allow_pickle=)``); MLX's reader has none |
| Keras | ``.h5 .hdf5 .keras`` | Lambda layers are Python bytecode (CVE-2024-3660) |
| TensorFlow | ``.pb`` | "TensorFlow models are programs" (SECURITY.md of TensorFlow) |
| program | ``.py .pyc .pyd .so .dll .dylib .exe .sh .bat .cmd .ps1 .llamafile .mar .whl`` | ``trust_remote_code``, extensions |

A compressed or wrapped one (``.pkl.gz``, ``.pth.tar``) is judged by what is inside. ``.bin`` that is no pickle:
``model.bin`` for CTranslate2 (``models::Model::load`` reads its own format), ``ggml-*.bin`` of whisper.cpp and
``openvino_*.bin`` of OpenVINO, which only their own readers take. ``.safetensors .gguf .onnx .json .txt`` and every
name that is not listed are let through.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from ...errors import UnsafeFilesError
from ..text import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .plan import DownloadPlan

_PICKLE = "a pickle, which runs code when it is loaded"
_TORCH = "PyTorch's pickle, which runs code when it is loaded"
_NUMPY = "an array file, which may hold pickles"
_KERAS = "a Keras model, which may hold Python code"
_GRAPH = "a TensorFlow graph, which is a program"
_PROGRAM = "a program"

_REASONS = {
    **dict.fromkeys(("pkl", "pickle", "pk", "joblib", "dill"), _PICKLE),
    **dict.fromkeys(("bin", "pt", "pth", "th", "ckpt", "ptl", "pt2", "distcp", "nemo"), _TORCH),
    **dict.fromkeys(("npy", "npz"), _NUMPY),
    **dict.fromkeys(("h5", "hdf5", "keras"), _KERAS),
    "pb": _GRAPH,
    **dict.fromkeys(("py", "pyc", "pyd", "so", "dll", "dylib", "exe", "sh", "bat", "cmd", "ps1"), _PROGRAM),
    **dict.fromkeys(("llamafile", "mar", "whl"), _PROGRAM),
}
"""Extensions in lower case to why a file of that kind is refused."""

_WRAPPERS = frozenset({"gz", "bz2", "xz", "z", "lzma", "zst", "zip", "tar", "tgz", "7z"})
"""Extensions that say how something is packed, and not what it is."""

_HARMLESS = {
    "ctranslate2": ("model.bin",),
    "mlx": ("*.npz", "*.npy"),
    None: ("ggml-*.bin", "openvino_*.bin"),
}
"""Backends to names that their own readers take, which know no pickle; None: whoever loads it."""

_SHOWN = 10


class UnsafeFile(NamedTuple):
    """A file that the policy refuses: its path in the repo, and why."""

    path: str
    reason: str


def unsafe_files(paths: Iterable[str], backend: str | None) -> tuple[UnsafeFile, ...]:
    """Those of ``paths`` that can run code when ``backend`` (None: anybody) loads them, in their order."""
    return tuple(UnsafeFile(path, reason) for path in paths if (reason := _reason(path, backend)))


def check_safe(plan: DownloadPlan) -> None:
    """Raise UnsafeFilesError when ``plan`` would bring a file that can run code."""
    found = unsafe_files((file.path for file in plan.files), plan.backend)
    if not found:
        return
    named = listed([f"{file.path} ({file.reason})" for file in found], _SHOWN)
    message = (
        f"{plan.repo_id} at {plan.revision!r} would bring files that can run code when they are loaded: {named}. "
        "Only files that cannot were expected, because allow_unsafe=False. Nothing was fetched; "
        f"{_advice(found, plan)}, or allow them with allow_unsafe=True."
    )
    raise UnsafeFilesError(message, files=(file.path for file in found), repo_id=plan.repo_id)


def _advice(found: tuple[UnsafeFile, ...], plan: DownloadPlan) -> str:
    if plan.backend is None and any(_name(file.path) == "model.bin" for file in found):
        return "if this is a CTranslate2 model, say backend='ctranslate2'"
    if any(file.path.lower().endswith((".safetensors", ".gguf", ".onnx")) for file in plan.files):
        return "leave them out with ignore_patterns (the plan has weights without code as well)"
    return "choose a model with weights in safetensors"


def _reason(path: str, backend: str | None) -> str | None:
    name = _name(path)
    harmless = (*_HARMLESS[None], *_HARMLESS.get(backend, ()))
    return None if any(fnmatchcase(name, pattern) for pattern in harmless) else _REASONS.get(_kind(name))


def _name(path: str) -> str:
    return path.rpartition("/")[2].lower()


def _kind(name: str) -> str:
    """The extension that says what a file is."""
    stem, dot, extension = name.rpartition(".")
    if not dot:
        return ""
    return _kind(stem) if extension in _WRAPPERS else extension
