"""Bad input is told at once: when the call is made, before anything is asked or written."""

from __future__ import annotations

import threading
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf

from .kit import REPO, assert_right, our_threads, state_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from .kit import World

WRONG_TYPES: list[tuple[str, Any]] = [
    ("progress", 3),
    ("cancel", 3),
    ("cancel", mf.CancelToken),
    ("interval", "a"),
    ("interval", None),
    ("storage_headroom", "x"),
    ("check_memory", "no"),
    ("max_connections", "2"),
    ("max_connections", True),
    ("bandwidth_limit", "x"),
    ("stall_timeout", "x"),
    ("stall_floor", None),
    ("token", 5),
    ("cache_dir", 5),
    ("cache_dir", b"models"),
    ("endpoint", 5),
    ("backend", 5),
    ("revision", 5),
    ("allow_patterns", 5),
    ("allow_patterns", ["*.bin", 5]),
    ("ignore_patterns", b"*.bin"),
    ("catalog", [mf.ModelSpec("house", REPO)]),
    ("catalog", {"house": REPO}),
    ("update", "no"),
    ("allow_unsafe", "no"),
]
OF_ONE_MODEL = ("load_cached", "model_status", "verify_cached", "remove_cached", "check_fit")
WRONG_VALUES: list[tuple[str, Any]] = [
    ("cache_dir", "a\0b"),
    ("cache_dir", "\ud800"),
    ("interval", -1),
    ("interval", float("nan")),
    ("storage_headroom", -1),
    ("storage_headroom", float("inf")),
    ("max_connections", 0),
    ("max_connections", -1),
    ("max_connections", 2.5),
    ("bandwidth_limit", 0),
    ("bandwidth_limit", -1),
    ("bandwidth_limit", float("nan")),
    ("bandwidth_limit", 10**400),
    ("stall_timeout", 0),
    ("stall_timeout", float("inf")),
    ("stall_timeout", 1e10),
    ("stall_timeout", 10**400),
    ("stall_floor", 0),
    ("cache_dir", ""),
]
OF_A_PLAN = ("backend", "revision", "allow_patterns", "ignore_patterns", "cache_dir", "token", "endpoint", "catalog")


def refused(call: Callable[[], object], kind: type[Exception], name: str) -> str:
    """What the call says of the option; the whole message keeps to the house rule."""
    with pytest.raises(kind) as caught:
        call()
    told = str(caught.value)
    assert type(caught.value) is kind
    assert told.startswith(name)
    assert "was expected. Nothing was done; pass " in told
    return told


@pytest.mark.parametrize("verb", ["download", "start_download"])
@pytest.mark.parametrize(("name", "value"), WRONG_TYPES)
def test_a_wrong_type_is_a_type_error_before_anything_is_asked_or_written(
    world: World, verb: str, name: str, value: object
) -> None:
    world.publish()
    before = state_of(world.cache)

    told = refused(lambda: getattr(mf, verb)(REPO, **world.options(**{name: value})), TypeError, name)

    assert f"is of the type {type(value).__name__}" in told
    assert (world.hub.requests, our_threads(), state_of(world.cache)) == ((), [], before)


@pytest.mark.parametrize("verb", ["download", "start_download"])
@pytest.mark.parametrize(("name", "value"), WRONG_VALUES)
def test_a_wrong_value_is_a_value_error_before_anything_is_asked_or_written(
    world: World, verb: str, name: str, value: object
) -> None:
    world.publish()
    before = state_of(world.cache)

    refused(lambda: getattr(mf, verb)(REPO, **world.options(**{name: value})), ValueError, f"{name}=")

    assert (world.hub.requests, our_threads(), state_of(world.cache)) == ((), [], before)


@pytest.mark.parametrize(("name", "value"), [row for row in WRONG_TYPES if row[0] in (*OF_A_PLAN, "cancel", "update")])
def test_planning_checks_its_options_as_well(world: World, name: str, value: object) -> None:
    refused(lambda: world.plan(**{name: value}), TypeError, name)
    assert world.hub.requests == ()


@pytest.mark.parametrize("verb", [mf.plan_download, mf.download, mf.start_download, mf.DownloadManager().start])
@pytest.mark.parametrize("model", [None, 5, b"org/name"])
def test_what_names_no_model_is_a_type_error(verb: Callable[[Any], object], model: object) -> None:
    refused(lambda: verb(model), TypeError, "model")


def test_a_plan_is_not_planned_again(world: World) -> None:
    world.publish()
    plan: Any = world.plan()
    assert "a plan goes to download as it is" in refused(lambda: world.plan(plan), TypeError, "model=")


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("max_active", "a", TypeError),
        ("max_active", None, TypeError),
        ("max_active", 0, ValueError),
        ("max_active", 1.5, ValueError),
        ("queue", "yes", TypeError),
        ("stall_timeout", "x", TypeError),
        ("stall_timeout", -1, ValueError),
        ("cache_dir", 5, TypeError),
    ],
)
def test_a_manager_checks_its_options_when_it_is_made(name: str, value: Any, kind: type[Exception]) -> None:
    refused(lambda: mf.DownloadManager(**{name: value}), kind, name)


