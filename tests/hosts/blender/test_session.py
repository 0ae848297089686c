"""The add-on's downloads on real sockets, without Blender."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from modelfetch.testing import LocalHub

    from .conftest import Addon

MOST_TWICE = 16 * 1024 * 1024
"""Bytes that sixteen connections may have had under way, a MiB each, when they were cut."""


@pytest.fixture
def make(addon: Addon, hub: LocalHub, tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """Makes sessions that share one cache; all are closed at the end."""
    made: list[Any] = []

    def services() -> Any:
        options = {"catalog": addon.models.MODELS, "endpoint": hub.endpoint, "cache_dir": tmp_path / "cache"}
        return replace(
            addon.session.services(),
            manager=lambda token: addon.mf.DownloadManager(token=token or False, **options),
            load=lambda model: f"{model}, loaded",
            is_installed=lambda _: True,
        )

    def session() -> Any:
        made.append(addon.session.Session(services))
        return made[-1]

    yield session
    for each in made:
        each.close()


def card(session: Any) -> Any:
    return next(card for card in session.look().cards if card.id == "small")


def test_progress_counts_bytes_that_were_really_downloaded(make: Callable[[], Any], hub: LocalHub) -> None:
    hub.bandwidth = 20_000_000
    session = make()
    session.start("small")
    hub.wait_for_bytes(SIZE // 3)

    under_way = session.look().run.progress
    sent = hub.body_bytes()

    assert 0 < under_way.bytes_downloaded <= sent
    assert session.wait(60)
    assert session.look().run.progress.bytes_downloaded == session.look().run.progress.bytes_total == SIZE


def test_a_cancelled_download_is_resumed_by_another_session(make: Callable[[], Any], hub: LocalHub) -> None:
    hub.bandwidth = 20_000_000
    first = make()
    first.start("small")
    hub.wait_for_bytes(SIZE // 2)
    first.cancel()
    assert first.wait(5)
    kept = first.look().run.progress.bytes_downloaded
    hub.wait_until_quiet()

    hub.bandwidth = None
    second = make()
    second.start("small")
    assert second.wait(60)

    assert first.look().run.progress.status.value == "cancelled"
    assert second.look().run.progress.bytes_reused >= kept > 0
    assert hub.body_bytes() <= SIZE + MOST_TWICE


def test_a_model_is_found_again_after_a_restart(make: Callable[[], Any]) -> None:
    session = make()
    assert card(session).status_text == "Not downloaded"
    session.start("small")
    assert session.wait(60)

    assert card(session).status_text == "Downloaded"
    assert card(make()).status_text == "Downloaded"
    assert session.remove("small") >= SIZE
    assert card(session).status_text == "Not downloaded"


def test_a_second_download_is_refused_while_one_runs(addon: Addon, make: Callable[[], Any], hub: LocalHub) -> None:
    hub.bandwidth = 1_000_000
    session = make()
    session.start("small")

    with pytest.raises(addon.mf.DownloadInProgressError):
        session.start("tiny", token="another token")

    assert session.look().run.model == "small"


def test_closing_stops_the_download_and_a_session_can_be_used_again(make: Callable[[], Any], hub: LocalHub) -> None:
    hub.bandwidth = 1_000_000
    session = make()
    session.start("small")
    hub.wait_for_bytes(100_000)

    session.close()
    assert not session.look().is_running
    hub.wait_until_quiet()

    hub.bandwidth = None
    session.start("small")
    assert session.wait(60)
    assert card(session).status_text == "Downloaded"


def test_a_token_is_used_when_there_is_one_and_none_is_needed(make: Callable[[], Any], hub: LocalHub) -> None:
    hub.add_token("hf_secret")
    session = make()
    session.start("small")
    assert session.wait(60)
    assert {request.headers.get("authorization") for request in hub.requests} == {None}

    session.remove("small")
    hub.clear()
    session.start("small", token="hf_secret")
    assert session.wait(60)
    assert "Bearer hf_secret" in {request.headers.get("authorization") for request in hub.requests}
    assert hub.leaked_tokens == ()


def test_a_failure_is_an_error_with_words_and_another_download_may_follow(make: Callable[[], Any]) -> None:
    session = make()
    session.start("tiny")  # the Hub has none
    assert session.wait(60)
    assert session.look().run.progress.status.value == "error"
    assert session.look().run.progress.message

    session.start("small")
    assert session.wait(60)
    assert session.look().run.progress.status.value == "complete"


def test_a_missing_faster_whisper_is_said_with_the_command_that_helps(addon: Addon) -> None:
    services = replace(addon.session.services(), is_installed=lambda _: False, python="/opt/blender/python")

    with pytest.raises(addon.mf.BackendError) as caught:
        addon.session.Session(lambda: services).load("small")

    assert "faster-whisper is not installed" in str(caught.value)
    assert "/opt/blender/python -m pip install faster-whisper" in str(caught.value)


def test_with_faster_whisper_the_model_is_loaded(make: Callable[[], Any]) -> None:
    assert make().load("small") == "small, loaded"


def test_a_name_that_nobody_knows_is_refused_before_anything_is_asked(
    addon: Addon, make: Callable[[], Any], hub: LocalHub
) -> None:
    with pytest.raises(addon.mf.ModelNotFoundError, match="there are tiny"):
        make().start("org/anything")

    assert hub.requests == ()
