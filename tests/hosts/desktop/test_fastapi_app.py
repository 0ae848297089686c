"""The FastAPI example: its server in a process of its own, and a client that reads its events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import modelfetch as mf

from .kit import MODEL, PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from modelfetch.testing import LocalHub

    from .kit import Example


@pytest.fixture
def client(running: Callable[..., Example]) -> Iterator[httpx.Client]:
    program = running("fastapi_app", MODEL, "0")
    address = program.wait_for("running on http").partition("running on ")[2].split()[0]
    with httpx.Client(base_url=address, timeout=PATIENCE, trust_env=False) as client:
        yield client


def cards(client: httpx.Client) -> Iterator[dict[str, Any]]:
    """The cards that the page would draw, until the server says that there will be no more."""
    with client.stream("GET", "/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        for line in response.iter_lines():
            if line == "event: end":
                return
            if line.startswith("data: "):
                yield json.loads(line.removeprefix("data: "))


def test_the_page_comes_with_nothing_to_follow_yet(client: httpx.Client) -> None:
    assert "EventSource" in client.get("/").text
    assert client.get("/events").status_code == 204
    assert client.post("/cancel").status_code == 204


def test_its_events_are_the_card_up_to_the_last_one(hub: LocalHub, client: httpx.Client) -> None:
    hub.bandwidth = None
    client.post("/download")
    seen = list(cards(client))
    assert [seen[-1][name] for name in ("status_text", "fraction", "actions")] == ["Downloaded", 1.0, []]
    assert {card["title"] for card in seen} == {MODEL}


def test_cancel_ends_it_for_every_page_and_a_page_that_is_closed_ends_nothing(client: httpx.Client) -> None:
    client.post("/download")
    next(cards(client))  # and this page is closed
    following = cards(client)
    while (next(following)["fraction"] or 0.0) < 0.1:
        pass
    client.post("/download")  # nothing, because it runs

    client.post("/cancel")

    *_, last = following
    assert (last["status_text"], last["actions"]) == ("Cancelled", ["retry"])
    assert [card["status_text"] for card in cards(client)] == ["Cancelled"]
    assert mf.model_status(MODEL) is mf.ModelStatus.PARTIAL
