"""The real faster-whisper and the real mlx-lm load what modelfetch fetched, ask nobody, and leave the process as it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch.testing.fixture import isolated_cache as isolated_cache
from modelfetch.testing.fixture import local_hub as local_hub
from modelfetch.testing.models import LLAMA_TEXT, WHISPER_TEXT, tiny_llama, tiny_whisper, write_big_whisper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from modelfetch.testing import LocalHub

pytestmark = pytest.mark.backend

WHISPERS: dict[str, dict[str, Any]] = {"english": {}, "like large-v3": {"multilingual": True, "mels": 128}}
LLAMAS: dict[str, dict[str, Any]] = {"float16": {}, "4-bit, three shards": {"quantized": True, "shards": 3}}

CHILD = """
import json, logging, os, resource, sys, threading
asked = []
network = ("socket.connect", "socket.getaddrinfo", "socket.gethostby", "socket.sendto", "socket.sendmsg", "http.client.", "urllib.")
sys.addaudithook(lambda event, args: asked.append(event) if event.startswith(network) else None)

def state():
    return {
        "environment": dict(os.environ),
        "open files": resource.getrlimit(resource.RLIMIT_NOFILE),
        "root logger": [logging.getLogger().level, len(logging.getLogger().handlers)],
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "folder": os.getcwd(),
    }

import modelfetch as mf
repo, cache, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
before = state()
loaded = mf.load_cached(repo, cache_dir=cache, **options)
after = state()
if isinstance(loaded, tuple):
    from mlx_lm import generate
    text = generate(*loaded, "who are you")
else:
    import numpy
    text = "".join(segment.text for segment in loaded.transcribe(numpy.zeros(16_000, numpy.float32))[0])
print(json.dumps({"text": text, "asked": asked, "changed": [name for name in before if before[name] != after[name]]}))
"""


@pytest.fixture(autouse=True)
def nothing_stays_loaded() -> Iterator[None]:
    yield
    mf.loaded_models.clear()


def fetched(hub: LocalHub, cache: Path, files: dict[str, bytes]) -> str:
    """A repo that was downloaded, and whose hub is gone."""
    hub.add_repo("org/model", files | {"README.md": b"read me"})
    mf.download("org/model", endpoint=hub.endpoint, cache_dir=cache)
    return "org/model"


def in_a_process_of_its_own(repo: str, cache: Path, **options: Any) -> dict[str, Any]:
    command = [sys.executable, "-c", CHILD, repo, str(cache), json.dumps(options)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


@pytest.mark.parametrize("options", WHISPERS.values(), ids=WHISPERS)
def test_faster_whisper_says_what_it_should_from_what_was_fetched_and_asks_nobody(
    local_hub: LocalHub, isolated_cache: Path, options: dict[str, Any]
) -> None:
    repo = fetched(local_hub, isolated_cache, tiny_whisper(**options))
    told = in_a_process_of_its_own(repo, isolated_cache, device="cpu")
    assert told == {"text": WHISPER_TEXT, "asked": [], "changed": []}


@pytest.mark.parametrize("options", LLAMAS.values(), ids=LLAMAS)
def test_mlx_lm_says_what_it_should_from_what_was_fetched_and_asks_nobody(
    local_hub: LocalHub, isolated_cache: Path, options: dict[str, Any]
) -> None:
    """Imported by anybody else it would have lowered the number of files that the process may have open."""
    repo = fetched(local_hub, isolated_cache, tiny_llama(**options))
    told = in_a_process_of_its_own(repo, isolated_cache)
    assert told == {"text": LLAMA_TEXT, "asked": [], "changed": []}


def test_a_low_limit_of_open_files_does_not_keep_mlx_lm_from_being_imported(
    local_hub: LocalHub, isolated_cache: Path
) -> None:
    repo = fetched(local_hub, isolated_cache, tiny_llama())
    code = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (512, 512))\n" + CHILD
    command = [sys.executable, "-c", code, repo, str(isolated_cache), "{}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"text": LLAMA_TEXT, "asked": [], "changed": []}


def test_what_is_loaded_is_what_the_packages_give(local_hub: LocalHub, isolated_cache: Path) -> None:
    import mlx.nn
    from faster_whisper import WhisperModel

    local_hub.add_repo("org/whisper", tiny_whisper())
    local_hub.add_repo("org/llama", tiny_llama())
    for repo in ("org/whisper", "org/llama"):
        mf.download(repo, endpoint=local_hub.endpoint, cache_dir=isolated_cache)
    whisper = mf.load_cached("org/whisper", cache_dir=isolated_cache, device="cpu", compute_type="int8")
    model, tokenizer = mf.load_cached("org/llama", cache_dir=isolated_cache)
    assert isinstance(whisper, WhisperModel)
    assert whisper.model.compute_type.startswith("int8")
    assert isinstance(model, mlx.nn.Module)
    assert "hello" in tokenizer.decode(tokenizer.encode("hello"))


@pytest.mark.parametrize(
    ("option", "limit"), [({}, 20 << 20), ({"cache_limit": 5 << 20}, 5 << 20), ({"cache_limit": None}, 7 << 20)]
)
def test_mlx_keeps_as_much_freed_memory_as_it_is_told(
    local_hub: LocalHub, isolated_cache: Path, option: dict[str, Any], limit: int
) -> None:
    import mlx.core as mx

    repo = fetched(local_hub, isolated_cache, tiny_llama())
    mx.set_cache_limit(7 << 20)
    mf.load_cached(repo, cache_dir=isolated_cache, **option)
    assert mx.set_cache_limit(7 << 20) == limit


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            {"compute_type": "float8"},
            r"with device='cpu', compute_type='float8': Invalid compute type: float8 \(ValueError\)",
        ),
        ({"nonsense": 1}, r"nonsense=1: .*incompatible constructor arguments.*TypeError"),
        ({"device": "tpu"}, r"device='tpu': unsupported device tpu \(ValueError\)"),
        ({"download_root": "x"}, "takes no 'download_root'"),
        ({"local_files_only": True}, "takes no 'local_files_only'"),
    ],
)
def test_an_option_that_faster_whisper_does_not_take_is_told_in_its_words(
    local_hub: LocalHub, isolated_cache: Path, options: dict[str, Any], told: str
) -> None:
    repo = fetched(local_hub, isolated_cache, tiny_whisper())
    with pytest.raises(mf.BackendError, match=told) as caught:
        mf.load_cached(repo, cache_dir=isolated_cache, **{"device": "cpu", **options})
    assert caught.value.backend == "ctranslate2"


def test_a_kind_of_model_that_mlx_lm_does_not_know_is_told_in_its_words(
    local_hub: LocalHub, isolated_cache: Path
) -> None:
    files = tiny_llama()
    config = json.loads(files["config.json"]) | {"model_type": "unheard-of"}
    repo = fetched(local_hub, isolated_cache, files | {"config.json": json.dumps(config).encode()})
    with pytest.raises(mf.BackendError, match="Model type unheard-of not supported") as caught:
        mf.load_cached(repo, cache_dir=isolated_cache)
    assert isinstance(caught.value.__cause__, ValueError)


def test_the_estimate_of_a_whisper_reads_the_type_of_its_weights(tmp_path: Path) -> None:
    folder = write_big_whisper(tmp_path, 30_000_000)
    [backend] = [one for one in mf.list_backends() if one.name == "ctranslate2"]
    assert backend.facts(folder) == {"stored_type": "int8"}
