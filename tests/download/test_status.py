"""Is a model here? Judged on a real cache, without a request."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

import modelfetch as mf
from modelfetch.backends import registry
from modelfetch.testing import LocalHub, Stall, Synthetic
from modelfetch.testing.models import tiny_llama, tiny_whisper

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

FILES = {"config.json": b"{}", "model.bin": b"weights", "tokenizer.json": b"{}", "vocabulary.txt": b"a\nb\n"}
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 75538270\n"
WHISPER, LLAMA = tiny_whisper(), tiny_llama(shards=2)
FIRST, SECOND = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"


@pytest.fixture
def hub(local_hub: LocalHub) -> LocalHub:
    local_hub.add_repo("org/name", FILES)
    return local_hub


def test_a_model_nobody_downloaded_is_not_downloaded(hub: LocalHub, isolated_cache: Path) -> None:
    assert mf.model_status("org/name", cache_dir=isolated_cache) is mf.ModelStatus.NOT_DOWNLOADED
    assert hub.requests == ()


def test_a_downloaded_model_is_downloaded(hub: LocalHub, isolated_cache: Path) -> None:
    mf.download("org/name", cache_dir=isolated_cache, endpoint=hub.endpoint)
    hub.clear()

    assert mf.model_status("org/name", cache_dir=isolated_cache) is mf.ModelStatus.DOWNLOADED
    assert hub.requests == ()


def test_a_deleted_file_makes_it_partial(hub: LocalHub, isolated_cache: Path) -> None:
    result = mf.download("org/name", cache_dir=isolated_cache, endpoint=hub.endpoint)
    (result.path / "model.bin").resolve().unlink()

    assert mf.model_status("org/name", cache_dir=isolated_cache) is mf.ModelStatus.PARTIAL


def test_a_cancelled_download_is_partial(hub: LocalHub, isolated_cache: Path) -> None:
    hub.add_repo("org/big", {"model.bin": Synthetic(4_000_000)})
    hub.inject(Stall(after=2_000_000))
    job = mf.start_download("org/big", cache_dir=isolated_cache, endpoint=hub.endpoint)
    hub.wait_for_bytes(1_000_000)
    while job.snapshot().bytes_downloaded == 0:
        pass
    job.cancel()
    assert isinstance(job.exception(10), mf.DownloadCancelled)

    assert mf.model_status("org/big", cache_dir=isolated_cache) is mf.ModelStatus.PARTIAL


def test_what_ended_between_two_files_is_partial_and_can_be_planned_offline(
    hub: LocalHub, isolated_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add_repo("org/big", {"a.bin": Synthetic(4_000_000), "b.bin": Synthetic(3_000_000)})
    hub.inject(Stall(after=0, match="b.bin"))
    job = mf.start_download("org/big", cache_dir=isolated_cache, endpoint=hub.endpoint)
    while not job.snapshot().files_done:
        pass
    job.cancel()
    assert isinstance(job.exception(10), mf.DownloadCancelled)
    assert not list(isolated_cache.rglob("*.part"))

    assert mf.model_status("org/big", cache_dir=isolated_cache) is mf.ModelStatus.PARTIAL
    assert mf.verify_cached("org/big", cache_dir=isolated_cache).missing == ("b.bin",)
    with monkeypatch.context() as offline:
        offline.setenv("HF_HUB_OFFLINE", "1")
        plan = mf.plan_download("org/big", cache_dir=isolated_cache, endpoint=hub.endpoint)
    assert [file.state for file in plan.files] == ["cached", "missing"]
    assert isinstance(mf.DownloadManager(cache_dir=isolated_cache).state("org/big"), mf.NotDownloaded)

    hub.heal()
    result = mf.download("org/big", cache_dir=isolated_cache, endpoint=hub.endpoint)

    assert not (isolated_cache / "models--org--big" / ".modelfetch" / "v1" / "refs" / "main").exists()
    assert mf.model_status("org/big", cache_dir=isolated_cache) is mf.ModelStatus.DOWNLOADED
    assert result.bytes_reused == 4_000_000


def test_what_is_there_of_another_choice_or_revision_makes_nothing_partial(hub: LocalHub, isolated_cache: Path) -> None:
    files = {"config.json": b"{}", "q4.gguf": Synthetic(4_000_000), "q8.gguf": Synthetic(8_000_000)}
    hub.add_repo("org/big", files)
    hub.inject(Stall(after=2_000_000, match="q4.gguf"))
    q4, q8 = (mf.ModelSpec(name, "org/big", allow_patterns=f"{name}.gguf") for name in ("q4", "q8"))
    config = mf.ModelSpec("config", "org/big", allow_patterns="config.json")
    mf.download(config, cache_dir=isolated_cache, endpoint=hub.endpoint)
    job = mf.start_download(q4, cache_dir=isolated_cache, endpoint=hub.endpoint)
    while job.snapshot().bytes_downloaded == 0:
        pass
    job.cancel()
    assert isinstance(job.exception(10), mf.DownloadCancelled)

    def status(model: str | mf.ModelSpec) -> mf.ModelStatus:
        return mf.model_status(model, cache_dir=isolated_cache)

    assert status(config) is mf.ModelStatus.DOWNLOADED
    assert status(q4) is mf.ModelStatus.PARTIAL
    assert status("org/big@dev") is mf.ModelStatus.NOT_DOWNLOADED
    assert status(q8) is mf.ModelStatus.NOT_DOWNLOADED


def test_a_filtered_download_is_what_was_asked_for(hub: LocalHub, isolated_cache: Path) -> None:
    mf.download("org/name", allow_patterns="*.json", cache_dir=isolated_cache, endpoint=hub.endpoint)

    assert mf.model_status("org/name", cache_dir=isolated_cache) is mf.ModelStatus.DOWNLOADED
    wanted = mf.ModelSpec("whole", "org/name", allow_patterns=("*",))
    assert mf.model_status(wanted, cache_dir=isolated_cache) is not mf.ModelStatus.DOWNLOADED


def test_a_folder_without_weights_is_never_downloaded(isolated_cache: Path) -> None:
    folder = isolated_cache / "models--org--name"
    snapshot = folder / "snapshots" / ("a" * 40)
    snapshot.mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("a" * 40)
    (snapshot / "config.json").write_text("{}")

    assert mf.model_status("org/name", cache_dir=isolated_cache) is mf.ModelStatus.PARTIAL


def copied(cache: Path, files: Mapping[str, bytes | None], commit: str = "a" * 40) -> Path:
    """Put files into the cache as a copy of a folder does: without a note of what was asked for. The snapshot folder."""
    folder = cache / "models--org--name"
    snapshot = folder / "snapshots" / commit
    snapshot.mkdir(parents=True)
    for path, content in files.items():
        if content is not None:
            (snapshot / path).write_bytes(content)
    (folder / "refs").mkdir(exist_ok=True)
    (folder / "refs" / "main").write_text(commit)
    return snapshot


@pytest.mark.parametrize(("files", "backend"), [(WHISPER, "ctranslate2"), (LLAMA, "mlx")], ids=["whisper", "llama"])
def test_a_copy_that_nobody_recorded_is_judged_by_what_a_backend_needs(
    isolated_cache: Path, files: dict[str, bytes], backend: str
) -> None:
    snapshot = copied(isolated_cache, files)

    assert mf.model_status("org/name", cache_dir=isolated_cache) is mf.ModelStatus.DOWNLOADED
    assert mf.model_status("org/name", backend=backend, cache_dir=isolated_cache) is mf.ModelStatus.DOWNLOADED
    (snapshot / "tokenizer.json").unlink()
    assert mf.model_status("org/name", backend=backend, cache_dir=isolated_cache) is mf.ModelStatus.PARTIAL


@pytest.mark.parametrize(
    ("files", "name", "content", "backend"),
    [
        (LLAMA, SECOND, None, "mlx"),
        (LLAMA, FIRST, POINTER, "mlx"),
        (LLAMA, "tokenizer.json", POINTER, "mlx"),
        (WHISPER, "model.bin", POINTER, "ctranslate2"),
        (tiny_whisper(mels=128), "preprocessor_config.json", None, "ctranslate2"),
    ],
    ids=["a shard", "shard pointer", "text pointer", "weights pointer", "mel bands"],
)
def test_what_lacks_a_file_that_its_files_ask_for_is_called_downloaded_by_nobody(
    isolated_cache: Path, files: dict[str, bytes], name: str, content: bytes | None, backend: str
) -> None:
    copied(isolated_cache, {**files, name: content})
    spec = mf.ModelSpec("mine", "org/name", backend=backend)
    (listed,) = mf.list_cached(isolated_cache)

    assert mf.model_status("org/name", cache_dir=isolated_cache) is mf.ModelStatus.PARTIAL
    assert mf.model_status(spec, cache_dir=isolated_cache) is mf.ModelStatus.PARTIAL
    assert listed.status is mf.ModelStatus.PARTIAL
    assert not isinstance(mf.DownloadManager(cache_dir=isolated_cache).state(spec), mf.Downloaded)
    with pytest.raises((mf.NotCachedError, mf.IntegrityError)) as refused:
        mf.load_cached(spec, cache_dir=isolated_cache)
    assert name in str(refused.value)


def fails(error: Exception) -> Callable[[Path], None]:
    def check(_: Path) -> None:
        raise error

    return check


def register_odd(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """A backend whose look at the files ends in ``error``."""
    monkeypatch.setattr(registry, "_registered", {})
    mf.register_backend(
        mf.Backend(name="odd", needed=(("odd.bin",),), patterns=("odd.bin",), load=str, check=fails(error))
    )


def test_a_backend_that_dislikes_what_is_all_there_does_not_make_it_partial(
    isolated_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_odd(monkeypatch, ZeroDivisionError())
    copied(isolated_cache, {"odd.bin": b"odd"})
    assert mf.model_status("org/name", cache_dir=isolated_cache) is mf.ModelStatus.DOWNLOADED


def test_a_file_that_cannot_be_read_says_nothing_of_the_model(
    isolated_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_odd(monkeypatch, PermissionError(13, "Permission denied", "odd.bin"))
    copied(isolated_cache, {"odd.bin": b"odd"})
    with pytest.raises(mf.CacheError, match="Permission denied"):
        mf.model_status("org/name", cache_dir=isolated_cache)


def test_a_file_that_goes_while_it_is_looked_at_is_not_there(
    isolated_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register_odd(monkeypatch, FileNotFoundError(2, "No such file or directory", "odd.bin"))
    copied(isolated_cache, {"odd.bin": b"odd"})
    assert mf.model_status("org/name", cache_dir=isolated_cache) is mf.ModelStatus.PARTIAL


@pytest.mark.parametrize("first", ["config.json", None], ids=["chosen files", "all files"])
def test_what_was_asked_for_one_after_the_other_is_all_asked_for(
    hub: LocalHub, isolated_cache: Path, first: str | None
) -> None:
    hub.add_repo("org/name", WHISPER)
    where = {"cache_dir": isolated_cache, "endpoint": hub.endpoint}
    mf.download("org/name", allow_patterns=first, **where)
    result = mf.download("org/name", backend="ctranslate2", **where)
    assert mf.model_status("org/name", cache_dir=isolated_cache) is mf.ModelStatus.DOWNLOADED

    (result.path / "model.bin").resolve().unlink()
    assert mf.model_status("org/name", cache_dir=isolated_cache) is mf.ModelStatus.PARTIAL
    assert mf.list_cached(isolated_cache)[0].status is mf.ModelStatus.PARTIAL
    assert mf.verify_cached("org/name", cache_dir=isolated_cache).missing == ("model.bin",)


# ------------------------------------------------------------------ what an unfinished download has noted


@pytest.fixture
def unfinished(hub: LocalHub, isolated_cache: Path) -> str:
    """A cancelled download of which the small file is there; the commit."""
    hub.add_repo("org/big", {"config.json": b"{}", "model.bin": Synthetic(4_000_000)})
    hub.inject(Stall(after=2_000_000, match="model.bin"))
    job = mf.start_download("org/big", cache_dir=isolated_cache, endpoint=hub.endpoint)
    while not (job.snapshot().files_done and job.snapshot().bytes_downloaded > 1_000_000):
        time.sleep(0.01)
    job.cancel()
    assert isinstance(job.exception(10), mf.DownloadCancelled)
    hub.clear()
    return mf.list_cached(isolated_cache)[0].commits[0]


@pytest.mark.parametrize("is_pinned", [True, False])
def test_what_an_unfinished_download_lacks_is_missing(
    unfinished: str, isolated_cache: Path, *, is_pinned: bool
) -> None:
    revision = unfinished if is_pinned else None

    report = mf.verify_cached("org/big", revision=revision, cache_dir=isolated_cache)

    assert (report.ok, report.missing, report.is_ok) == (("config.json",), ("model.bin",), False)
    assert mf.model_status("org/big", revision=revision, cache_dir=isolated_cache) is mf.ModelStatus.PARTIAL


@pytest.mark.parametrize("is_pinned", [True, False])
def test_offline_an_unfinished_download_says_what_it_lacks(
    hub: LocalHub, unfinished: str, isolated_cache: Path, monkeypatch: pytest.MonkeyPatch, *, is_pinned: bool
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    with pytest.raises(mf.NotCachedError) as caught:
        mf.download(
            "org/big", revision=unfinished if is_pinned else None, cache_dir=isolated_cache, endpoint=hub.endpoint
        )

    assert caught.value.missing == ("model.bin",)
    assert hub.requests == ()


def test_an_unfinished_second_choice_of_files_is_not_downloaded(hub: LocalHub, isolated_cache: Path) -> None:
    hub.add_repo("org/big", {"a.json": b"{}", "b.txt": b"b", "model.bin": Synthetic(4_000_000)})
    mf.download("org/big", allow_patterns="*.json", cache_dir=isolated_cache, endpoint=hub.endpoint)
    assert mf.model_status("org/big", cache_dir=isolated_cache) is mf.ModelStatus.DOWNLOADED
    hub.inject(Stall(after=2_000_000, match="model.bin"))
    job = mf.start_download("org/big", cache_dir=isolated_cache, endpoint=hub.endpoint)
    while job.snapshot().files_done < 2:
        time.sleep(0.01)
    job.cancel()
    assert isinstance(job.exception(10), mf.DownloadCancelled)

    assert mf.model_status("org/big", cache_dir=isolated_cache) is mf.ModelStatus.PARTIAL
