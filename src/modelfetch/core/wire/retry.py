"""How long to wait before another try, or why to give up.

Rule: five more tries in a row without 64 KiB of new bytes, after 0.5, 1, 2, 4 and 8 seconds, each
spread by up to a quarter so that many clients do not return at once; new bytes start the count again.
What the Hub asks to wait is obeyed up to a minute; longer is for the caller to decide. Asking again
never mends a wrong name, a missing right or a missing range, so those statuses are not asked again.
"""

from __future__ import annotations

from dataclasses import dataclass

WAITS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each further try; about 16 in all."""

FRESH_BYTES = 64 * 1024
"""New bytes that make the next failure a first one again."""

LONGEST_WAIT = 60.0
"""Seconds; a server that asks for more is not waited for."""

JITTER = 0.25
"""Share of a wait that is random."""

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
"""Statuses worth another try: RFC 9110 and 6585, and those that CDNs add to them."""


@dataclass(frozen=True, slots=True)
class Tries:
    """Failures in a row, new bytes since the last of them, and until when to rest."""

    failures: int = 0
    fresh: int = 0
    rest_until: float = 0.0

    def arrived(self, count: int) -> Tries:
        """After ``count`` new bytes."""
        if self.fresh + count >= FRESH_BYTES:
            return Tries()
        return Tries(self.failures, self.fresh + count, self.rest_until)

    def failed(self, now: float, jitter: float, asked: float | None = None) -> Tries | None:
        """After one more failure, or None to give up. ``asked``: seconds that the server wants.

        A failure during a rest belongs to the one before it: many connections fail together.
        """
        resting = now < self.rest_until
        if resting and asked is None:
            return self
        first = Tries() if resting else self
        wait = first.wait(jitter, asked)
        if wait is None:
            return None
        return Tries(self.failures + (not resting), 0, max(self.rest_until, now + wait))

    def wait(self, jitter: float, asked: float | None = None) -> float | None:
        """Seconds to wait after one more failure, or None to give up."""
        if self.failures >= len(WAITS) or (asked or 0.0) > LONGEST_WAIT:
            return None
        own = WAITS[self.failures] * (1 + JITTER * jitter)
        return own if asked is None else max(asked, JITTER * jitter)
