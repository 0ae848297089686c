"""From a request to its answer, by what the Hub knows. Nothing here touches a socket.

Rule: refusals come in the Hub's order: token, repo, revision, file, gate.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never
from urllib.parse import quote

from . import api, refusal, resolve
from .message import Answer, json_answer, redirect
from .signer import Signer
from .store import Store
from .target import AuthCheck, Blob, Cached, Info, OfRepo, PathsInfo, Refs, Resolve, Tree, Unknown, WhoAmI

if TYPE_CHECKING:
    from .message import Query
    from .repo import Commit, File, Repo
    from .target import Target


@dataclass(eq=False, slots=True)
class Site:
    """The two origins as one thing that answers: what is stored, and the settings that change answers."""

    store: Store = field(default_factory=Store)
    signer: Signer = field(default_factory=Signer)
    page_size: int = 1000
    unranged_limit: int | None = None
    cdn_etag: bool = True
    hub: str = ""
    cdn: str = ""

    def answer(self, query: Query, target: Target) -> Answer:
        """The answer of a Hub in good health."""
        if query.origin == "cdn":
            return self._cdn(query, target)
        refused = self.store.refuse_sender(query)
        if refused is not None:
            return refused
        match target:
            case WhoAmI():
                return api.who_am_i(self.store.accounts.get(query.token or ""))
            case Unknown() | Blob():
                return refusal.no_page()
            case _:
                return self._of_repo(query, target)

    def _cdn(self, query: Query, target: Target) -> Answer:
        if query.token is not None:
            return refusal.bad_request("Only one auth mechanism allowed: the address is signed already")
        if not isinstance(target, Blob):
            return refusal.cdn_missing()
        refused = self.signer.refuse(query)
        file = self._stored(target)
        if refused is not None or file is None:
            return refused or refusal.cdn_missing()
        etag = (
            f'"{hashlib.md5(target.sha256.encode(), usedforsecurity=False).hexdigest()}-7"' if self.cdn_etag else None
        )
        return resolve.blob(file, query, etag=etag, unranged_limit=self.unranged_limit)

    def _stored(self, target: Blob) -> File | None:
        repo_id = self.store.renamed.get(target.repo, target.repo)
        repo = self.store.repos.get(repo_id)
        files = (commit.files.get(target.path) for commit in tuple(repo.commits.values())) if repo else ()
        return next((file for file in files if file and file.lfs and file.sha256 == target.sha256), None)

    def _of_repo(self, query: Query, target: OfRepo) -> Answer:
        if target.repo in self.store.renamed:
            new = self.store.renamed[target.repo]
            return redirect(307, query.target.replace(f"/{quote(target.repo)}", f"/{quote(new)}", 1))
        repo = self.store.open(target.repo, query)
        if isinstance(repo, Answer):
            return repo
        match target:
            case Refs():
                return api.refs(repo)
            case AuthCheck():
                return self.store.refuse_content(repo, query) or json_answer({})
            case Info() | Tree() | PathsInfo() | Resolve() | Cached():
                return self._of_commit(query, target, repo)
            case _:
                assert_never(target)

    def _of_commit(self, query: Query, target: Info | Tree | PathsInfo | Resolve | Cached, repo: Repo) -> Answer:
        revision = target.commit if isinstance(target, Cached) else target.revision
        commit = repo.find(revision)
        if commit is None:
            return refusal.no_revision(revision)
        match target:
            case Info():
                return api.info(repo, commit, query)
            case Tree():
                return api.tree(commit, target.folder, query, self.page_size, self.hub)
            case PathsInfo():
                return api.paths_info(commit, query)
            case Resolve() | Cached():
                return self._of_file(query, target, repo, commit)
            case _:
                assert_never(target)

    def _of_file(self, query: Query, target: Resolve | Cached, repo: Repo, commit: Commit) -> Answer:
        file = commit.files.get(target.path)
        if file is None:
            return refusal.no_entry(commit.sha)
        refused = self.store.refuse_content(repo, query)
        if refused is not None:
            return refused
        if isinstance(target, Cached):
            return resolve.small_file(commit, file, query)
        return resolve.resolve(repo, commit, file, self.cdn, self.signer)
