"""What a repo holds at one commit, read from the Hub's answers and believed only as far as it can be.

Rule: a listing is trusted whole or not at all. One unsafe name, impossible size, wrong type or double
entry, and nothing of the repo is planned. Formats: ``GET /api/models/{repo}/revision/{rev}?blobs=true`` and
``GET /api/models/{repo}/tree/{rev}?recursive=true`` (https://huggingface.co/docs/hub/api), and
huggingface_hub's cached ``trees/<commit>.json``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeGuard

from ...errors import IntegrityError
from ..paths import unsafe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

LARGEST_FILE = 1 << 44
"""Bytes; 16 TiB, the largest file ext4 holds. The Hub itself takes 500 GB."""

SHORT_LISTING = 50_000
"""Files; beyond this huggingface_hub too stops trusting ``siblings`` and reads the tree."""

_ENTRY_KEYS = ("path", "size", "blob_id", "sha256")
"""What is written down of a file, in this order unless a format has another."""

_COMMIT = re.compile("[0-9a-f]{40}")
_SPECIAL = re.compile(r"[*?[]")
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a repo: path in the repo, size in bytes, and what its content is called.

    ``blob_id`` is its name under ``blobs/``: the sha256 for an LFS file, the git blob id (sha1) otherwise.
    ``sha256`` is None where the Hub gives none.
    """

    path: str
    size: int
    blob_id: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """Every file of ``repo_id`` at ``commit``, in the Hub's order; ``gated`` when a licence guards the content."""

    repo_id: str
    commit: str
    files: tuple[FileEntry, ...]
    gated: bool = False


def is_commit(revision: str) -> bool:
    """Whether ``revision`` is a full commit id: then what it names can never change."""
    return _COMMIT.fullmatch(revision) is not None


def is_sha256(text: str) -> bool:
    """Whether ``text`` is a sha256 in lower-case hex."""
    return _SHA256.fullmatch(text) is not None


def is_blob_id(text: str) -> bool:
    """Whether a content can be called that: by a sha256, or by a git blob id, which is written like a commit's."""
    return is_sha256(text) or is_commit(text)


def commit_of(info: object, repo_id: str) -> str:
    """The commit that a model-info answer pins."""
    commit = info.get("sha") if isinstance(info, dict) else None
    if not isinstance(commit, str) or not is_commit(commit):
        raise _distrust(repo_id, f"its commit is {_told(commit)}, not 40 hex digits")
    return commit


def listing_from_info(info: Mapping[str, object], repo_id: str) -> Listing | None:
    """The listing in a model-info answer, or None when it is not complete and the tree has to be read."""
    siblings = info.get("siblings")
    if not isinstance(siblings, list) or not 0 < len(siblings) <= SHORT_LISTING:
        return None
    if not all(isinstance(item, dict) and _says_all(item) for item in siblings):
        return None
    files = [_entry(item, repo_id, path="rfilename", oid="blobId", sha="sha256") for item in siblings]
    return trusted(repo_id, commit_of(info, repo_id), files, gated=is_gated(info))


def _says_all(sibling: Mapping[str, object]) -> bool:
    """Whether a sibling comes with its size and identity; without ``blobs=true`` it is a bare name."""
    return isinstance(sibling.get("lfs"), dict) or sibling.keys() >= {"blobId", "size"}


def listing_from_tree(pages: Iterable[object], repo_id: str, commit: str, *, gated: bool) -> Listing:
    """The listing in the pages of a tree answer."""
    files: list[FileEntry] = []
    for page in pages:
        if not isinstance(page, list):
            raise _distrust(repo_id, "a page of the tree is not a list")
        for item in page:
            kind = item.get("type") if isinstance(item, dict) else None
            if kind not in ("file", "directory"):  # a tuple: what is no text may have no hash
                raise _distrust(repo_id, f"it lists {_told(kind)}, which is neither a file nor a directory")
            if kind == "file":
                files.append(_entry(item, repo_id, path="path", oid="oid", sha="oid"))
    return trusted(repo_id, commit, files, gated=gated)


def listing_from_hub_cache(tree: object, repo_id: str, commit: str) -> Listing | None:
    """The listing in huggingface_hub's ``trees/<commit>.json`` (``_tree_cache.py``), None for other versions."""
    if not isinstance(tree, dict) or tree.get("format_version") != 1:
        return None
    told = tree.get("files")
    if not isinstance(told, dict) or not all(isinstance(item, dict) for item in told.values()):
        return None
    files = [
        _checked(repo_id, path, item.get("lfs_size", item.get("size")), item.get("blob_id"), item.get("lfs_sha256"))
        for path, item in told.items()
    ]
    return trusted(repo_id, commit, files)


def is_gated(info: Mapping[str, object]) -> bool:
    """Whether the content is behind a licence: ``"auto"``, ``"manual"`` or False."""
    return bool(info.get("gated"))


def trusted(repo_id: str, commit: str, files: Iterable[FileEntry], *, gated: bool = False) -> Listing:
    """A listing without contradictions: no path twice, none both file and folder, one size for one content."""
    files = tuple(files)
    paths: set[str] = set()
    sizes: dict[str, int] = {}
    for file in files:
        if file.path in paths:
            raise _distrust(repo_id, f"it lists {file.path!r} twice")
        if sizes.setdefault(file.blob_id, file.size) != file.size:
            raise _distrust(repo_id, f"it gives two sizes for the content of {file.path!r}")
        paths.add(file.path)
    for path in paths:
        if any(folder in paths for folder in folders(path)):
            raise _distrust(repo_id, f"it lists {path!r} below a file")
    return Listing(repo_id, commit, files, gated)


