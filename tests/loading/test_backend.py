"""Who loads a model, and what is told where nobody can or the one who would fails. No package is needed."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch.backends import Platform, opening

from .kit import LLAMA, REPO, TOY_FILES, TWO_LINES, WHISPER, fetch, lay, toy_backend

if TYPE_CHECKING:
    from collections.abc import Collection

    from modelfetch.testing import LocalHub


@pytest.mark.usefixtures("no_packages")
@pytest.mark.parametrize(
    ("files", "command"),
    [(WHISPER, "pip install 'modelfetch[whisper]'"), (LLAMA, "pip install 'modelfetch[mlx]'")],
    ids=["whisper", "llama"],
)
def test_a_package_that_is_not_installed_comes_with_the_command_that_installs_it(
    isolated_cache: Path, files: dict[str, bytes], command: str
) -> None:
    lay(isolated_cache, files)
    with pytest.raises(mf.BackendError, match="is complete in the cache") as caught:
        mf.load_cached(REPO, cache_dir=isolated_cache)
    assert command in str(caught.value)


def test_a_package_that_is_there_and_cannot_be_imported_comes_with_the_command_too(isolated_cache: Path) -> None:
    def load(_: Path) -> object:
        return import_module("no_such_module_anywhere")

    lay(isolated_cache, TOY_FILES)
    toy_backend(load=load, install="toys[all]")
    with pytest.raises(
        mf.BackendError, match=r"No module named 'no_such_module_anywhere'.*pip install 'toys\[all\]'"
    ) as caught:
        mf.load_cached(REPO, cache_dir=isolated_cache)
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_a_package_that_is_imported_already_need_not_be_found(isolated_cache: Path) -> None:
    lay(isolated_cache, TOY_FILES)
    toy_backend(package="pytest.fixtures")
    assert mf.load_cached(REPO, cache_dir=isolated_cache).text == "a toy"


def test_a_package_of_a_backend_that_names_no_requirement_is_asked_for_by_its_name(isolated_cache: Path) -> None:
    lay(isolated_cache, TOY_FILES)
    toy_backend(package="no_such_package_anywhere")
    with pytest.raises(mf.BackendError, match=r"package no_such_package_anywhere is not installed.*; install it"):
        mf.load_cached(REPO, cache_dir=isolated_cache)


@pytest.mark.parametrize(
    ("here", "why"),
    [(Platform("win32", "amd64"), "on Windows"), (Platform("darwin", "x86_64"), "Intel Macs")],
)
@pytest.mark.parametrize("named", [True, False])
def test_where_mlx_cannot_be_it_says_so_and_does_not_ask_for_a_package(
    isolated_cache: Path, monkeypatch: pytest.MonkeyPatch, here: Platform, why: str, *, named: bool
) -> None:
    monkeypatch.setattr(opening, "this_platform", lambda: here)
    lay(isolated_cache, LLAMA)
    with pytest.raises(mf.BackendError, match=why) as caught:
        mf.load_cached(REPO, cache_dir=isolated_cache, backend="mlx" if named else None)
    assert "pip install" not in str(caught.value)


def test_a_backend_that_cannot_run_here_is_no_reason_to_download_first(
    isolated_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "this_platform", lambda: Platform("win32", "amd64"))
    with pytest.raises(mf.BackendError, match="cannot run on this machine"):
        mf.load_cached(REPO, cache_dir=isolated_cache, backend="mlx")


def test_what_a_loader_raises_comes_with_its_words_its_options_and_itself(isolated_cache: Path) -> None:
    def load(_: Path, **__: object) -> object:
        raise RuntimeError(TWO_LINES)

    snapshot = lay(isolated_cache, TOY_FILES)
    toy_backend(load=load)
    with pytest.raises(mf.BackendError) as caught:
        mf.load_cached(REPO, cache_dir=isolated_cache, device="cuda")
    told = str(caught.value)
    assert "could not load org/model with device='cuda': CUDA driver version is insufficient (RuntimeError)" in told
    assert str(snapshot) in told
    assert "second line" not in told
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert len(mf.loaded_models) == 0


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ZeroDivisionError("a slip"), mf.BackendError),
        (PermissionError(13, "Permission denied", "toy.txt"), mf.CacheError),
        (OSError(5, "Input/output error", "toy.txt"), mf.CacheError),
        (FileNotFoundError(2, "No such file or directory", "toy.txt"), mf.NotCachedError),
        (mf.IntegrityError("spoilt"), mf.IntegrityError),
    ],
    ids=["a slip", "unreadable", "device", "gone", "ours"],
)
def test_what_goes_wrong_in_a_look_at_the_files_is_told_as_what_it_is(
    isolated_cache: Path, error: Exception, kind: type[mf.ModelFetchError]
) -> None:
    def check(_: Path) -> None:
        raise error

    lay(isolated_cache, TOY_FILES)
    toy_backend(check=check)
    with pytest.raises(kind) as caught:
        mf.load_cached(REPO, cache_dir=isolated_cache)
    assert error in (caught.value, caught.value.__cause__)
    if kind is mf.BackendError:
        assert "check of the backend toy failed: a slip (ZeroDivisionError)" in str(caught.value)


@pytest.mark.parametrize("field", ["recognises", "unavailable_on"])
def test_a_backend_that_fails_at_an_answer_is_named(isolated_cache: Path, field: str) -> None:
    def answer(_: object) -> str:
        raise ZeroDivisionError(TWO_LINES)

    lay(isolated_cache, TOY_FILES)
    toy_backend(**{field: answer})
    with pytest.raises(mf.BackendError, match=f"{field} of the backend toy failed: CUDA") as caught:
        mf.load_cached(REPO, cache_dir=isolated_cache)
    assert caught.value.backend == "toy"
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_backend_that_fails_at_recognising_a_repo_is_named_by_the_plan(
    local_hub: LocalHub, isolated_cache: Path
) -> None:
    def recognises(paths: Collection[str]) -> str:
        return sorted(paths)[len(paths)]

    local_hub.add_repo(REPO, dict(TOY_FILES))
    toy_backend(recognises=recognises)
    with pytest.raises(mf.BackendError, match="recognises of the backend toy failed: list index out of range"):
        mf.plan_download(REPO, endpoint=local_hub.endpoint, cache_dir=isolated_cache)


def test_an_error_of_ours_passes_through_a_loader_as_it_is(isolated_cache: Path) -> None:
    mine = mf.InsufficientMemoryError("too big", required=2, available=1)

    def load(_: Path) -> object:
        raise mine

    lay(isolated_cache, TOY_FILES)
    toy_backend(load=load)
    with pytest.raises(mf.InsufficientMemoryError) as caught:
        mf.load_cached(REPO, cache_dir=isolated_cache)
    assert caught.value is mine


def test_ctrl_c_in_a_loader_is_ctrl_c(isolated_cache: Path) -> None:
    def load(_: Path) -> object:
        raise KeyboardInterrupt

    lay(isolated_cache, TOY_FILES)
    toy_backend(load=load)
    with pytest.raises(KeyboardInterrupt):
        mf.load_cached(REPO, cache_dir=isolated_cache)


def test_a_backend_nobody_registered_is_told_before_the_disk_is_looked_at(isolated_cache: Path) -> None:
    with pytest.raises(mf.BackendError, match=r"no backend called 'torch'.*ctranslate2, mlx, toy"):
        mf.load_cached(REPO, cache_dir=isolated_cache, backend="torch")


def test_files_that_no_backend_recognises_ask_for_the_backend_by_name(isolated_cache: Path) -> None:
    lay(isolated_cache, {"README.md": b"", "a.gguf": b"x"})
    with pytest.raises(
        mf.BackendError,
        match=r"no backend recognises its files \(README.md, a.gguf\).*pass backend=, one of ctranslate2, mlx, toy",
    ):
        mf.load_cached(REPO, cache_dir=isolated_cache)


def test_files_that_two_backends_would_take_ask_for_the_backend_by_name(isolated_cache: Path) -> None:
    lay(isolated_cache, TOY_FILES | WHISPER)
    with pytest.raises(mf.BackendError, match=r"more than one backend would take it: ctranslate2, .*; toy, "):
        mf.load_cached(REPO, cache_dir=isolated_cache)
    assert mf.load_cached(REPO, cache_dir=isolated_cache, backend="toy").text == "a toy"


def test_a_plan_of_a_bare_repo_says_who_will_load_it_and_plans_all_files(
    local_hub: LocalHub, isolated_cache: Path
) -> None:
    local_hub.add_repo(REPO, WHISPER | {"README.md": b"read me"})
    where: dict[str, Any] = {"endpoint": local_hub.endpoint, "cache_dir": isolated_cache}
    bare, named = mf.plan_download(REPO, **where), mf.plan_download(REPO, backend="ctranslate2", **where)
    assert bare.backend == "ctranslate2"
    assert bare.backend_reason == "it has model.bin and vocabulary.json, as CTranslate2 writes a Whisper model"
    assert str(bare).endswith(f"to be loaded by ctranslate2: {bare.backend_reason}")
    assert {file.path for file in bare.files} == {*WHISPER, "README.md"}
    assert named.backend_reason is None
    assert {file.path for file in named.files} == {*WHISPER}
    assert mf.DownloadPlan.from_json(bare.to_json()) == bare


def test_a_plan_from_what_was_recorded_is_inferred_alike(local_hub: LocalHub, isolated_cache: Path) -> None:
    fetch(local_hub, isolated_cache, WHISPER)
    where: dict[str, Any] = {"endpoint": local_hub.endpoint, "cache_dir": isolated_cache}
    online, recorded = mf.plan_download(REPO, **where), mf.plan_download(REPO, update=False, **where)
    assert (online, online.fingerprint) == (recorded, recorded.fingerprint)
    assert recorded.backend_reason == online.backend_reason


def test_a_repo_that_nobody_recognises_is_planned_for_nobody(local_hub: LocalHub, isolated_cache: Path) -> None:
    local_hub.add_repo(REPO, {"a.gguf": b"x"})
    plan = mf.plan_download(REPO, endpoint=local_hub.endpoint, cache_dir=isolated_cache)
    assert (plan.backend, plan.backend_reason) == (None, "no backend recognises its files")
    assert "to be loaded by" not in str(plan)


def test_the_example_of_a_custom_backend_runs() -> None:
    example = Path(__file__).parents[2] / "examples" / "custom_backend.py"
    done = subprocess.run([sys.executable, str(example)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "word-vectors: it has vectors.txt, a table of word vectors",
        "king and queen 0.99, king and apple 0.45",
    ]
