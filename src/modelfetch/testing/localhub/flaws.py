"""Listings that cannot be trusted: each named flaw as a change of the JSON of ``/revision/`` or ``/tree/``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, assert_never

if TYPE_CHECKING:
    from collections.abc import Callable

    from .faults import ListingFlaw

Entry = dict[str, Any]

_NAMES = {
    "climbing-name": "../../climbed.bin",
    "absolute-name": "/tmp/absolute.bin",  # noqa: S108 - a name that has to be refused, nothing is written there
    "backslash-name": "..\\climbed.bin",
    "drive-name": "C:/drive.bin",
    "nul-name": "nul\0name.bin",
    "reserved-name": "aux.bin",
}


def spoil(listing: bytes, flaw: ListingFlaw | Callable[[Any], Any]) -> bytes | None:
    """The listing with the flaw, or None for what is no listing or has no file to spoil."""
    value = json.loads(listing)
    if not isinstance(flaw, str):
        return json.dumps(flaw(value)).encode()
    if flaw == "missing-commit":
        return json.dumps({k: v for k, v in value.items() if k != "sha"}).encode() if isinstance(value, dict) else None
    entries: list[Entry] = value.get("siblings", []) if isinstance(value, dict) else value
    files = [entry for entry in entries if "rfilename" in entry or entry.get("type") == "file"]
    if not files:
        return None
    _spoil_entry(entries, files[0], flaw)
    return json.dumps(value).encode()


def _spoil_entry(entries: list[Entry], entry: Entry, flaw: ListingFlaw) -> None:
    name = "rfilename" if "rfilename" in entry else "path"
    match flaw:
        case "duplicate":
            entries.append(dict(entry))
        case "negative-size":
            _resize(entry, -1)
        case "string-size":
            _resize(entry, str(entry.get("size")))
        case "absurd-size":
            _resize(entry, 2**63)
        case "missing-hash":
            for key in ("blobId", "oid", "lfs", "xetHash"):
                entry.pop(key, None)
        case "missing-name":
            del entry[name]
        case "climbing-name" | "absolute-name" | "backslash-name" | "drive-name" | "nul-name" | "reserved-name":
            entry[name] = _NAMES[flaw]
        case "missing-commit":
            pass  # not a flaw of an entry
        case _:
            assert_never(flaw)


def _resize(entry: Entry, size: object) -> None:
    entry["size"] = size
    if "lfs" in entry:
        entry["lfs"]["size"] = size
