"""The table: every fault of the wire, and what comes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import rows_connection, rows_content, rows_head, rows_listing, rows_status

if TYPE_CHECKING:
    from .table import Rows

GROUPS: dict[str, Rows] = {
    "the connection ends": rows_connection.ENDS,
    "it is slow, or silent": rows_connection.SLOW,
    "the server errs": rows_status.ERRORS,
    "it asks to wait": rows_status.WAITS,
    "addresses": rows_status.ADDRESSES,
    "ranges": rows_content.RANGES,
    "other bytes": rows_content.BYTES,
    "packing": rows_content.PACKING,
    "the repo changes": rows_content.CHANGES,
    "not HTTP": rows_head.NOT_HTTP,
    "framing": rows_head.FRAMING,
    "odd but right": rows_head.ODD_BUT_RIGHT,
    "a listing that lies": rows_listing.LIES,
    "not the Hub": rows_listing.NOT_THE_HUB,
    "redirects": rows_listing.REDIRECTS,
    "all at once": rows_content.ALL_AT_ONCE,
}

ROWS: Rows = {name: row for rows in GROUPS.values() for name, row in rows.items()}
