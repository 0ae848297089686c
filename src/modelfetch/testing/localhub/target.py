"""What an address asks for: the pretended Hub's routes, as a closed union and one function that reads them.

Rule: an address is cut at ``/`` before it is unquoted, so a branch called ``feature/x`` (sent as ``feature%2Fx``)
is one segment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never
from urllib.parse import unquote

if TYPE_CHECKING:
    from .message import Query, Where

_API_VERBS = frozenset({"revision", "tree", "paths-info", "refs", "auth-check"})
_SHA = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Info:
    """``GET /api/models/{repo}/revision/{revision}``."""

    repo: str
    revision: str


@dataclass(frozen=True, slots=True)
class Tree:
    """``GET /api/models/{repo}/tree/{revision}/{folder}``."""

    repo: str
    revision: str
    folder: str


@dataclass(frozen=True, slots=True)
class PathsInfo:
    """``POST /api/models/{repo}/paths-info/{revision}``."""

    repo: str
    revision: str


@dataclass(frozen=True, slots=True)
class Refs:
    """``GET /api/models/{repo}/refs``."""

    repo: str


@dataclass(frozen=True, slots=True)
class AuthCheck:
    """``GET /api/models/{repo}/auth-check``."""

    repo: str


@dataclass(frozen=True, slots=True)
class WhoAmI:
    """``GET /api/whoami-v2``."""


@dataclass(frozen=True, slots=True)
class Resolve:
    """``/{repo}/resolve/{revision}/{path}``."""

    repo: str
    revision: str
    path: str


@dataclass(frozen=True, slots=True)
class Cached:
    """``/api/resolve-cache/models/{repo}/{commit}/{path}``: the body of a small file."""

    repo: str
    commit: str
    path: str


@dataclass(frozen=True, slots=True)
class Blob:
    """A signed address of the CDN: ``/repos/{repo}/{sha256}/{path}``."""

    repo: str
    sha256: str
    path: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Anything else."""


OfRepo = Info | Tree | PathsInfo | Refs | AuthCheck | Resolve | Cached
"""What is answered by the Hub from a repo."""

Target = OfRepo | WhoAmI | Blob | Unknown


def read_target(query: Query) -> Target:  # noqa: PLR0911 - one for each route
    """What ``query`` asks for."""
    match query.origin, query.path.strip("/").split("/"):
        case "cdn", ["repos", repo, sha256, *path]:
            return Blob(unquote(repo), sha256, _joined(path))
        case "cdn", _:
            return Unknown()
        case _, ["api", "whoami-v2"]:
            return WhoAmI()
        case _, ["api", "models", *rest]:
            return _api(rest)
        case _, ["api", "resolve-cache", "models", *rest]:
            return _cached(rest)
        case _, [owner, name, "resolve", revision, *path] if path:
            return Resolve(f"{owner}/{name}", unquote(revision), _joined(path))
        case _, [name, "resolve", revision, *path] if path:
            return Resolve(name, unquote(revision), _joined(path))
        case _:
            return Unknown()


def _api(segments: list[str]) -> Target:  # noqa: PLR0911 - one for each route
    short = len(segments) == 1 or segments[1] in _API_VERBS  # "gpt2" is a repo without an owner
    repo = unquote("/".join(segments[: 1 if short else 2]))
    match segments[1 if short else 2 :]:
        case []:
            return Info(repo, "main")
        case ["revision", revision]:
            return Info(repo, unquote(revision))
        case ["tree", revision, *folder]:
            return Tree(repo, unquote(revision), _joined(folder))
        case ["paths-info", revision]:
            return PathsInfo(repo, unquote(revision))
        case ["refs"]:
            return Refs(repo)
        case ["auth-check"]:
            return AuthCheck(repo)
        case _:
            return Unknown()


def _cached(segments: list[str]) -> Target:
    for at in (1, 2):
        if len(segments) > at + 1 and _SHA.fullmatch(segments[at]):
            return Cached(unquote("/".join(segments[:at])), segments[at], _joined(segments[at + 1 :]))
    return Unknown()


def _joined(segments: list[str]) -> str:
    return "/".join(map(unquote, segments))


def where(target: Target) -> Where:
    """The part of the protocol that ``target`` belongs to, as faults name it."""
    match target:
        case Info():
            return "info"
        case Tree() | PathsInfo():
            return "tree"
        case Resolve():
            return "resolve"
        case Cached() | Blob():
            return "cdn"
        case Refs() | AuthCheck() | WhoAmI() | Unknown():
            return "other"
        case _:
            assert_never(target)


def file_path(target: Target) -> str:
    """The repo path that ``target`` names; empty for what is not about one file."""
    return target.path if isinstance(target, Resolve | Cached | Blob) else ""
