"""Everything the pretended Hub knows: repos, old names, and who may read what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import refusal

if TYPE_CHECKING:
    from .message import Answer, Query
    from .repo import Repo


@dataclass(frozen=True, slots=True)
class Account:
    """Who a token belongs to, and the private and gated repos that were opened to them."""

    user: str
    allowed: frozenset[str] = frozenset()

    def may_read(self, repo: Repo) -> bool:
        """Whether a private or gated repo is open to this account: its own always are."""
        return repo.id in self.allowed or repo.id.partition("/")[0] == self.user


@dataclass(eq=False, slots=True)
class Store:
    """Repos by id, accounts by token, and new names by old."""

    repos: dict[str, Repo] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)

    def rename(self, old: str, new: str) -> None:
        """Give a repo another id; the old one is answered with a redirect from now on."""
        repo = self.repos.pop(old)
        repo.id = new
        self.repos[new] = repo
        self.renamed[old] = new

    def refuse_sender(self, query: Query) -> Answer | None:
        """The refusal of a token that nobody has; the Hub gives it on public repos too."""
        unknown = query.token is not None and query.token not in self.accounts
        return refusal.bad_token() if unknown else None

    def open(self, repo_id: str, query: Query) -> Repo | Answer:
        """The repo, if the sender may know of it, else the refusal; gated repos are open to everyone here."""
        account = self.accounts.get(query.token or "")
        repo = self.repos.get(repo_id)
        if repo is None or (repo.private and not (account and account.may_read(repo))):
            return refusal.no_repo(known_sender=account is not None)
        return refusal.disabled() if repo.disabled else repo

    def refuse_content(self, repo: Repo, query: Query) -> Answer | None:
        """The refusal of a gated repo's contents, if the sender is not on its list."""
        account = self.accounts.get(query.token or "")
        if not repo.gated or (account and account.may_read(repo)):
            return None
        return refusal.gated(repo.id, known_sender=account is not None)