@pytest.mark.parametrize(
    ("call", "name", "kind"),
    [
        pytest.param(lambda job: job.subscribe(3), "fn", TypeError, id="no function to subscribe"),
        pytest.param(lambda job: job.subscribe(print, interval="a"), "interval", TypeError, id="no number"),
        pytest.param(lambda job: job.subscribe(print, interval=-1), "interval", ValueError, id="no time"),
        pytest.param(lambda job: job.subscribe(print, post=3), "post", TypeError, id="no function to post with"),
        pytest.param(lambda job: job.updates("a"), "interval", TypeError, id="no number for updates"),
        pytest.param(lambda job: job.add_done_callback(3), "fn", TypeError, id="no function to call at the end"),
        pytest.param(lambda job: job.result("x"), "timeout", TypeError, id="no number of seconds"),
        pytest.param(lambda job: job.exception(10**400), "timeout", ValueError, id="more seconds than there are"),
        pytest.param(lambda job: job.cancel("no"), "discard", TypeError, id="no answer whether to discard"),
    ],
)
def test_a_job_checks_what_it_is_told_to_call(
    world: World, call: Callable[[mf.DownloadJob], object], name: str, kind: type[Exception]
) -> None:
    world.publish()
    job = world.start()
    refused(lambda: call(job), kind, name)
    assert_right(job.result(20).path)


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("list_cached", {"cache_dir": 5}),
        ("clean_cached", {"cache_dir": 5}),
        ("clean_cached", {"partial": "no"}),
        ("model_status", {"model": REPO, "revision": 5}),
        ("verify_cached", {"model": REPO, "cancel": 3}),
        ("remove_cached", {"model": REPO, "cache_dir": 5}),
        ("load_cached", {"model": REPO, "reuse": "no"}),
        *((verb, {"model": model}) for verb in OF_ONE_MODEL for model in (None, 5, b"org/name", Path(REPO))),
        ("check_fit", {"model": REPO, "facts": 3}),
    ],
)
def test_the_verbs_over_the_cache_check_their_options(verb: str, arguments: dict[str, Any]) -> None:
    refused(lambda: getattr(mf, verb)(**arguments), TypeError, list(arguments)[-1])


@pytest.mark.parametrize("verb", ["list_cached", "clean_cached", "machine_facts", "DownloadManager"])
def test_an_empty_text_is_no_folder_for_it_may_be_a_variable_that_nobody_set(verb: str) -> None:
    refused(lambda: getattr(mf, verb)(cache_dir=""), ValueError, "cache_dir=''")


@pytest.mark.parametrize("verb", ["remove_cached", "model_status", "verify_cached", "load_cached", "check_fit"])
def test_no_model_is_looked_for_or_removed_in_a_folder_that_nobody_named(verb: str) -> None:
    refused(lambda: getattr(mf, verb)(REPO, cache_dir=""), ValueError, "cache_dir=''")


def test_loaded_models_are_forgotten_by_names_and_specs_alone() -> None:
    refused(lambda: mf.loaded_models.remove(3), TypeError, "model=3")
    refused(lambda: mf.loaded_models.remove("tiny", catalog=3), TypeError, "catalog=3")


@pytest.mark.parametrize("value", [1e308, 10**9])
def test_more_room_than_there_can_be_is_asked_for_in_bytes_all_the_same(world: World, value: float) -> None:
    world.publish()
    with pytest.raises(mf.InsufficientStorageError) as caught:
        world.download(storage_headroom=value)
    assert caught.value.required > caught.value.available


def test_a_bandwidth_that_moves_nothing_in_a_lifetime_can_be_cancelled(world: World) -> None:
    world.publish()
    job = world.start(bandwidth_limit=1e-300)
    world.hub.wait_for_bytes(1)
    job.cancel()
    assert isinstance(job.exception(20), mf.DownloadCancelled)


@pytest.mark.parametrize("memory", ["x", -1])
def test_a_plan_that_a_host_altered_is_judged_before_its_memory_is(world: World, memory: Any) -> None:
    world.publish()
    with pytest.raises(ValueError, match="This plan cannot be carried out: min_ram_bytes="):
        world.download(replace(world.plan(), min_ram_bytes=memory))


@pytest.mark.parametrize(("given", "kind"), [("x", TypeError), (-1, ValueError)])
def test_what_judges_checks_its_options_too(given: Any, kind: type[Exception]) -> None:
    refused(lambda: mf.check_fit(REPO, storage_headroom=given), kind, "storage_headroom=")


@pytest.mark.parametrize("verb", [mf.download, mf.start_download, mf.DownloadManager])
def test_an_option_that_does_not_exist_is_a_type_error_that_names_it(verb: Any) -> None:
    with pytest.raises(TypeError, match=r"'max_conections'.*Nothing was done"):
        verb(*() if verb is mf.DownloadManager else (REPO,), max_conections=3)


@pytest.mark.parametrize(("name", "value"), [("token", b"hf_secret"), ("endpoint", b"http://me:hf_secret@hub")])
def test_what_may_hold_a_secret_is_not_shown(world: World, name: str, value: bytes) -> None:
    assert "hf_secret" not in refused(lambda: world.plan(**{name: value}), TypeError, name)


@pytest.mark.parametrize(
    "options",
    [
        {"max_connections": 2.0, "stall_floor": Fraction(16384), "interval": 0, "storage_headroom": 0},
        {"bandwidth_limit": Fraction(10**9), "stall_timeout": 30, "interval": float("inf")},
        {"bandwidth_limit": float("inf"), "check_memory": 1, "update": 1.0},
        {"allow_patterns": (pattern for pattern in ("*.bin", "*.json", "*.txt")), "cancel": threading.Event()},
    ],
)
def test_numbers_of_every_kind_and_anything_that_can_be_walked_will_do(world: World, options: dict[str, Any]) -> None:
    world.publish()
    assert_right(world.download(progress=lambda _: None, **options).path)


def test_a_folder_may_be_a_text_or_a_path(world: World) -> None:
    world.publish()
    path = world.download(cache_dir=str(world.cache)).path
    assert world.download(cache_dir=Path(world.cache)).path == path
