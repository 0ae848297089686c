"""What cleaning found: what was removed, and what was left alone and why.

Rule: nothing is removed without being said, and nothing that was found is passed over in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Iterable

LeftBecause = Literal["running", "resumable", "unreadable", "untellable", "refused", "not ours"]

_WHY: dict[LeftBecause, str] = {
    "running": "a download is at work on it",
    "resumable": "an unfinished download can go on from it",
    "unreadable": "a note about it cannot be understood",
    "untellable": "no lock tells whether a download is at work on it, and it was touched within a day",
    "refused": "the system did not let it be removed",
    "not ours": "it is huggingface_hub's",
}


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """Kept bytes of one content that stayed. ``size_bytes``: bytes on disk; ``blob_id``: what the content is called.

    ``reason``: ``"running"`` (a download is at work on it), ``"resumable"`` (an unfinished download can go on from
    it), ``"unreadable"`` (a note about it cannot be understood, as a later version may write one), ``"untellable"``
    (no lock tells, and it was touched within a day), ``"refused"`` (the system did not let it be removed) or
    ``"not ours"`` (it is huggingface_hub's).
    """

    repo_id: str
    blob_id: str
    size_bytes: int
    reason: LeftBecause


@dataclass(frozen=True, slots=True)
class CleanReport:
    """What cleaning did. ``freed_bytes``: bytes on disk. ``repo_ids``: the repos of which something was removed, sorted.

    ``left_alone``: kept bytes that stayed, and why.
    """

    freed_bytes: int = 0
    repo_ids: tuple[str, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()

    def __str__(self) -> str:
        """A few lines a person can read."""
        return "\n".join([self._headline(), *self._rest()])

    def _headline(self) -> str:
        if not self.repo_ids:
            return "There was nothing to remove."
        return f"Removed {bytes_text(self.freed_bytes)} from {', '.join(self.repo_ids)}."

    def _rest(self) -> list[str]:
        sums: dict[tuple[str, LeftBecause], int] = {}
        for left in self.left_alone:
            sums[left.repo_id, left.reason] = sums.get((left.repo_id, left.reason), 0) + left.size_bytes
        return [
            f"Left alone: {bytes_text(size)} of {repo}: {_WHY[reason]}."
            for (repo, reason), size in sorted(sums.items())
        ]


def joined(reports: Iterable[CleanReport]) -> CleanReport:
    """Several reports as one."""
    reports = tuple(reports)
    return CleanReport(
        freed_bytes=sum(report.freed_bytes for report in reports),
        repo_ids=tuple(sorted({repo for report in reports for repo in report.repo_ids})),
        left_alone=tuple(left for report in reports for left in report.left_alone),
    )


def said(report: CleanReport) -> str:
    """What a download that cleaned up after others says of it; nothing when it freed nothing."""
    if not report.freed_bytes:
        return ""
    return f"Removed {bytes_text(report.freed_bytes)} that an abandoned download had left"
