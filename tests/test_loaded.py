"""A model is loaded once, however many ask for it at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from modelfetch.core.models.catalog import Catalog
from modelfetch.core.models.spec import ModelSpec
from modelfetch.errors import BackendError, ModelNotFoundError
from modelfetch.loaded import LoadedModel, LoadedModels, frozen

if TYPE_CHECKING:
    from collections.abc import Callable

ONE = LoadedModel("org/one", "1" * 40, "toy")
ONE_LATER = LoadedModel("org/one", "2" * 40, "toy")
ONE_ELSEWHERE = LoadedModel("org/one", "1" * 40, "other")
TWO = LoadedModel("org/two", "1" * 40, "toy")
NO_OWNER = LoadedModel("gpt2", "1" * 40, "toy")
MANY = 200


@pytest.fixture
def models() -> LoadedModels:
    return LoadedModels()


class Slow:
    """A loader that begins when it is told to, and counts."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.begun = threading.Event()
        self.may_end = threading.Event()
        self.calls = 0
        self.error = error

    def __call__(self) -> object:
        self.calls += 1
        self.begun.set()
        assert self.may_end.wait(30)
        if self.error is not None:
            raise self.error
        return object()


def ask(models: LoadedModels, load: Callable[[], object], model: LoadedModel = ONE) -> object:
    return models.get(model, model, load)


def outcome(models: LoadedModels, load: Callable[[], object]) -> object:
    try:
        return ask(models, load)
    except BaseException as error:  # noqa: BLE001 - it is what is looked at
        return error


def all_at_once(models: LoadedModels, load: Slow) -> list[object]:
    """What many threads get; the load does not end before all of them have asked."""
    asked = threading.Semaphore(0)

    def one() -> object:
        asked.release()
        return outcome(models, load)

    with ThreadPoolExecutor(MANY) as pool:
        futures = [pool.submit(one) for _ in range(MANY)]
        for _ in range(MANY):
            assert asked.acquire(timeout=30)
        load.may_end.set()
        return [future.result(30) for future in futures]


def test_two_hundred_threads_load_once_and_get_the_same_object(models: LoadedModels) -> None:
    load = Slow()
    got = all_at_once(models, load)
    assert load.calls == 1
    assert len({id(one) for one in got}) == 1
    assert len(models) == 1


def test_a_load_that_fails_is_told_to_all_who_wait_and_tried_again_by_the_next(models: LoadedModels) -> None:
    cause = ValueError("bad weights")
    error = BackendError("no", backend="toy")
    error.__cause__ = cause
    load = Slow(error)
    got = all_at_once(models, load)
    waited = [one for one in got if one is not error]
    assert all(isinstance(one, BackendError) and (str(one), one.backend) == ("no", "toy") for one in got)
    assert all(isinstance(one, BackendError) and one.__cause__ is cause for one in got)
    assert len({id(one) for one in waited}) == len(waited)
    assert len(models) == 0
    value = object()
    assert ask(models, lambda: value) is value


def test_an_interrupted_load_is_not_the_end_for_those_who_wait(models: LoadedModels) -> None:
    first, second = Slow(KeyboardInterrupt()), Slow()
    second.may_end.set()
    with ThreadPoolExecutor(2) as pool:
        interrupted = pool.submit(outcome, models, first)
        assert first.begun.wait(30)
        waiting = pool.submit(outcome, models, second)
        first.may_end.set()
        assert isinstance(interrupted.result(30), KeyboardInterrupt)
        assert waiting.result(30) is ask(models, second)
    assert (first.calls, second.calls) == (1, 1)


def test_a_load_whose_thread_is_gone_is_carried_out_by_who_waits(models: LoadedModels, monkeypatch: Any) -> None:
    """As after a fork in the middle of a load: the thread that was at it does not exist in the child."""
    gone = threading.Thread(target=lambda: None)
    monkeypatch.setattr("modelfetch.loaded.current_thread", lambda: gone)
    load = Slow()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(outcome, models, load)
        assert load.begun.wait(30)
        monkeypatch.undo()
        value = object()
        assert ask(models, lambda: value) is value
        load.may_end.set()
    assert ask(models, load) is value


def test_a_backend_that_asks_for_what_it_loads_is_refused_rather_than_waited_for(models: LoadedModels) -> None:
    with pytest.raises(BackendError, match="org/one with the backend toy asks for that same model again"):
        ask(models, lambda: ask(models, object))
    assert len(models) == 0


