"""What is written down about a snapshot: its record, and where branches and tags stood.

Rule: the record first, then what it speaks of, then the ref. A snapshot that can be seen can so be judged; and a ref
that names one is seen by every other program, so it appears after everything that it promises.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from functools import reduce
from typing import TYPE_CHECKING

from ...core.kept import hub_tree
from ...core.kept.record import Selection, SnapshotRecord, decode, encode
from ...core.planning.listing import is_commit, listing_from_hub_cache
from ...errors import IntegrityError
from .disk import read_own, regular_size, replace_text
from .faults import ABSENT
from .planted import refuse_links

if TYPE_CHECKING:
    from .layout import Layout

_NOTE = ".json"


def recorded(layout: Layout, commit: str) -> SnapshotRecord | None:
    """Our record of the snapshot, with huggingface_hub's listing of it where ours is not of the whole repo."""
    ours, listed = written_record(layout, commit), _hub_selection(layout, commit)
    if ours is None:
        return None if listed is None else SnapshotRecord(layout.repo_id, commit, (listed,))
    if listed is None or ours.is_whole:
        return ours
    return ours.with_selection(listed)


def write_record(layout: Layout, commit: str, selection: Selection) -> None:
    """Note ``selection``, beside what others noted; a note that says so already is not written again."""
    path = layout.record(commit, selection.key)
    new = SnapshotRecord(layout.repo_id, commit, (selection,))
    if _record_at(layout, commit, path) == new:
        return
    refuse_links(layout, os.path.dirname(path))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    replace_text(layout.guests, path, encode(new), lasting=True)


def write_tree(layout: Layout, commit: str, selection: Selection) -> None:
    """Tell huggingface_hub what the commit holds, where ``selection`` is all of it and nobody has told it yet."""
    path = layout.tree(commit)
    if not selection.is_whole or os.path.lexists(path):
        return
    refuse_links(layout, os.path.dirname(path))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    replace_text(layout.guests, path, hub_tree.encode(selection.files))


def without_place(layout: Layout, commit: str, selection: Selection) -> tuple[str, ...]:
    """The contents of ``selection`` that are not, or not any more, in each of their places."""
    return tuple(
        dict.fromkeys(
            file.blob_id
            for file in selection.files
            if regular_size(layout.file(commit, file.path), follow=True) != file.size
        )
    )


def write_begun(layout: Layout, commit: str, revision: str) -> None:
    """Note which commit ``revision`` is, as long as it has no ref of its own: then what is there of it can be judged."""
    path = layout.begun_ref(revision)
    if revision == commit or commit_in(path) == commit or commit_of(layout, revision) == commit:
        return
    refuse_links(layout, os.path.dirname(path))
    _make_way(layout.begun_refs, path)
    replace_text(layout.guests, path, commit)


def begun(layout: Layout, revision: str) -> str | None:
    """The commit that ``revision`` was to a download of it that has not ended well yet; None when there was none."""
    return commit_in(layout.begun_ref(revision))


def forget_begun(layout: Layout, revision: str) -> None:
    """A download of ``revision`` ended well; a failure costs nothing, because a ref is asked first."""
    with suppress(OSError):
        erase_ref(layout.guests, layout.begun_ref(revision))


def erase_ref(above: str, path: str) -> None:
    """Remove a ref, and its folders below ``above``, where no other ref is in them. Raises OSError."""
    with suppress(FileNotFoundError):  # a crash came between it and its folder
        os.unlink(path)
    with suppress(OSError):
        while (path := os.path.dirname(path)) != above:
            os.rmdir(path)


def write_ref(layout: Layout, commit: str, revision: str) -> None:
    """Note that ``revision`` stood at ``commit``; a commit id needs no ref."""
    if revision == commit:
        return
    path = layout.ref(revision)
    if read_own(path) == commit.encode():  # to the byte: others do not take a line's end for no part of it
        return
    for folder in (os.path.dirname(path), layout.guests):
        refuse_links(layout, folder)
    os.makedirs(layout.guests, exist_ok=True)
    _make_way(layout.refs, path)
    replace_text(layout.guests, path, commit, lasting=True)


def _make_way(above: str, path: str) -> None:
    """Make the folders for a ref. Git has no branch below another one's name: what is noted of such another is old."""
    over = path
    while (over := os.path.dirname(over)) != above:
        with suppress(OSError):  # a folder is no ref, and stays
            os.unlink(over)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.isdir(path):
        shutil.rmtree(path, ignore_errors=True)


def commit_of(layout: Layout, revision: str) -> str | None:
    """The commit that ``revision`` is, or was when it was last asked for; None when nobody noted it."""
    return revision if is_commit(revision) else commit_in(layout.ref(revision))


def commit_in(path: str) -> str | None:
    """The commit that a ref names; None when it is none."""
    text = read_own(path) or b""
    commit = text.decode("ascii", "replace").strip()
    return commit if is_commit(commit) else None


def written_record(layout: Layout, commit: str) -> SnapshotRecord | None:
    """Our own notes of the snapshot, as one record; None when there is none that can be believed."""
    folder = layout.records(commit)
    try:
        names = sorted(os.listdir(folder))
    except (*ABSENT, PermissionError):
        return None
    found = (_record_at(layout, commit, os.path.join(folder, name)) for name in names if name.endswith(_NOTE))
    believed = [record for record in found if record is not None]
    return reduce(SnapshotRecord.merged, believed) if believed else None


def _record_at(layout: Layout, commit: str, path: str) -> SnapshotRecord | None:
    text = _readable(path)
    record = None if text is None else decode(text.decode("utf-8", "replace"))
    if record is None or (record.repo_id, record.commit) != (layout.repo_id, commit):
        return None
    return record


def _readable(path: str) -> bytes | None:
    """What is written there. What another user keeps to himself says nothing: huggingface_hub 2.4 writes ``trees/`` so."""
    try:
        return read_own(path)
    except PermissionError:
        return None


def _hub_selection(layout: Layout, commit: str) -> Selection | None:
    text = _readable(layout.tree(commit))
    try:
        listing = None if text is None else listing_from_hub_cache(json.loads(text), layout.repo_id, commit)
    except (IntegrityError, RecursionError, ValueError):
        return None
    return None if listing is None else Selection(None, None, listing.files)
