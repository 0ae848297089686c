"""A download under asyncio, beside other work: ``python examples/asyncio_app.py MODEL``; Ctrl-C cancels it."""

from __future__ import annotations

import asyncio
import sys

import modelfetch as mf


async def download(model: str) -> mf.DownloadResult:
    """Download ``model`` and say how far it is; when this task is cancelled, so is the download."""
    job = mf.start_download(model)
    try:
        async for progress in job.updates(interval=0.2):
            card = mf.progress_card(progress, model)
            print(f"{card.title}: {card.status_text}, {progress.percent}%, {card.detail_text}", flush=True)
        return await job
    finally:
        job.cancel()  # it belongs to nobody else; when it is over, this does nothing


async def count() -> None:
    """The rest of the program, which goes on meanwhile."""
    for number in range(sys.maxsize):
        print(f"tick {number}", flush=True)
        await asyncio.sleep(1.0)


async def main(model: str) -> None:
    """Both at once, until the download is over."""
    ticking = asyncio.create_task(count())
    try:
        result = await download(model)
        print(result.path)
    finally:
        ticking.cancel()


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit("Cancelled. What was fetched is kept.")
    except mf.ModelFetchError as error:
        sys.exit(str(error))
