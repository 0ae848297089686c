"""``load_cached`` judges the files before anything is imported, and its errors name what is wrong. No package is needed."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch.testing.models import tiny_llama, tiny_whisper

from .kit import LLAMA, POINTER, REPO, SHARDS, TOY_FILES, WHISPER, fetch, lay, spoil

if TYPE_CHECKING:
    from pathlib import Path

    from modelfetch.testing import LocalHub


@pytest.mark.usefixtures("no_packages")
@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json", "vocabulary.json"])
@pytest.mark.parametrize("recorded", [True, False])
def test_a_missing_file_of_a_whisper_is_named_before_anything_is_imported(
    local_hub: LocalHub, isolated_cache: Path, name: str, *, recorded: bool
) -> None:
    snapshot = fetch(local_hub, isolated_cache, WHISPER) if recorded else lay(isolated_cache, WHISPER)
    spoil(snapshot, name, None)
    with pytest.raises(mf.NotCachedError, match=f"the backend ctranslate2 needs {name} as well") as caught:
        mf.load_cached(REPO, cache_dir=isolated_cache, backend="ctranslate2")
    assert caught.value.missing == (name,)


def test_what_is_not_there_is_told_without_the_package_of_the_backend(isolated_cache: Path) -> None:
    code = (
        "import sys, modelfetch as mf\n"
        "sys.modules.update(dict.fromkeys(('faster_whisper', 'ctranslate2', 'mlx', 'mlx_lm', 'huggingface_hub')))\n"
        f"try: mf.load_cached('tiny', cache_dir={str(isolated_cache)!r})\n"
        "except mf.NotCachedError as error: print(*error.missing)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["model.bin", "config.json", "tokenizer.json", "vocabulary.json"]


def test_an_optional_file_that_was_downloaded_is_missed_when_it_is_gone(
    local_hub: LocalHub, isolated_cache: Path
) -> None:
    """A Whisper with 128 mel bands and no ``preprocessor_config.json`` loads with 80, and hears nothing right."""
    snapshot = fetch(local_hub, isolated_cache, tiny_whisper(mels=128))
    spoil(snapshot, "preprocessor_config.json", None)
    with pytest.raises(mf.NotCachedError) as caught:
        mf.load_cached(REPO, cache_dir=isolated_cache, backend="ctranslate2")
    assert caught.value.missing == ("preprocessor_config.json",)


@pytest.mark.parametrize("mels", [80, 128])
@pytest.mark.usefixtures("no_packages")
def test_the_weights_tell_whether_the_number_of_mel_bands_has_to_be_told(isolated_cache: Path, mels: int) -> None:
    files = tiny_whisper(mels=mels)
    files.pop("preprocessor_config.json", None)
    lay(isolated_cache, files)
    with pytest.raises((mf.NotCachedError, mf.BackendError)) as caught:
        mf.load_cached(REPO, cache_dir=isolated_cache)
    if mels == 128:
        assert isinstance(caught.value, mf.NotCachedError)
        assert caught.value.missing == ("preprocessor_config.json",)
        assert "hears 128 mel bands" in str(caught.value)
    else:
        assert "is not installed" in str(caught.value)


def test_a_text_that_is_a_pointer_is_refused_though_nobody_recorded_it(isolated_cache: Path) -> None:
    lay(isolated_cache, LLAMA | {"tokenizer.json": POINTER})
    with pytest.raises(mf.IntegrityError, match="Git LFS pointer") as caught:
        mf.load_cached(REPO, cache_dir=isolated_cache)
    assert caught.value.path == "tokenizer.json"


@pytest.mark.parametrize("recorded", [True, False])
def test_a_shard_that_is_not_there_is_missed(local_hub: LocalHub, isolated_cache: Path, *, recorded: bool) -> None:
    """Where nothing was recorded, the index of the weights tells."""
    snapshot = fetch(local_hub, isolated_cache, LLAMA) if recorded else lay(isolated_cache, LLAMA)
    spoil(snapshot, SHARDS[1], None)
    with pytest.raises(mf.NotCachedError) as caught:
        mf.load_cached(REPO, cache_dir=isolated_cache)
    assert caught.value.missing == (SHARDS[1],)


def test_a_choice_of_files_that_is_enough_for_the_backend_may_be_loaded(
    local_hub: LocalHub, isolated_cache: Path
) -> None:
    fetch(local_hub, isolated_cache, TOY_FILES, allow_patterns=["toy.txt"])
    assert mf.load_cached(REPO, cache_dir=isolated_cache).text == "a toy"


def test_a_choice_of_files_that_is_not_enough_lacks_what_the_backend_needs(
    local_hub: LocalHub, isolated_cache: Path
) -> None:
    fetch(local_hub, isolated_cache, TOY_FILES, allow_patterns=["*.json"])
    with pytest.raises(mf.NotCachedError) as caught:
        mf.load_cached(REPO, cache_dir=isolated_cache, backend="toy")
    assert caught.value.missing == ("toy.txt",)


def test_of_two_recorded_choices_that_lack_as_many_files_the_larger_one_is_completed(
    local_hub: LocalHub, isolated_cache: Path
) -> None:
    """Loading and verifying hold the model against the same choice, whichever was downloaded first."""
    files = TOY_FILES | {"toy.a": b"a", "toy.b": b"b"}
    fetch(local_hub, isolated_cache, files, allow_patterns=["toy.txt", "toy.json"])
    snapshot = fetch(local_hub, isolated_cache, files, allow_patterns=["toy.txt", "toy.a", "toy.b"])
    spoil(snapshot, "toy.json", None)
    spoil(snapshot, "toy.a", None)
    with pytest.raises(mf.NotCachedError) as caught:
        mf.load_cached(REPO, cache_dir=isolated_cache, backend="toy")
    assert caught.value.missing == ("toy.a",)
    assert mf.verify_cached(REPO, cache_dir=isolated_cache, backend="toy").missing == ("toy.a",)


def test_what_loading_misses_of_a_choice_is_missed_by_the_status_too(local_hub: LocalHub, isolated_cache: Path) -> None:
    """The choice was made by other patterns than the backend's."""
    where: dict[str, Any] = {"cache_dir": isolated_cache, "backend": "toy"}
    snapshot = fetch(local_hub, isolated_cache, TOY_FILES, allow_patterns=["toy.txt", "toy.json"])
    assert mf.load_cached(REPO, **where).text == "a toy"
    assert mf.model_status(REPO, **where) is mf.ModelStatus.DOWNLOADED
    spoil(snapshot, "toy.json", None)
    with pytest.raises(mf.NotCachedError):
        mf.load_cached(REPO, **where)
    assert mf.model_status(REPO, **where) is mf.ModelStatus.PARTIAL