def trusted_entries(repo_id: str, told: object) -> tuple[FileEntry, ...]:
    """Entries written down earlier (in a plan or a record), judged as strictly as the Hub's own."""
    if not isinstance(told, list) or not all(isinstance(item, dict) for item in told):
        raise _distrust(repo_id, "it is not a list of files")
    files = [
        _checked(repo_id, item.get("path"), item.get("size"), item.get("blob_id"), item.get("sha256")) for item in told
    ]
    return trusted(repo_id, "", files).files


def entries_as_json(files: Iterable[FileEntry], keys: Sequence[str] = _ENTRY_KEYS) -> list[dict[str, object]]:
    """What :func:`trusted_entries` reads. ``keys``: their order, where it is not the usual one."""
    return [{key: getattr(file, key) for key in keys} for file in files]


def trusted_patterns(told: object) -> tuple[str, ...] | None:
    """Patterns written down earlier. Raises ValueError for what is neither a list of text nor None."""
    if told is None:
        return None
    if not isinstance(told, list) or not all(isinstance(item, str) for item in told):
        message = f"a list of patterns was expected, not {told!r:.80}"
        raise ValueError(message)
    return tuple(told)


def folders(path: str) -> Iterator[str]:
    """The folders that ``path`` is in, the innermost first."""
    while path := path.rpartition("/")[0]:
        yield path


def select(
    files: Iterable[FileEntry], allow: Iterable[str] | None, ignore: Iterable[str] | None
) -> tuple[FileEntry, ...]:
    """The files whose path :func:`chooser` takes."""
    takes = chooser(allow, ignore)
    return tuple(file for file in files if takes(file.path))


def chooser(allow: Iterable[str] | None, ignore: Iterable[str] | None) -> Callable[[str], bool]:
    """Whether a path fits a pattern of ``allow`` (None: any) and none of ``ignore``.

    Patterns mean what they mean to huggingface_hub: shell style, case-sensitive everywhere, ``*``
    crosses ``/``, a backslash is one, and one at the end stands for all below that folder.
    """
    wanted = None if allow is None else [_below(pattern) for pattern in allow]
    unwanted = [_below(pattern) for pattern in ignore or ()]
    return lambda path: (
        (wanted is None or any(fnmatchcase(path, pattern) for pattern in wanted))
        and not any(fnmatchcase(path, pattern) for pattern in unwanted)
    )


def literal(path: str) -> str:
    """The pattern that ``path`` alone fits."""
    return _SPECIAL.sub(r"[\g<0>]", path)


def _below(pattern: str) -> str:
    pattern = pattern.replace("\\", "/")
    return pattern + "*" if pattern.endswith("/") else pattern


def _entry(item: Mapping[str, object], repo_id: str, *, path: str, oid: str, sha: str) -> FileEntry:
    """One file of an answer; an LFS file says its size twice and both have to agree."""
    name, size, lfs = item.get(path), item.get("size"), item.get("lfs")
    if lfs is None:
        return _checked(repo_id, name, size, item.get(oid), None)
    if not isinstance(lfs, dict):
        raise _distrust(repo_id, f"it gives the LFS content of {_told(name)} as {_told(lfs)}")
    if size is not None and not (_is_size(size) and size == lfs.get("size", size)):
        raise _distrust(repo_id, f"it gives two sizes for {_told(name)}")
    return _checked(repo_id, name, lfs.get("size", size), lfs.get(sha), lfs.get(sha))


def _checked(repo_id: str, path: object, size: object, blob_id: object, sha256: object) -> FileEntry:
    if not isinstance(path, str) or (why := unsafe(path)):
        detail = why if isinstance(path, str) else "it is not text"
        raise _distrust(repo_id, f"the file name {_told(path)} cannot be used: {detail}")
    if not _is_size(size):
        raise _distrust(repo_id, f"it gives the size of {path!r} as {_told(size)}")
    if sha256 is not None and not (isinstance(sha256, str) and is_sha256(sha256)):
        raise _distrust(repo_id, f"it gives the sha256 of {path!r} as {_told(sha256)}")
    name = sha256 or blob_id
    if not isinstance(name, str) or not (is_commit(name) or is_sha256(name)):
        raise _distrust(repo_id, f"it does not say what the content of {path!r} is, but {_told(name)}")
    return FileEntry(path, size, name, sha256)


def _is_size(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_FILE


def _told(value: object) -> str:
    """A value as a message shows it; of a list or an object its kind alone, because it may be long and deep."""
    return f"a {type(value).__name__}" if isinstance(value, (list, dict)) else f"{value!r:.80}"


def _distrust(repo_id: str, why: str) -> IntegrityError:
    return IntegrityError(
        f"The file listing of {repo_id} cannot be trusted: {why}. A listing with safe names, true sizes and "
        "digests was expected. Nothing of the repo was fetched. Tell the repo's owner, or check the endpoint."
    )
