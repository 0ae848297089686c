"""Signed addresses of the CDN: who holds one may read one file until it expires.

Rule: the signature covers path and time of expiry, and every address is issued with its own number, so all
addresses of a file that were issued so far can be made to expire while the next one is good.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import secrets
import time
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from . import refusal

if TYPE_CHECKING:
    from .message import Answer, Query
    from .repo import File

KEY_PAIR_ID = "K24J24Z295AEI9"


class Signer:
    """Issues and checks addresses. ``lifetime`` is in seconds and holds for those issued after a change."""

    def __init__(self, lifetime: float = 3600.0) -> None:
        self.lifetime = lifetime
        self._secret = secrets.token_bytes(16)
        self._numbers = itertools.count(1)
        self._last = 0
        self._expired: dict[str, int] = {}

    def sign(self, repo_id: str, file: File) -> str:
        """A new address for ``file``: path and query, without the origin."""
        path = f"/repos/{quote(repo_id, safe='')}/{file.sha256}/{quote(file.path)}"
        expires = f"{time.time() + self.lifetime:.3f}"
        self._last = number = next(self._numbers)
        signature = f"{number}~{self._mac(path, expires, number)}"
        return f"{path}?{urlencode({'Expires': expires, 'Signature': signature, 'Key-Pair-Id': KEY_PAIR_ID})}"

    def expire(self, path: str) -> None:
        """No address of the CDN path ``path`` that was issued so far is good any more."""
        self._expired[path] = self._last

    def refuse(self, query: Query) -> Answer | None:
        """The 403 for an address that is not, or no longer, good."""
        sent = query.parameters
        expires, (number, _, mac) = sent.get("Expires", ""), sent.get("Signature", "").partition("~")
        if not number.isdecimal() or not hmac.compare_digest(mac, self._mac(query.path, expires, int(number))):
            return refusal.cdn_denied()
        if float(expires) < time.time() or int(number) <= self._expired.get(query.path, 0):
            return refusal.cdn_denied("Request has expired")
        return None

    def _mac(self, path: str, expires: str, number: int) -> str:
        return hmac.new(self._secret, f"{path} {expires} {number}".encode(), hashlib.sha256).hexdigest()
