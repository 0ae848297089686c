"""What the API of the pretended Hub answers, held against the protocol's facts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from modelfetch.testing import LocalHub, Repo

MODEL = "/api/models/org/model"


def test_the_info_names_commit_and_every_file_with_size_and_hashes(client: Any, repo: Repo) -> None:
    info = client.ask(f"{MODEL}/revision/main?blobs=true").json
    model = repo.files["model.bin"]
    assert info["sha"] == repo.sha
    assert [each["rfilename"] for each in info["siblings"]] == ["config.json", "model.bin", "sub folder/notes.txt"]
    assert info["siblings"][1]["lfs"] == {"sha256": model.sha256, "size": client.size, "pointerSize": 131}
    assert info["siblings"][1]["blobId"] == model.oid
    assert "lfs" not in info["siblings"][0]


def test_without_blobs_the_info_has_names_alone(client: Any, repo: Repo) -> None:
    assert client.ask(MODEL).json["siblings"][0] == {"rfilename": "config.json"}
    assert repo.files["config.json"].size == 8


def test_the_tree_has_files_and_folders(client: Any, repo: Repo) -> None:
    entries = client.ask(f"{MODEL}/tree/{repo.sha}?recursive=true").json
    assert [(each["type"], each["path"]) for each in entries] == [
        ("file", "config.json"),
        ("file", "model.bin"),
        ("directory", "sub folder"),
        ("file", "sub folder/notes.txt"),
    ]
    assert entries[1]["lfs"]["oid"] == repo.files["model.bin"].sha256
    assert len(client.ask(f"{MODEL}/tree/main").json) == 3
    assert [each["path"] for each in client.ask(f"{MODEL}/tree/main/sub%20folder").json] == ["sub folder/notes.txt"]


def test_a_long_tree_comes_in_pages_that_link_to_each_other(client: Any, local_hub: LocalHub) -> None:
    local_hub.page_size = 10
    local_hub.add_repo("org/model", {f"{number:02}.txt": b"x" for number in range(25)})
    address: str | None = f"{MODEL}/tree/main?recursive=true"
    paths, pages = [], 0
    while address:
        page = client.ask(address)
        paths += [each["path"] for each in page.json]
        pages += 1
        found = re.fullmatch(r'<(.*)>; rel="next"', page.headers.get("link", ""))
        address = found and found.group(1)
    assert pages == 3
    assert paths == [f"{number:02}.txt" for number in range(25)]


def test_chosen_paths_are_told_about(client: Any, repo: Repo) -> None:
    connection = client.connect(client.hub.endpoint)
    body = "paths=config.json&paths=missing"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", f"{MODEL}/paths-info/main", body, headers)
    with connection.getresponse() as response:
        assert b"config.json" in response.read()
    assert repo.files


def test_branches_and_tags_point_at_commits(client: Any, repo: Repo) -> None:
    first = repo.sha
    repo.tag("v1")
    second = repo.commit({"new.txt": b"new"}, branch="feature/x").sha
    refs = client.ask(f"{MODEL}/refs").json
    assert {each["name"]: each["targetCommit"] for each in refs["branches"]} == {"main": first, "feature/x": second}
    assert refs["tags"][0]["targetCommit"] == first
    assert client.ask(f"{MODEL}/revision/feature%2Fx").json["sha"] == second
    assert client.ask(f"{MODEL}/revision/refs%2Fheads%2Ffeature%2Fx").json["sha"] == second
    assert client.ask("/org/model/resolve/feature%2Fx/new.txt").status == 307
    assert client.ask("/org/model/resolve/v1/new.txt").headers["x-error-code"] == "EntryNotFound"


def test_a_commit_moves_its_branch_and_the_old_one_can_be_deleted(client: Any, repo: Repo) -> None:
    old = repo.sha
    new = repo.commit({"config.json": b"{}", "model.bin": None}).sha
    assert client.ask(f"{MODEL}/revision/main").json["sha"] == new != old
    assert client.ask(f"{MODEL}/revision/{old}").status == 200
    repo.delete_commit(old)
    assert client.ask(f"{MODEL}/revision/{old}").headers["x-error-code"] == "RevisionNotFound"
    assert list(repo.files) == ["config.json", "sub folder/notes.txt"]


def test_the_same_steps_give_the_same_commits(local_hub: LocalHub) -> None:
    shas = {local_hub.add_repo("org/same", {"a": b"1", "b": b"2"}).commit({"a": b"3"}).sha for _ in range(2)}
    assert len(shas) == 1


def test_a_renamed_repo_redirects_api_and_files(client: Any, local_hub: LocalHub, repo: Repo) -> None:
    local_hub.rename("org/model", "new/name")
    moved = client.ask(f"{MODEL}/revision/main?blobs=true")
    assert (moved.status, moved.headers["location"]) == (307, "/api/models/new/name/revision/main?blobs=true")
    assert client.ask(MODEL).headers["location"] == "/api/models/new/name"
    assert client.ask("/org/model/resolve/main/config.json").headers["location"] == "/new/name/resolve/main/config.json"
    assert client.ask("/new/name/resolve/main/config.json").headers["x-repo-commit"] == repo.sha


def test_who_is_asking_is_known_by_the_token(client: Any, local_hub: LocalHub) -> None:
    local_hub.add_token("hf_me", user="me")
    assert client.ask("/api/whoami-v2", Authorization="Bearer hf_me").json["name"] == "me"
    assert client.ask("/api/whoami-v2").status == 401


@pytest.mark.parametrize(
    ("address", "token", "expected"),
    [
        ("/api/models/org/missing/revision/main", "", (401, "RepoNotFound")),
        ("/api/models/org/missing/revision/main", "hf_me", (404, "RepoNotFound")),
        ("/api/models/org/private", "", (401, "RepoNotFound")),
        ("/api/models/org/private", "hf_me", (404, "RepoNotFound")),
        ("/api/models/org/private", "hf_friend", (200, None)),
        ("/api/models/org/gated", "", (200, None)),
        ("/org/gated/resolve/main/a.txt", "", (401, "GatedRepo")),
        ("/org/gated/resolve/main/a.txt", "hf_me", (403, "GatedRepo")),
        ("/org/gated/resolve/main/a.txt", "hf_friend", (307, None)),
        ("/org/gated/resolve/main/a.txt", "hf_owner", (307, None)),
        ("/api/models/org/gated/auth-check", "hf_me", (403, "GatedRepo")),
        ("/api/models/org/gated/auth-check", "hf_friend", (200, None)),
        ("/api/models/org/model", "hf_nobody", (401, None)),
        ("/api/models/org/model/revision/nowhere", "", (404, "RevisionNotFound")),
        ("/org/model/resolve/nowhere/config.json", "", (404, "RevisionNotFound")),
        ("/org/model/resolve/main/missing", "", (404, "EntryNotFound")),
        ("/api/models/org/disabled", "", (403, None)),
        ("/no/such/page", "", (404, None)),
    ],
)
@pytest.mark.usefixtures("repo")
def test_refusals_are_told_apart(
    client: Any, local_hub: LocalHub, address: str, token: str, expected: tuple[int, str | None]
) -> None:
    local_hub.add_repo("org/private", {"a.txt": b"a"}, private=True)
    local_hub.add_repo("org/gated", {"a.txt": b"a"}, gated="auto")
    local_hub.add_repo("org/disabled", {"a.txt": b"a"}, disabled=True)
    local_hub.add_token("hf_me")
    local_hub.add_token("hf_owner", user="org")
    local_hub.add_token("hf_friend", allowed={"org/private", "org/gated"})
    reply = client.ask(address, **({"Authorization": f"Bearer {token}"} if token else {}))
    assert (reply.status, reply.headers.get("x-error-code")) == expected
    assert ("x-error-message" in reply.headers) == (reply.status >= 400)


def test_a_bad_token_and_a_disabled_repo_have_the_messages_that_clients_look_for(client: Any, repo: Repo) -> None:
    bad = client.ask(MODEL, Authorization="Bearer hf_nobody")
    assert bad.headers["x-error-message"] == "Invalid credentials in Authorization header"
    repo.disabled = True
    assert client.ask(MODEL).headers["x-error-message"] == "Access to this resource is disabled."


def test_a_repo_without_an_owner_is_found(client: Any, local_hub: LocalHub) -> None:
    local_hub.add_repo("gpt2", {"config.json": b"{}", "model.bin": b"weights"})
    assert client.ask("/api/models/gpt2").json["id"] == "gpt2"
    assert client.ask("/api/models/gpt2/revision/main").status == 200
    small = client.ask("/gpt2/resolve/main/config.json").headers["location"]
    assert client.ask(small).body == b"{}"
    assert client.ask(client.ask("/gpt2/resolve/main/model.bin").headers["location"]).body == b"weights"
