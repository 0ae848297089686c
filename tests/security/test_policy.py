"""``allow_unsafe=False`` refuses, by name and before a byte is fetched, what can run code when it is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import modelfetch as mf
from modelfetch.cli import main

from ..download.kit import assert_right

if TYPE_CHECKING:
    from pathlib import Path

    from ..download.kit import World

SAFE = {"config.json": b"{}", "model.safetensors": b"weights"}
MIXED = {**SAFE, "pytorch_model.bin": b"pickle", "sub/optimizer.pt": b"pickle", "modeling_x.py": b"code"}
UNSAFE = ("modeling_x.py", "pytorch_model.bin", "sub/optimizer.pt")
WHISPER = {"config.json": b"{}", "model.bin": b"weights", "tokenizer.json": b"{}", "vocabulary.txt": b"a"}


def test_by_default_every_model_is_fetched(world: World) -> None:
    world.publish(MIXED)

    assert_right(world.download().path, MIXED)


@pytest.mark.parametrize("verb", ["plan", "download", "start"])
def test_unsafe_files_are_refused_by_every_verb_with_a_list(world: World, verb: str) -> None:
    world.publish(MIXED)
    call = {
        "plan": lambda: world.plan(allow_unsafe=False),
        "download": lambda: world.download(allow_unsafe=False),
        "start": lambda: world.start(allow_unsafe=False).result(20),
    }[verb]

    with pytest.raises(mf.UnsafeFilesError, match=r"pytorch_model.bin \(PyTorch's pickle") as caught:
        call()

    assert caught.value.files == UNSAFE
    assert {each.where for each in world.hub.requests} == {"info"}
    assert list(world.cache.iterdir()) == []


def test_a_plan_is_refused_when_it_is_carried_out_as_well(world: World) -> None:
    world.publish(MIXED)
    plan = mf.DownloadPlan.from_json(world.plan().to_json())
    world.hub.clear()

    with pytest.raises(mf.UnsafeFilesError):
        mf.download(plan, cache_dir=world.cache, token=False, allow_unsafe=False)

    assert world.hub.requests == ()
    assert list(world.cache.iterdir()) == []


def test_what_is_in_the_cache_already_is_refused_too(world: World) -> None:
    sha = world.publish(MIXED).sha
    world.download()
    world.hub.clear()

    with pytest.raises(mf.UnsafeFilesError):
        world.download(revision=sha, allow_unsafe=False)

    assert world.hub.requests == ()


def test_patterns_that_leave_the_unsafe_files_out_satisfy_it(world: World) -> None:
    world.publish(MIXED)

    result = world.download(allow_unsafe=False, ignore_patterns=["*.bin", "*.pt", "*.py"])

    assert_right(result.path, SAFE)


def test_weights_of_ctranslate2_are_no_pickle_when_its_backend_loads_them(world: World) -> None:
    world.publish(WHISPER)

    with pytest.raises(mf.UnsafeFilesError, match="backend='ctranslate2'"):
        world.plan(allow_unsafe=False)

    assert_right(world.download(backend="ctranslate2", allow_unsafe=False).path, WHISPER)


def test_the_policy_is_this_callers_and_travels_in_no_plan(world: World) -> None:
    world.publish(WHISPER)

    strict, open_ = (world.plan(backend="ctranslate2", allow_unsafe=allowed) for allowed in (False, True))

    assert strict == open_
    assert strict.to_json() == open_.to_json()


def test_the_command_line_has_it_as_safe_only(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world.publish(MIXED)
    where = ["--endpoint", world.hub.endpoint, "--cache-dir", str(world.cache)]
    path = tmp_path / "plan.json"
    path.write_text(world.plan().to_json())

    assert main(["plan", "org/model", "--safe-only", *where]) == 1
    assert main(["download", "org/model", "--safe-only", *where]) == 1
    assert main(["download", str(path), "--safe-only", *where]) == 1
    assert "UnsafeFilesError" in capsys.readouterr().err
    assert main(["download", "org/model", "--safe-only", "--allow", "*.json", *where]) == 0
