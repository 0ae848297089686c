"""A download under trio, which looks how far it is: ``python examples/trio_app.py MODEL``; Ctrl-C cancels it."""

from __future__ import annotations

import sys

import trio

import modelfetch as mf


async def download(model: str) -> mf.DownloadResult:
    """Download ``model``; when the scope around this is cancelled, so is the download."""
    job = mf.start_download(model)
    try:
        while not job.done():
            print(mf.progress_card(job.snapshot(), model).detail_text)
            await trio.sleep(0.1)
        return job.result()
    finally:
        job.cancel()


if __name__ == "__main__":
    print(trio.run(download, sys.argv[1]).path)
