"""What is written down about a snapshot: its record, and where branches and tags stood.

Rule: the record first, then the ref. A ref that names a snapshot is seen by every other program, so it
appears after everything that it promises.
"""

# ruff: noqa: PTH103, PTH120 - plain strings, see layout.py

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from ...core.listing import is_commit, listing_from_hub_cache
from ...core.record import Selection, SnapshotRecord, decode, encode
from ...errors import IntegrityError
from .disk import read_own, replace_text

if TYPE_CHECKING:
    from .layout import Layout


def recorded(layout: Layout, commit: str) -> SnapshotRecord | None:
    """Our record of the snapshot, with huggingface_hub's listing of it where ours is not of the whole repo."""
    ours, listed = _ours(layout, commit), _hub_selection(layout, commit)
    if ours is None:
        return None if listed is None else SnapshotRecord(layout.repo_id, commit, (listed,))
    if listed is None or any(selection.is_whole for selection in ours.selections):
        return ours
    return ours.with_selection(listed)


def write_record(layout: Layout, commit: str, selection: Selection) -> None:
    """Add ``selection`` to our record; a record that says so already is not written again."""
    old = _ours(layout, commit)
    new = (old or SnapshotRecord(layout.repo_id, commit)).with_selection(selection)
    if old is not None and set(old.selections) == set(new.selections):
        return
    path = layout.record(commit)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    replace_text(layout.guests, path, encode(new))


def write_ref(layout: Layout, commit: str, revision: str) -> None:
    """Note that ``revision`` stood at ``commit``; a commit id needs no ref."""
    if revision == commit or commit_of(layout, revision) == commit:
        return
    path = layout.ref(revision)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.makedirs(layout.guests, exist_ok=True)
    replace_text(layout.guests, path, commit)


def commit_of(layout: Layout, revision: str) -> str | None:
    """The commit that ``revision`` is, or was when it was last asked for; None when nobody noted it."""
    if is_commit(revision):
        return revision
    text = read_own(layout.ref(revision)) or b""
    commit = text.decode("ascii", "replace").strip()
    return commit if is_commit(commit) else None


def _ours(layout: Layout, commit: str) -> SnapshotRecord | None:
    text = read_own(layout.record(commit))
    record = None if text is None else decode(text.decode("utf-8", "replace"))
    if record is None or (record.repo_id, record.commit) != (layout.repo_id, commit):
        return None
    return record


def _hub_selection(layout: Layout, commit: str) -> Selection | None:
    text = read_own(layout.tree(commit))
    try:
        listing = None if text is None else listing_from_hub_cache(json.loads(text), layout.repo_id, commit)
    except (IntegrityError, RecursionError, ValueError):
        return None
    return None if listing is None else Selection(None, None, listing.files)
