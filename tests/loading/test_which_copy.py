"""Which copy of a model ``load_cached`` returns: of which commit, and whether it is loaded anew. No package is needed."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

import modelfetch as mf

from .kit import REPO, TOY_FILES, WHISPER, Toy, fetch, lay, spoil, toy_backend

if TYPE_CHECKING:
    from pathlib import Path

    from modelfetch.testing import LocalHub


@pytest.mark.usefixtures("no_network")
def test_a_downloaded_model_is_loaded_from_its_snapshot_folder(isolated_cache: Path) -> None:
    snapshot = lay(isolated_cache, TOY_FILES)
    loaded = mf.load_cached(REPO, cache_dir=isolated_cache, colour="red")
    assert (loaded.folder, loaded.options, loaded.text) == (snapshot, {"colour": "red"}, "a toy")


def test_loading_what_was_fetched_makes_no_request(local_hub: LocalHub, isolated_cache: Path) -> None:
    snapshot = fetch(local_hub, isolated_cache, TOY_FILES)
    local_hub.clear()
    assert mf.load_cached(REPO, cache_dir=isolated_cache).folder == snapshot
    assert local_hub.requests == ()


@pytest.mark.usefixtures("no_network")
def test_neither_a_proxy_nor_a_token_nor_an_endpoint_is_looked_at(
    isolated_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(isolated_cache, TOY_FILES)
    for name in ("HTTPS_PROXY", "HF_ENDPOINT"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("HF_TOKEN", "no token at all\n!")
    assert mf.load_cached(REPO, cache_dir=isolated_cache).text == "a toy"


def test_the_same_model_with_the_same_options_is_loaded_once(isolated_cache: Path) -> None:
    lay(isolated_cache, TOY_FILES)
    first = mf.load_cached(REPO, cache_dir=isolated_cache, sizes=[1, {"a": 2}])
    assert mf.load_cached(REPO + "@main", cache_dir=isolated_cache, sizes=[1, {"a": 2}]) is first
    assert mf.load_cached(REPO, cache_dir=isolated_cache, backend="toy", sizes=[1, {"a": 2}]) is first
    assert mf.load_cached(REPO, cache_dir=isolated_cache, sizes=[1, {"a": 3}]) is not first
    assert list(mf.loaded_models) == [mf.LoadedModel(REPO, "c" * 40, "toy")] * 2


def test_without_reuse_a_fresh_one_is_loaded_and_not_kept(isolated_cache: Path) -> None:
    lay(isolated_cache, TOY_FILES)
    kept = mf.load_cached(REPO, cache_dir=isolated_cache)
    assert mf.load_cached(REPO, cache_dir=isolated_cache, reuse=False) is not kept
    assert mf.load_cached(REPO, cache_dir=isolated_cache) is kept
    assert len(mf.loaded_models) == 1


def test_a_backend_that_was_registered_anew_loads_anew(isolated_cache: Path) -> None:
    lay(isolated_cache, TOY_FILES)
    old = mf.load_cached(REPO, cache_dir=isolated_cache)
    toy_backend()
    assert mf.load_cached(REPO, cache_dir=isolated_cache) is not old


def test_two_hundred_threads_that_ask_for_one_model_load_it_once(isolated_cache: Path) -> None:
    lay(isolated_cache, TOY_FILES)
    began, loads = threading.Barrier(200), []

    def load(folder: Path) -> Toy:
        loads.append(folder)
        return Toy(folder)

    def ask() -> object:
        began.wait(30)
        return mf.load_cached(REPO, cache_dir=isolated_cache)

    toy_backend(load=load)
    with ThreadPoolExecutor(200) as pool:
        got = [future.result(60) for future in [pool.submit(ask) for _ in range(200)]]
    assert (len(loads), len({id(one) for one in got})) == (1, 1)


def test_damage_in_the_newest_commit_is_not_hidden_by_an_older_one_that_is_whole(
    local_hub: LocalHub, isolated_cache: Path
) -> None:
    lay(isolated_cache, TOY_FILES, "a" * 40)
    spoil(fetch(local_hub, isolated_cache, TOY_FILES), "toy.txt", b"a")
    with pytest.raises(mf.IntegrityError, match="5 bytes were recorded"):
        mf.load_cached(REPO, cache_dir=isolated_cache)


def test_of_commits_that_are_all_incomplete_the_newest_is_told(isolated_cache: Path) -> None:
    lay(isolated_cache, {"toy.json": b"{}"}, "a" * 40)
    lay(isolated_cache, {"toy.json": b"{}"}, "b" * 40)
    with pytest.raises(mf.NotCachedError, match="/" + "b" * 40):
        mf.load_cached(REPO, cache_dir=isolated_cache, backend="toy")


def test_a_model_that_was_removed_is_not_loaded_from_memory(isolated_cache: Path) -> None:
    """What is on disk decides, so a call means the same whatever was called before."""
    snapshot = lay(isolated_cache, TOY_FILES)
    mf.load_cached(REPO, cache_dir=isolated_cache)
    shutil.rmtree(snapshot)
    with pytest.raises(mf.NotCachedError):
        mf.load_cached(REPO, cache_dir=isolated_cache)


def test_a_model_that_is_not_there_says_how_to_get_it(isolated_cache: Path) -> None:
    with pytest.raises(mf.NotCachedError, match=r"modelfetch.download\('org/model', backend='toy'\)") as caught:
        mf.load_cached(REPO, cache_dir=isolated_cache, backend="toy")
    assert caught.value.missing == ("toy.txt",)
    with pytest.raises(mf.NotCachedError, match=r"modelfetch.download\('org/model', revision='v2'\)"):
        mf.load_cached(REPO + "@v2", cache_dir=isolated_cache)


def test_what_to_download_is_named_so_that_it_can_be_typed(isolated_cache: Path) -> None:
    mine = mf.ModelSpec("mine", REPO)
    where: dict[str, Any] = {
        "catalog": mf.Catalog([mine, mf.ModelSpec("other", "org/other")]),
        "cache_dir": isolated_cache,
    }
    for model, name in ((mine, "mine"), ("mine", "mine"), (mf.ModelSpec("unlisted", REPO), REPO), (REPO, REPO)):
        with pytest.raises(mf.NotCachedError, match=rf"modelfetch.download\('{name}'\)"):
            mf.load_cached(model, **where)
    with pytest.raises(mf.NotCachedError, match=rf"modelfetch.download\('{REPO}'\)"):
        mf.load_cached(mf.ModelSpec("other", REPO), **where)  # an alias of another repo


def test_a_model_of_which_another_revision_is_there_names_it(isolated_cache: Path) -> None:
    lay(isolated_cache, TOY_FILES, ref=None)
    with pytest.raises(mf.NotCachedError, match=f"Of other revisions there is {'c' * 40}; pass revision="):
        mf.load_cached(REPO, cache_dir=isolated_cache)
    assert mf.load_cached(REPO, cache_dir=isolated_cache, revision="c" * 40).text == "a toy"


def test_a_branch_that_moved_to_an_incomplete_commit_is_loaded_as_it_was_before(isolated_cache: Path) -> None:
    lay(isolated_cache, TOY_FILES | {"toy.txt": b"older"}, "a" * 40)
    lay(isolated_cache, {"toy.json": b"{}"}, "b" * 40)
    assert mf.load_cached(REPO, cache_dir=isolated_cache).text == "older"


def test_a_complete_commit_wins_over_older_ones(isolated_cache: Path) -> None:
    lay(isolated_cache, TOY_FILES | {"toy.txt": b"older"}, "a" * 40)
    lay(isolated_cache, TOY_FILES | {"toy.txt": b"newer"}, "b" * 40)
    assert mf.load_cached(REPO, cache_dir=isolated_cache).text == "newer"


def test_what_another_branch_names_does_not_stand_for_this_one(isolated_cache: Path) -> None:
    lay(isolated_cache, TOY_FILES, "a" * 40, ref="dev")
    lay(isolated_cache, {"toy.json": b"{}"}, "b" * 40)
    with pytest.raises(mf.NotCachedError, match="/" + "b" * 40) as caught:
        mf.load_cached(REPO, cache_dir=isolated_cache, backend="toy")
    assert caught.value.missing == ("toy.txt",)


def test_a_commit_that_was_asked_for_is_never_replaced_by_another(isolated_cache: Path) -> None:
    lay(isolated_cache, TOY_FILES, "a" * 40)
    lay(isolated_cache, {"toy.json": b"{}"}, "b" * 40)
    with pytest.raises(mf.NotCachedError):
        mf.load_cached(REPO, cache_dir=isolated_cache, revision="b" * 40, backend="toy")


def test_a_newest_commit_that_two_backends_would_take_is_not_replaced_by_an_older_one(isolated_cache: Path) -> None:
    lay(isolated_cache, TOY_FILES, "a" * 40)
    lay(isolated_cache, TOY_FILES | WHISPER, "b" * 40)
    with pytest.raises(mf.BackendError, match="more than one backend"):
        mf.load_cached(REPO, cache_dir=isolated_cache)


def test_damage_in_an_older_commit_does_not_hide_what_is_missing_in_the_newest(
    local_hub: LocalHub, isolated_cache: Path
) -> None:
    spoil(fetch(local_hub, isolated_cache, TOY_FILES), "toy.txt", b"a")
    lay(isolated_cache, {"toy.json": b"{}"}, "b" * 40)
    with pytest.raises(mf.NotCachedError):
        mf.load_cached(REPO, cache_dir=isolated_cache, backend="toy")
