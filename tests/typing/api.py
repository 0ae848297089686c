"""How a host uses the public API; checkers have to agree, nobody runs it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, assert_type

import modelfetch as mf


def plan_and_download() -> None:
    plan = mf.plan_download("large-v3", revision="main", allow_patterns=["*.json"], token=False, cache_dir=Path("x"))
    assert_type(plan, mf.DownloadPlan)
    assert_type(plan.files[0].size, int)
    assert_type(mf.DownloadPlan.from_json(plan.to_json()), mf.DownloadPlan)
    result = mf.download(plan, progress=show, cancel=threading.Event(), bandwidth_limit=1e6, cache_dir="x")
    assert_type(result, mf.DownloadResult)
    assert_type(result.path, Path)


def show(progress: mf.DownloadProgress) -> None:
    assert_type(progress.percent, int)
    assert_type(progress.eta, float | None)
    assert_type(progress.status, mf.DownloadStatus)


def start(spec: mf.ModelSpec) -> None:
    token = mf.CancelToken()
    job = mf.start_download(spec, cancel=token, endpoint="https://hub.example", update=False, allow_unsafe=False)
    assert_type(job, mf.DownloadJob)
    assert_type(job.snapshot(), mf.DownloadProgress)
    unsubscribe = job.subscribe(show, interval=0.5, post=lambda call: call())
    unsubscribe()
    assert_type(job.result(timeout=1.0), mf.DownloadResult)


async def wait(job: mf.DownloadJob) -> None:
    async for progress in job.updates():
        assert_type(progress, mf.DownloadProgress)
    assert_type(await job, mf.DownloadResult)


def look(catalog: mf.Catalog) -> None:
    assert_type(mf.model_status("tiny", catalog=catalog | mf.DEFAULT_CATALOG), mf.ModelStatus)
    assert_type(catalog["tiny"], mf.ModelSpec)
    assert_type(mf.list_cached(), tuple[mf.CachedModel, ...])
    assert_type(mf.list_cached("x")[0].path, Path | None)
    assert_type(mf.verify_cached("tiny", revision="main", cancel=threading.Event()).corrupt, tuple[str, ...])
    assert_type(mf.remove_cached("tiny", cache_dir=Path("x"), catalog=catalog), int)
    assert_type(mf.clean_cached("x", partial=True), mf.CleanReport)
    assert_type(mf.clean_cached().left_alone[0], mf.LeftAlone)


def fail(error: mf.NetworkError) -> None:
    assert_type(error.retry_after, float | None)
    assert_type(error.bytes_kept, int)


def refuse(error: mf.UnsafeFilesError) -> None:
    assert_type(error.files, tuple[str, ...])


def load(folder: Path, *, size: int = 1) -> list[Path]:
    return [folder] * size


def load_and_forget() -> None:
    mine = mf.Backend(name="mine", needed=(("a.txt",),), patterns=("a.txt",), load=load)
    assert_type(mf.register_backend(mine), mf.Backend)
    assert_type([backend.name for backend in mf.list_backends()], list[str])
    assert_type(mine.estimate({"a.txt": 1}), mf.MemoryEstimate | None)
    assert_type(mf.load_cached("org/name", backend="mine", reuse=False, size=2), Any)
    assert_type(len(mf.loaded_models), int)
    assert_type([loaded.commit for loaded in mf.loaded_models], list[str])
    assert_type(mf.loaded_models.remove("org/name", backend="mine"), int)


def draw(job: mf.DownloadJob) -> None:
    card = mf.progress_card(job.snapshot(), "A model")
    assert_type(card.fraction, float | None)
    assert_type(card.percent, int | None)


def show_in_a_notebook(job: mf.DownloadJob) -> None:
    assert_type(job.name, str)
    mf.ui.notebook.show(job, "A model").display()
    mf.download("tiny", progress=mf.ui.notebook.bar())
    picker = mf.ui.notebook.picker(mf.DownloadManager(), selected="tiny", on_select=print)
    assert_type(picker.selected, str | None)
