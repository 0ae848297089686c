"""A download on a web page, by server-sent events: ``python examples/fastapi_app.py MODEL [PORT]``; open what it says.

The server owns the download: a page that is closed stops nothing, and one that is opened later sees where it stands.
"""

from __future__ import annotations

import json
import os
import sys

import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse, StreamingResponse

import modelfetch as mf

PAGE = """<!doctype html><meta charset="utf-8"><title>Model</title><style>button:empty { display: none }</style>
<h1>Model</h1><progress max="1" value="0"></progress><p></p><button>download</button>
<script>
const at = (name) => document.querySelector(name);
function draw(card) {
  at("h1").textContent = card.title;
  at("progress").value = card.fraction ?? 0;
  at("p").textContent = [card.status_text, card.detail_text, card.reason].filter(Boolean).join(" · ");
  at("button").textContent = card.actions[0] ?? "";
}
function follow() {
  const events = new EventSource("events");
  events.onmessage = (event) => draw(JSON.parse(event.data));
  events.addEventListener("end", () => events.close());
}
at("button").onclick = async ({ target }) => {
  await fetch(target.textContent === "cancel" ? "cancel" : "download", { method: "POST" });
  follow();
};
follow();
</script>"""

app = FastAPI()
app.state.model, app.state.job = os.environ.get("MODEL", "tiny"), None  # under `uvicorn fastapi_app:app`


@app.get("/", response_class=HTMLResponse)
async def page() -> str:
    """The page, which draws what it is sent."""
    return PAGE


@app.post("/download", status_code=204)
async def download() -> None:
    """Start, unless it runs already."""
    if app.state.job is None or app.state.job.done():
        app.state.job = mf.start_download(app.state.model)


@app.post("/cancel", status_code=204)
async def cancel() -> None:
    """End it; this returns at once."""
    if app.state.job:
        app.state.job.cancel()


@app.get("/events")
async def events() -> Response:
    """The card, each time it changes; 204 tells a page that there is nothing to follow."""
    if app.state.job is None:
        return Response(status_code=204)
    return StreamingResponse(_cards(app.state.job, app.state.model), media_type="text/event-stream")


async def _cards(job: mf.DownloadJob, model: str):
    async for progress in job.updates():
        yield f"data: {json.dumps(mf.progress_card(progress, model).to_dict())}\n\n"
    yield "event: end\ndata:\n\n"


if __name__ == "__main__":
    if len(sys.argv) not in {2, 3}:
        sys.exit(__doc__)
    app.state.model, port = (*sys.argv[1:], "8000")[:2]
    uvicorn.run(app, port=int(port), timeout_graceful_shutdown=1)