def test_the_listing_of_huggingface_hub_is_believed(isolated_cache: Path) -> None:
    snapshot = lay(isolated_cache, {"toy.txt": b"a toy"})
    tree = snapshot.parent.parent / "trees" / f"{snapshot.name}.json"
    tree.parent.mkdir()
    files = {name: {"size": len(data), "blob_id": "a" * 39 + str(len(data))} for name, data in TOY_FILES.items()}
    tree.write_text(json.dumps({"format_version": 1, "files": files}))
    with pytest.raises(mf.NotCachedError) as caught:
        mf.load_cached(REPO, cache_dir=isolated_cache)
    assert caught.value.missing == ("toy.json",)


def damaged(whole: bytes) -> dict[str, bytes]:
    """Ways to spoil a file of weights."""
    return {
        "pointer": POINTER,
        "empty": b"",
        "one byte": whole[:1],
        "half": whole[: len(whole) // 2],
        "all but one byte": whole[:-1],
        "page of a portal": b"<!DOCTYPE html><html><body>Log in</body></html>" * 50,
    }


@pytest.mark.usefixtures("no_packages")
@pytest.mark.parametrize("how", damaged(b""))
@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("weights", [(WHISPER, "model.bin"), (LLAMA, SHARDS[0])], ids=["whisper", "llama"])
def test_damaged_weights_are_refused_by_name_before_anything_is_imported(
    local_hub: LocalHub, isolated_cache: Path, weights: tuple[dict[str, bytes], str], how: str, *, recorded: bool
) -> None:
    files, name = weights
    snapshot = fetch(local_hub, isolated_cache, files) if recorded else lay(isolated_cache, files)
    spoil(snapshot, name, damaged(files[name])[how])
    with pytest.raises(mf.IntegrityError, match="Nothing was loaded") as caught:
        mf.load_cached(REPO, cache_dir=isolated_cache)
    assert caught.value.path == name
    assert caught.value.expected
    assert caught.value.actual
    if how == "pointer":
        assert "Git LFS pointer" in str(caught.value)


@pytest.mark.parametrize(
    "header",
    [
        b"[]",
        b'{"a": 1}',
        b'{"a": {}}',
        b'{"a": {"data_offsets": [0]}}',
        b'{"a": {"data_offsets": [0, "x"]}}',
        b"\xff" * 9,
    ],
)
def test_a_header_of_weights_that_means_nothing_is_refused(isolated_cache: Path, header: bytes) -> None:
    weights = struct.pack("<Q", len(header)) + header
    lay(isolated_cache, tiny_llama() | {"model.safetensors": weights})
    with pytest.raises(mf.IntegrityError, match="no header of safetensors"):
        mf.load_cached(REPO, cache_dir=isolated_cache)


@pytest.mark.usefixtures("no_packages")
def test_a_file_of_weights_that_holds_no_tensor_is_whole(isolated_cache: Path) -> None:
    header = b'{"__metadata__": {"format": "mlx"}}'
    lay(isolated_cache, tiny_llama() | {"model.safetensors": struct.pack("<Q", len(header)) + header})
    with pytest.raises(mf.BackendError, match="pip install"):
        mf.load_cached(REPO, cache_dir=isolated_cache)


@pytest.mark.usefixtures("no_packages")
def test_an_index_that_cannot_be_read_names_no_shards(isolated_cache: Path) -> None:
    lay(isolated_cache, LLAMA | {"model.safetensors.index.json": b"[]"})
    with pytest.raises(mf.BackendError, match="pip install"):
        mf.load_cached(REPO, cache_dir=isolated_cache)


def test_a_model_of_ctranslate2_that_is_no_whisper_is_told_apart(isolated_cache: Path) -> None:
    other = WHISPER["model.bin"].replace(b"WhisperSpec", b"OPusMTSpec2", 1)
    lay(isolated_cache, WHISPER | {"model.bin": other})
    with pytest.raises(
        mf.BackendError, match=r"holds a CTranslate2 model of the kind OPusMTSpec2\. A Whisper model"
    ) as caught:
        mf.load_cached(REPO, cache_dir=isolated_cache)
    assert caught.value.backend == "ctranslate2"


@pytest.mark.parametrize("recorded", [True, False])
def test_weights_that_may_not_be_opened_are_an_error_of_the_cache(
    local_hub: LocalHub, isolated_cache: Path, monkeypatch: pytest.MonkeyPatch, *, recorded: bool
) -> None:
    snapshot = fetch(local_hub, isolated_cache, WHISPER) if recorded else lay(isolated_cache, WHISPER)
    real = os.open

    def refuse(path: Any, *given: Any, **named: Any) -> int:
        if str(path) == str(snapshot / "model.bin"):
            raise PermissionError(13, "Permission denied", path)
        return real(path, *given, **named)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(mf.CacheError, match="Permission denied"):
        mf.load_cached(REPO, cache_dir=isolated_cache)


def test_a_file_of_another_size_that_may_not_be_opened_is_an_error_of_the_cache(
    local_hub: LocalHub, isolated_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(fetch(local_hub, isolated_cache, TOY_FILES), "toy.txt", POINTER)

    def refuse(*_: Any, **__: Any) -> int:
        raise PermissionError(13, "Permission denied", "toy.txt")

    monkeypatch.setattr("modelfetch.backends.header._unseen", refuse)
    with pytest.raises(mf.CacheError, match="Permission denied"):
        mf.load_cached(REPO, cache_dir=isolated_cache)