def test_a_backend_may_load_another_model_while_it_loads(models: LoadedModels) -> None:
    inner = object()
    assert ask(models, lambda: ask(models, lambda: inner, TWO)) is inner
    assert set(models) == {ONE, TWO}


def test_a_model_that_is_none_is_kept_like_any_other(models: LoadedModels) -> None:
    loads: list[int] = []
    assert [ask(models, lambda: loads.append(1)) for _ in range(3)] == [None] * 3
    assert loads == [1]


@pytest.mark.parametrize(
    ("model", "options", "left"),
    [
        ("org/one", {}, {TWO}),
        ("org/one@" + "1" * 40, {}, {ONE_LATER, TWO}),
        ("org/one@main", {}, {TWO}),
        ("org/one", {"backend": "other"}, {ONE, ONE_LATER, TWO}),
        ("tiny", {}, {ONE, ONE_LATER, ONE_ELSEWHERE, TWO}),
    ],
)
def test_a_model_is_removed_in_all_the_forms_that_are_meant_and_no_others(
    models: LoadedModels, model: str, options: dict[str, Any], left: set[LoadedModel]
) -> None:
    for one in (ONE, ONE_LATER, ONE_ELSEWHERE, TWO):
        ask(models, object, one)
    assert models.remove(model, **options) == 4 - len(left)
    assert set(models) == left


@pytest.mark.parametrize(
    ("model", "gone"), [("gpt2", 1), ("gpt2@" + "1" * 40, 1), ("gpt2@" + "2" * 40, 0), ("org/one", 0)]
)
def test_what_is_loaded_is_removed_by_the_name_that_it_is_listed_with(
    models: LoadedModels, model: str, gone: int
) -> None:
    ask(models, object, NO_OWNER)
    assert models.remove(model) == gone
    assert len(models) == 1 - gone


def test_an_alias_is_not_mistaken_for_what_happens_to_be_loaded_under_that_name(models: LoadedModels) -> None:
    ask(models, object, NO_OWNER)
    ask(models, object)
    assert models.remove("gpt2", catalog=Catalog([ModelSpec("gpt2", "org/one")])) == 1
    assert set(models) == {NO_OWNER}


def test_a_revision_that_was_left_empty_removes_nothing(models: LoadedModels) -> None:
    ask(models, object)
    with pytest.raises(ModelNotFoundError, match="ends in '@' without a revision"):
        models.remove("org/one@")
    assert set(models) == {ONE}


def test_a_name_that_means_nothing_cannot_be_removed(models: LoadedModels) -> None:
    with pytest.raises(ModelNotFoundError):
        models.remove("no-such-alias")


def test_what_was_cleared_is_loaded_anew(models: LoadedModels) -> None:
    old = ask(models, object)
    assert models.clear() == 1
    assert (len(models), models.clear()) == (0, 0)
    assert ask(models, object) is not old


def test_a_load_that_is_running_while_all_is_cleared_ends_and_is_not_kept(models: LoadedModels) -> None:
    load = Slow()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(ask, models, load)
        assert load.begun.wait(30)
        assert models.clear() == 0
        newer = ask(models, object)
        load.may_end.set()
        assert running.result(30) is not newer
    assert ask(models, load) is newer


class Bare:
    """Unhashable, and equal to nothing but itself."""

    __hash__ = None  # type: ignore[assignment]  # what makes it unhashable


def test_options_that_are_equal_have_one_key_whatever_they_hold() -> None:
    assert frozen({"a": [1, {"b": {2, 3}}], "c": None}) == frozen({"c": None, "a": [1, {"b": {3, 2}}]})
    bare = Bare()
    assert frozen({"a": bare}) == frozen({"a": bare})
    assert hash(frozen({"a": bare})) == hash(frozen({"a": bare}))


@pytest.mark.parametrize(
    ("one", "other"),
    [({"a": 1}, {"a": True}), ({"a": 1}, {"a": 1.0}), ([1], (1,)), ({"a": [1, 2]}, {"a": [2, 1]}), (Bare(), Bare())],
)
def test_options_that_are_not_the_same_have_different_keys(one: object, other: object) -> None:
    assert frozen(one) != frozen(other)
