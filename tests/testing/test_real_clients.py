"""Hugging Face's own client takes the pretended Hub for the real one."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import HfApi, hf_hub_download, scan_cache_dir, snapshot_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from modelfetch.testing import LocalHub, Reset, Synthetic

if TYPE_CHECKING:
    from modelfetch.testing import Repo
    from modelfetch.testing.localhub.repo import Given

FILES: dict[str, Given] = {
    "config.json": b"{}",
    "empty.txt": b"",
    "a folder/ä b.txt": b"text",
    "model.safetensors": Synthetic(3_000_000),
}


@pytest.fixture
def api(local_hub: LocalHub, monkeypatch: pytest.MonkeyPatch) -> HfApi:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    return HfApi(endpoint=local_hub.endpoint, token=False)


@pytest.fixture
def model(local_hub: LocalHub) -> Repo:
    return local_hub.add_repo("org/real", FILES)


def test_a_snapshot_arrives_whole_and_passes_its_own_verification(
    api: HfApi, model: Repo, tmp_path: Path, local_hub: LocalHub
) -> None:
    folder = snapshot_download("org/real", cache_dir=tmp_path, endpoint=local_hub.endpoint, token=False)
    for path, file in model.files.items():
        assert hashlib.sha256(Path(folder, path).read_bytes()).hexdigest() == file.sha256
    assert folder.endswith(model.sha)
    assert not scan_cache_dir(tmp_path).warnings
    assert local_hub.leaked_tokens == ()
    assert local_hub.body_bytes() == sum(file.size for file in model.files.values())
    if hasattr(api, "verify_repo_checksums"):
        assert not api.verify_repo_checksums("org/real", cache_dir=str(tmp_path)).mismatches


def test_one_file_of_a_branch_with_a_slash_arrives(model: Repo, tmp_path: Path, local_hub: LocalHub) -> None:
    model.commit({"config.json": b"branch"}, branch="feature/x")
    path = hf_hub_download(
        "org/real", "config.json", revision="feature/x", cache_dir=tmp_path, endpoint=local_hub.endpoint, token=False
    )
    assert Path(path).read_bytes() == b"branch"


def test_the_listing_is_read_with_sizes_hashes_and_pages(api: HfApi, model: Repo, local_hub: LocalHub) -> None:
    local_hub.page_size = 2
    info = api.model_info("org/real", files_metadata=True)
    entries = {entry.path: entry for entry in api.list_repo_tree("org/real", recursive=True)}
    refs = api.list_repo_refs("org/real")
    (one,) = api.get_paths_info("org/real", ["config.json"])
    assert info.sha == refs.branches[0].target_commit == model.sha
    assert {each.rfilename: each.blob_id for each in info.siblings or ()} == {p: f.oid for p, f in model.files.items()}
    assert entries["model.safetensors"].lfs.sha256 == model.files["model.safetensors"].sha256  # type: ignore[union-attr]  # a file
    assert entries.keys() == model.files.keys() | {"a folder"}
    assert one.path == "config.json"


def test_a_renamed_repo_is_followed(api: HfApi, model: Repo, local_hub: LocalHub, tmp_path: Path) -> None:
    local_hub.rename("org/real", "org/newer")
    assert api.model_info("org/real").id == "org/newer"
    assert snapshot_download("org/real", cache_dir=tmp_path, endpoint=local_hub.endpoint, token=False).endswith(
        model.sha
    )


def test_each_refusal_is_the_error_it_is_on_the_real_hub(api: HfApi, model: Repo, local_hub: LocalHub) -> None:
    local_hub.add_repo("org/gated", {"a.txt": b"a"}, gated="manual")
    local_hub.add_token("hf_me", user="me")
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("org/missing")
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("org/missing", token="hf_me")
    with pytest.raises(RevisionNotFoundError):
        api.model_info("org/real", revision="nowhere")
    with pytest.raises(GatedRepoError):
        api.auth_check("org/gated")
    with pytest.raises(HfHubHTTPError, match="Invalid credentials"):
        api.model_info("org/real", token="hf_nobody")
    with pytest.raises(EntryNotFoundError):
        api.hf_hub_download("org/real", "missing.txt", force_download=True)
    assert api.whoami(token="hf_me")["name"] == "me"
    assert model.files


def test_a_fault_reaches_the_real_client(model: Repo, tmp_path: Path, local_hub: LocalHub) -> None:
    reset = local_hub.inject(Reset(after=1_000_000, times=None))
    with pytest.raises(Exception, match=r"(?i)reset|read|connection"):
        hf_hub_download("org/real", "model.safetensors", cache_dir=tmp_path, endpoint=local_hub.endpoint, token=False)
    assert reset.hits
    assert model.files


def test_the_fixtures_are_a_plugin(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["modelfetch.testing.fixture"]\n')
    (tmp_path / "test_app.py").write_text(
        "import os\n"
        "def test_app(local_hub, isolated_cache):\n"
        "    assert os.environ['HF_ENDPOINT'] == local_hub.endpoint\n"
        "    assert 'HF_TOKEN' not in os.environ\n"
        "    assert list(isolated_cache.iterdir()) == []\n"
        "    assert str(isolated_cache) == os.path.join(os.environ['HF_HOME'], 'hub')\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_kit_costs_nothing_until_it_is_used() -> None:
    code = (
        "import sys, modelfetch.testing as kit\n"
        "assert not {'http', 'ssl', 'socketserver', 'pytest', 'huggingface_hub'} & set(sys.modules)\n"
        "assert all(hasattr(kit, name) for name in kit.__all__) and dir(kit) == sorted(kit.__all__)\n"
        "assert not hasattr(kit, 'Nothing') and not {'pytest', 'huggingface_hub'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
