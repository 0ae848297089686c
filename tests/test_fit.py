"""``check_fit`` says beforehand what ``download`` will do: of a name, a spec, a plan and a copy in the cache alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf
from modelfetch.testing.fixture import isolated_cache as isolated_cache
from modelfetch.testing.fixture import local_hub as local_hub
from modelfetch.testing.models import tiny_whisper

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from modelfetch.testing import LocalHub

    Planner = Callable[[mf.ModelSpec], mf.DownloadPlan]

REPO = "org/model"
GIB = 1 << 30
LAPTOP = mf.MachineFacts(total_memory=8 * GIB, available_memory=5 * GIB, free_storage=100 * GIB)
FILES = tiny_whisper()


def declaring(size: int, *unverified: str) -> mf.ModelSpec:
    return mf.ModelSpec("house", REPO, min_ram_bytes=size, unverified=unverified)


@pytest.fixture
def where(local_hub: LocalHub, isolated_cache: Path) -> dict[str, Any]:
    """A hub that has the repo, and an empty cache."""
    local_hub.add_repo(REPO, FILES)
    return {"endpoint": local_hub.endpoint, "cache_dir": isolated_cache, "token": False}


@pytest.fixture
def planned(where: dict[str, Any]) -> Planner:
    return lambda spec: mf.plan_download(spec, **where)


def check(model: str | mf.ModelSpec | mf.DownloadPlan, where: dict[str, Any], **options: Any) -> mf.Fit:
    return mf.check_fit(model, cache_dir=where["cache_dir"], **{"facts": LAPTOP, **options})


def test_a_plan_is_held_to_what_its_model_declared(where: dict[str, Any], planned: Planner) -> None:
    spec = declaring(16 * GIB)
    of_the_spec, of_the_plan = check(spec, where), check(planned(spec), where)
    assert of_the_plan.verdict is of_the_spec.verdict is mf.Verdict.TOO_BIG
    assert of_the_plan.is_refused
    assert of_the_plan.reasons[0] == of_the_spec.reasons[0] == "It requires 16 GB RAM, this machine has 8 GB."


def test_what_nobody_verified_refuses_no_plan(where: dict[str, Any], planned: Planner) -> None:
    assert not check(planned(declaring(16 * GIB, "min_ram_bytes")), where).is_refused


def test_a_plan_that_nobody_can_weigh_is_reckoned_with_what_was_declared(
    where: dict[str, Any], local_hub: LocalHub
) -> None:
    local_hub.add_repo("org/odd", {"odd.bin": b"odd"})
    plan = mf.plan_download(mf.ModelSpec("odd", "org/odd", min_ram_bytes=6 * GIB), **where)
    fit = check(plan, where)
    assert plan.backend is None
    assert (fit.verdict, fit.memory) == (mf.Verdict.TIGHT, 6 * GIB)


@pytest.mark.parametrize("as_plan", [False, True])
@pytest.mark.parametrize("unverified", [(), ("min_ram_bytes",)])
def test_what_is_said_to_be_refused_is_refused_and_nothing_else(
    where: dict[str, Any],
    planned: Planner,
    *,
    as_plan: bool,
    unverified: tuple[str, ...],
) -> None:
    spec = declaring(1 << 60, *unverified)
    model = planned(spec) if as_plan else spec
    if check(model, where, facts=None).is_refused:
        with pytest.raises(mf.InsufficientMemoryError) as refusal:
            mf.download(model, **where)
        assert (refusal.value.required, unverified) == (1 << 60, ())
    else:
        assert mf.download(model, **where).files
        assert unverified


def test_a_plan_is_weighed_by_its_files_for_the_options_it_will_be_loaded_with(
    where: dict[str, Any], planned: Planner
) -> None:
    plan = planned(declaring(GIB))
    fit, smaller = check(plan, where), check(plan, where, compute_type="float16")
    assert fit.verdict is mf.Verdict.FITS
    assert fit.reasons[-1].startswith("The estimate: model.bin is ")
    assert fit.memory is not None
    assert smaller.memory is not None
    assert smaller.memory < fit.memory < GIB


def test_only_what_is_not_here_yet_needs_room(where: dict[str, Any], planned: Planner) -> None:
    full = mf.MachineFacts(8 * GIB, 5 * GIB, free_storage=0)
    plan = planned(declaring(GIB))
    assert check(plan, where, facts=full).reasons[0].startswith("Not enough storage: ")
    mf.download(plan, **where)
    assert check(plan, where, facts=full).verdict is mf.Verdict.FITS


def test_a_copy_in_the_cache_is_weighed_by_what_is_inside_it(where: dict[str, Any]) -> None:
    before = check(REPO, where, backend="ctranslate2")
    assert (before.verdict, before.memory) == (mf.Verdict.UNKNOWN, None)
    mf.download(REPO, backend="ctranslate2", **where)
    after = check(REPO, where, backend="ctranslate2")
    assert after.verdict is mf.Verdict.FITS
    assert "as these models usually are" not in after.reasons[-1]


def test_a_copy_that_is_removed_while_it_is_weighed_is_weighed_as_none(
    where: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelfetch.wiring.fitting.status", lambda *_: mf.ModelStatus.DOWNLOADED)
    fit = check(REPO, where, backend="ctranslate2")
    assert (fit.verdict, fit.memory) == (mf.Verdict.UNKNOWN, None)


@pytest.mark.parametrize("field", ["facts", "memory"])
def test_a_backend_that_fails_at_weighing_a_copy_is_named(
    where: dict[str, Any], monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("modelfetch.backends.registry._registered", {})
    told: dict[str, Any] = {"needed": (("model.bin",),), "patterns": ("*",), "load": str, field: fails}
    mf.register_backend(mf.Backend(name="odd", **told))
    mf.download(REPO, backend="odd", **where)
    with pytest.raises(mf.BackendError, match=f"{field} of the backend odd failed: it gave no reason"):
        check(REPO, where, backend="odd")


def test_this_machine_says_what_it_has(isolated_cache: Path) -> None:
    facts = mf.machine_facts(isolated_cache)
    assert facts.free_storage is not None
    assert facts.total_memory is None or facts.total_memory > 0
