"""A plan says to the byte what is needed and what is here, and two machines agree on what the remote has."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from modelfetch.core.models.spec import ModelSpec
from modelfetch.core.planning.listing import FileEntry, Listing, trusted
from modelfetch.core.planning.plan import DownloadPlan, PlannedFile, Presence, make_plan, plan_of
from modelfetch.core.planning.plan_file import believed
from modelfetch.errors import IntegrityError, ModelNotFoundError

COMMIT = "c" * 40
SHA1, SHA256 = "a" * 40, "b" * 64
CONFIG = FileEntry("config.json", 12, SHA1)
MODEL = FileEntry("sub/model.bin", 3_000, SHA256, SHA256)
README = FileEntry("README.md", 5, "d" * 40)
LISTING = Listing("org/name", COMMIT, (MODEL, CONFIG, README))
SPEC = ModelSpec("name", "org/name", revision="main", backend="mlx", ignore_patterns=("*.md",))
PLAN = make_plan(LISTING, SPEC, "https://hub.example", {})

NAMES = st.text("abcé-_.", min_size=1, max_size=4).filter(lambda name: not name.endswith("."))
KEYS = (
    "schema",
    "repo_id",
    "revision",
    "commit",
    "endpoint",
    "backend",
    "allow_patterns",
    "ignore_patterns",
    "total_bytes",
    "files",
    "fingerprint",
)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
SHA1S, SHA256S = (st.text("0123456789abcdef", min_size=size, max_size=size) for size in (40, 64))
FILES = st.lists(
    st.builds(FileEntry, PATHS, st.integers(0, 1 << 44), SHA1S)
    | st.builds(lambda path, size, sha: FileEntry(path, size, sha, sha), PATHS, st.integers(0, 1 << 44), SHA256S),
    min_size=1,
    max_size=4,
)
PATTERNS = st.none() | st.lists(st.text(max_size=4), max_size=3).map(tuple)
REVISIONS = st.sampled_from(["main", "v1.0", "refs/pr/1", COMMIT])
ENDPOINTS = st.sampled_from(["https://hub.example", "http://127.0.0.1:8080", "https://me:SECRET@hub.example/mirror/"])


@st.composite
def plans(draw: st.DrawFn) -> DownloadPlan:
    files = draw(FILES)
    try:
        trusted("org/name", COMMIT, files)
    except IntegrityError:
        assume(False)  # noqa: FBT003 - hypothesis' own way
    spec = ModelSpec(
        "name",
        "org/name",
        revision=draw(REVISIONS),
        backend=draw(st.none() | st.sampled_from(["mlx", "ctranslate2"])),
        allow_patterns=draw(PATTERNS),
        ignore_patterns=draw(PATTERNS),
    )
    return plan_of(files, COMMIT, spec, draw(ENDPOINTS))


def edited(**changes: object) -> str:
    return json.dumps({**json.loads(PLAN.to_json()), **changes})


# ------------------------------------------------------------------ making one


def test_a_plan_holds_the_chosen_files_in_the_order_of_paths() -> None:
    assert [file.path for file in PLAN.files] == ["config.json", "sub/model.bin"]
    assert (PLAN.repo_id, PLAN.revision, PLAN.commit, PLAN.backend) == ("org/name", "main", COMMIT, "mlx")
    assert [file.entry for file in PLAN.files] == [CONFIG, MODEL]


def test_a_plan_without_a_revision_names_its_commit() -> None:
    assert plan_of([CONFIG], COMMIT, ModelSpec("x", "org/x"), "https://hub.example").revision == COMMIT


@pytest.mark.parametrize(("unverified", "kept"), [((), 8), (("min_ram_bytes",), None)])
def test_a_plan_keeps_the_memory_that_was_declared_and_not_what_was_guessed(
    unverified: tuple[str, ...], kept: int | None
) -> None:
    spec = ModelSpec("x", "org/x", min_ram_bytes=8, unverified=unverified)
    assert plan_of([CONFIG], COMMIT, spec, "https://hub.example").min_ram_bytes == kept


def test_patterns_that_match_nothing_are_an_error_that_lists_what_there_is() -> None:
    with pytest.raises(
        ModelNotFoundError, match=r"No file of org/name fits .*holds sub/model.bin, config.json, README.md"
    ):
        make_plan(LISTING, replace(SPEC, allow_patterns=("*.onnx",)), "https://hub.example", {})
    with pytest.raises(ModelNotFoundError, match="the repo is empty"):
        make_plan(replace(LISTING, files=()), SPEC, "https://hub.example", {})


def test_a_plan_is_a_value() -> None:
    assert make_plan(LISTING, SPEC, "https://hub.example/", {}) == PLAN
    assert len({PLAN, make_plan(LISTING, SPEC, "https://hub.example", {})}) == 1
    with pytest.raises(FrozenInstanceError):
        PLAN.commit = "x"  # type: ignore[misc]  # that it is refused is the point


# ------------------------------------------------------------------ what is here


def test_bytes_are_counted_by_where_they_are() -> None:
    here = PLAN.with_inventory({"config.json": Presence("cached", 12), "sub/model.bin": Presence("partial", 1_000)})
    assert (here.total_bytes, here.cached_bytes, here.partial_bytes, here.remaining_bytes) == (3_012, 12, 1_000, 2_000)
    assert not here.is_complete


def test_a_plan_is_complete_when_every_file_is_cached() -> None:
    everything = {"config.json": Presence("cached", 12), "sub/model.bin": Presence("cached", 3_000)}
    assert PLAN.with_inventory(everything).is_complete
    assert PLAN.with_inventory(everything).remaining_bytes == 0
    assert not PLAN.is_complete


def test_what_is_not_in_the_inventory_is_missing() -> None:
    cached = PLAN.with_inventory({"config.json": Presence("cached", 12)})
    assert cached.with_inventory({}) == PLAN
    assert PLAN.files[0] == PlannedFile("config.json", 12, None, SHA1, "missing", 0)


@given(plans(), st.data())
def test_the_parts_of_a_plan_add_up(plan: DownloadPlan, data: st.DataObject) -> None:
    inventory = {}
    for file in plan.files:
        partial = st.builds(Presence, st.just("partial"), st.integers(0, file.size))
        inventory[file.path] = data.draw(
            partial | st.sampled_from([Presence("cached", file.size), Presence("missing", 0)])
        )
    seen = plan.with_inventory(inventory)
    assert seen.cached_bytes + seen.partial_bytes + seen.remaining_bytes == seen.total_bytes == plan.total_bytes
    assert seen.fingerprint == plan.fingerprint
    assert seen.to_json() == plan.to_json()


# ------------------------------------------------------------------ JSON


@given(plans())
def test_a_plan_is_read_again_as_it_was_written(plan: DownloadPlan) -> None:
    again = DownloadPlan.from_json(plan.to_json())
    assert again == plan
    assert again.fingerprint == plan.fingerprint


@given(plans())
def test_the_json_holds_no_credential_and_only_what_the_remote_has(plan: DownloadPlan) -> None:
    assert "SECRET" not in plan.to_json() + repr(plan) + str(plan)
    assert tuple(json.loads(plan.to_json())) == KEYS


def test_the_json_is_this_text_to_the_letter() -> None:
    """Plans are kept and sent, and the fingerprint is a digest of what they say."""
    assert PLAN.to_json() == dedent(
        f"""\
        {{
         "schema": "modelfetch.plan/1",
         "repo_id": "org/name",
         "revision": "main",
         "commit": "{COMMIT}",
         "endpoint": "https://hub.example",
         "backend": "mlx",
         "allow_patterns": null,
         "ignore_patterns": [
          "*.md"
         ],
         "total_bytes": 3012,
         "files": [
          {{
           "path": "config.json",
           "size": 12,
           "sha256": null,
           "blob_id": "{SHA1}"
          }},
          {{
           "path": "sub/model.bin",
           "size": 3000,
           "sha256": "{SHA256}",
           "blob_id": "{SHA256}"
          }}
         ],
         "fingerprint": "c43164baeeb1f08963986865ca018b6079b07d13c39b14c53e722ea434d836aa"
        }}"""
    )


def test_the_layout_of_the_text_does_not_matter() -> None:
    told = json.loads(PLAN.to_json())
    assert DownloadPlan.from_json(json.dumps(dict(reversed(told.items())), indent=8)) == PLAN


@given(plans(), plans())
def test_plans_of_different_things_have_different_fingerprints(one: DownloadPlan, other: DownloadPlan) -> None:
    assert (one.fingerprint == other.fingerprint) == (one == other)


def test_the_fingerprint_is_the_same_on_every_machine() -> None:
    assert PLAN.fingerprint == "c43164baeeb1f08963986865ca018b6079b07d13c39b14c53e722ea434d836aa"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Where something stands in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


@given(plans(), JSON, st.data())
def test_any_edit_of_the_json_is_refused(plan: DownloadPlan, new: object, data: st.DataObject) -> None:
    told: Any = json.loads(plan.to_json())
    *way, last = data.draw(st.sampled_from(places(told)[1:]))
    parent = told
    for step in way:
        parent = parent[step]
    assume(json.dumps(parent[last]) != json.dumps(new))
    parent[last] = new
    with pytest.raises(ValueError, match="plan"):
        DownloadPlan.from_json(json.dumps(told))


@given(plans(), st.data())
def test_a_plan_that_lost_or_gained_something_is_refused(plan: DownloadPlan, data: st.DataObject) -> None:
    told = json.loads(plan.to_json())
    key = data.draw(st.sampled_from(sorted(told)))
    for text in (
        json.dumps({name: value for name, value in told.items() if name != key}),
        json.dumps({**told, "token": "hf_x"}),
        json.dumps({**told, "files": [*told["files"], told["files"][0]]}),
        json.dumps({**told, "files": told["files"][1:]}),
        plan.to_json()[: data.draw(st.integers(0, len(plan.to_json()) - 1))],
    ):
        with pytest.raises(ValueError, match="plan"):
            DownloadPlan.from_json(text)


@given(st.text() | (JSON | st.dictionaries(st.sampled_from(KEYS), JSON)).map(json.dumps))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a plan of schema"):
        DownloadPlan.from_json(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[" * 200_000,
        "1" * 5_000,
        '{"schema":"modelfetch.plan/1"}',
        edited(schema="modelfetch.plan/2"),
        edited(repo_id="../../x"),
        edited(repo_id="tiny"),
        edited(repo_id=7),
        edited(revision="../main"),
        edited(revision=""),
        edited(commit="main"),
        edited(commit="C" * 40),
        edited(endpoint="file:///etc"),
        edited(endpoint="https:"),
        edited(endpoint="http://["),
        edited(endpoint="https://me:SECRET@hub.example"),
        edited(endpoint="https://hub.example/"),
        edited(endpoint=None),
        edited(backend=""),
        edited(backend=7),
        edited(allow_patterns="*.bin"),
        edited(ignore_patterns=[1]),
        edited(files={}),
        edited(files=[]),
        edited(files=[{"path": "../x", "size": 1, "sha256": None, "blob_id": SHA1}]),
        edited(files=[{"path": "x", "size": True, "sha256": None, "blob_id": SHA1}]),
    ],
)
def test_a_plan_that_would_do_harm_is_refused_before_its_fingerprint_is_asked(text: str) -> None:
    with pytest.raises(ValueError, match=r"This is not a plan of schema modelfetch.plan/1: .*to_json"):
        DownloadPlan.from_json(text)


@pytest.mark.parametrize(
    "text",
    [
        edited(revision="v2"),
        edited(total_bytes=1),
        edited(total_bytes=3_012.0),
        edited(total_bytes=None),
        edited(fingerprint="0" * 64),
        edited(fingerprint=None),
        edited(backend="ctranslate2"),
        edited(allow_patterns=[]),
        edited(endpoint="https://evil.example"),
        edited(files=list(reversed(json.loads(PLAN.to_json())["files"]))),
        edited(files=[{**file, "blob_id": "e" * 40} for file in json.loads(PLAN.to_json())["files"]]),
        edited(files=[{**file, "note": 1} for file in json.loads(PLAN.to_json())["files"]]),
    ],
)
def test_an_edited_plan_is_refused_by_its_fingerprint(text: str) -> None:
    with pytest.raises(ValueError, match=r"fingerprint does not fit its content.*plan again"):
        DownloadPlan.from_json(text)


@given(plans())
def test_a_plan_in_memory_is_judged_as_its_json_would_be(plan: DownloadPlan) -> None:
    assert believed(plan) == plan


@pytest.mark.parametrize(
    "changes",
    [
        {"repo_id": "../../x"},
        {"repo_id": 7},
        {"revision": "../../x"},
        {"commit": "../x"},
        {"endpoint": "file:///etc"},
        {"files": ()},
        {"files": (PlannedFile("../x", 1, None, SHA1),)},
        {"files": (PlannedFile("x", 1, None, "../../x"),)},
        {"files": (PlannedFile("x", 1, "../../x", SHA1),)},
        {"files": (PlannedFile("x", -1, None, SHA1),)},
        {"files": ("x",)},
    ],
    ids=str,
)
def test_a_plan_that_was_altered_to_do_harm_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"This plan cannot be carried out: .*plan again"):
        believed(replace(PLAN, **changes))


# ------------------------------------------------------------------ for a person


def test_a_plan_is_shown_as_a_table() -> None:
    here = PLAN.with_inventory({"config.json": Presence("cached", 12), "sub/model.bin": Presence("partial", 1_000)})
    assert str(here).splitlines() == [
        "org/name @ main (ccccccc): 2 files, 3.01 kB; 1.01 kB here, 2.00 kB to fetch",
        "  config.json        12 B  cached",
        "  sub/model.bin   3.00 kB  partial, 1.00 kB here",
    ]
    assert str(PLAN).endswith("3.00 kB  missing")


def test_a_complete_plan_says_so() -> None:
    everything = {"config.json": Presence("cached", 12), "sub/model.bin": Presence("cached", 3_000)}
    assert str(PLAN.with_inventory(everything)).splitlines()[0].endswith("2 files, 3.01 kB; complete")


def test_a_plan_without_a_backend_takes_the_inferred_one_and_says_why() -> None:
    plan = replace(PLAN, backend=None).with_inference("mlx", "it has weights")
    assert (plan.backend, plan.backend_reason) == ("mlx", "it has weights")
    assert str(plan).endswith("\n  to be loaded by mlx: it has weights")
    assert DownloadPlan.from_json(plan.to_json()) == plan == PLAN


def test_a_plan_for_a_backend_keeps_it() -> None:
    assert PLAN.with_inference("other", "it might be") is PLAN
    assert "to be loaded by" not in str(PLAN)


def test_a_plan_that_no_backend_would_load_says_so_and_shows_nothing() -> None:
    plan = replace(PLAN, backend=None).with_inference(None, "nobody knows it")
    assert (plan.backend, plan.backend_reason) == (None, "nobody knows it")
    assert "nobody" not in str(plan)
