"""How much room on the disk bytes that are still to come take.

Rule: as many bytes, and a share of them beyond, up to the next whole byte: whoever judges a model and whoever lets a download
begin reckon alike.
"""

from __future__ import annotations

from math import ceil, inf

from ..given import Expected, number

HEADROOM = 0.2
"""Share of the bytes to fetch that has to be free beyond them: what the list in docs/how-to/model-picker.md asks for."""

MOST = 2.0**63
"""Bytes; no disk has as many, whatever share was asked for."""

SHARE = Expected(
    number(lambda share: 0 <= share < inf), "A finite share of 0 or more", "pass for example 0.2 for a fifth more"
)
"""What may be passed for it."""


def required_bytes(remaining: int, headroom: float) -> int:
    """Bytes that have to be free for ``remaining`` bytes; ``headroom`` is the share of them beyond."""
    return ceil(min(remaining * (1 + headroom), MOST))
