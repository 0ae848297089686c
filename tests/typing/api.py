"""How a host uses the public API; checkers have to agree, nobody runs it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import assert_type

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
    job = mf.start_download(spec, cancel=token, endpoint="https://hub.example", update=False)
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


def fail(error: mf.NetworkError) -> None:
    assert_type(error.retry_after, float | None)
    assert_type(error.bytes_kept, int)
