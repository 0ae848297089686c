"""A model as a person is shown it: every surface draws the same card and decides nothing.

Rule: what is not there or failed is downloaded by a tap, what is there is selected by it, and what is on its way takes
none. What this machine cannot take is shown at half opacity and disabled, with the reason; a mere estimate only warns. The
icon is a meaning, which each surface maps to a picture of its own.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, assert_never

from ..given import Expected, of, or_none
from ..models.fit import Fit, Verdict, memory_text
from ..models.spec import SPEC
from ..text import bytes_text
from ..transfer.progress import DownloadProgress, DownloadStatus
from .line import detail_line
from .states import Downloaded, Downloading, Failed, NotDownloaded, Queued

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..models.spec import ModelSpec
    from .states import ModelState

DIMMED = 0.5
"""Opacity of what cannot be chosen."""


_STATE = Expected(
    of(NotDownloaded, Queued, Downloading, Downloaded, Failed),
    "One of the states of a model",
    "pass what DownloadManager.state returns, or mf.NotDownloaded()",
)
_FIT = Expected(or_none(of(Fit)), "A Fit, or None,", "pass what check_fit or judge_fit returned")
_PROGRESS = Expected(of(DownloadProgress), "A DownloadProgress", "pass a job's snapshot()")
_TITLE = Expected(of(str), "A text", "pass what a person shall read")

_BAD = {Verdict.TIGHT, Verdict.TOO_BIG}

_RUNNING = {
    DownloadStatus.PENDING: "Preparing",
    DownloadStatus.CHECKING: "Checking",
    DownloadStatus.DOWNLOADING: "Downloading",
    DownloadStatus.VERIFYING: "Verifying",
}


class Icon(Enum):
    """What a card's icon means."""

    DOWNLOAD = "download"
    PROGRESS = "progress"
    DOWNLOADED = "downloaded"
    SELECTED = "selected"
    FAILED = "failed"
    UNAVAILABLE = "unavailable"


class Action(Enum):
    """What a person can do with a card."""

    DOWNLOAD = "download"
    CANCEL = "cancel"
    RETRY = "retry"
    SELECT = "select"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Card:
    """All that is drawn of one model; texts are whole and may be empty.

    ``id``: the model's name. ``fraction``: 0.0 to 1.0, None where there is no bar or its end is not known. ``percent``:
    the same as a number to be read, rounded down; a fraction times 100 is not always that.
    ``reason``: why it cannot be chosen, failed, or may not do well. ``opacity``: 0.0 to 1.0. ``tap``: what a tap on
    the card does, None for nothing. ``actions``: the buttons, the first one first. ``label``: for a screen reader.
    """

    id: str
    title: str
    subtitle: str = ""
    size_text: str = ""
    ram_text: str = ""
    badges: tuple[str, ...] = ()
    icon: Icon = Icon.DOWNLOAD
    fraction: float | None = None
    percent: int | None = None
    status_text: str = ""
    detail_text: str = ""
    reason: str = ""
    enabled: bool = True
    opacity: float = 1.0
    tap: Action | None = None
    actions: tuple[Action, ...] = ()
    label: str = ""

    def to_dict(self) -> dict[str, object]:
        """The card as JSON holds it: icons and actions are their words."""
        return asdict(self) | {
            "badges": list(self.badges),
            "icon": self.icon.value,
            "tap": self.tap and self.tap.value,
            "actions": [action.value for action in self.actions],
        }


def model_card(spec: ModelSpec, state: ModelState, *, fit: Fit | None = None, selected: bool = False) -> Card:
    """The card of a model in a picker. Pure; may be called on any thread. Raises TypeError for what is of another type."""
    spec, state, fit = SPEC.checked("spec", spec), _STATE.checked("state", state), _FIT.checked("fit", fit)
    card = Card(
        id=spec.name,
        title=spec.title,
        subtitle=spec.description,
        size_text=_figure(spec, "size_bytes", bytes_text),
        ram_text=_figure(spec, "min_ram_bytes", lambda count: f"{memory_text(count)} RAM"),
        badges=tuple(spec.capabilities),
    )
    return _labelled(_with_state(card, state, fit, selected=selected))


def progress_card(progress: DownloadProgress, title: str, *, id: str = "") -> Card:  # noqa: A002 - the card's own word
    """The card of one running download, of which no more is known than its progress. Pure; may be called on any thread.

    ``title``: what a person reads; ``id``: the card's own (``title`` without one). Raises TypeError for what is of another type.
    """
    progress, title = _PROGRESS.checked("progress", progress), _TITLE.checked("title", title)
    return _labelled(_with_progress(Card(id=id or title, title=title), progress))


def _figure(spec: ModelSpec, name: str, text: Callable[[int], str]) -> str:
    value = getattr(spec, name)
    if value is None:
        return ""
    return f"about {text(value)}" if name in spec.unverified else text(value)


def _with_state(card: Card, state: ModelState, fit: Fit | None, *, selected: bool) -> Card:
    match state:
        case NotDownloaded():
            return _choosable(replace(card, status_text="Not downloaded", actions=(Action.DOWNLOAD,)), fit)
        case Failed(_, message):
            failed = replace(card, icon=Icon.FAILED, status_text="Failed", reason=message, actions=(Action.RETRY,))
            return _choosable(failed, fit)
        case Queued(ahead):
            text = f"{ahead} before it" if ahead else "next"
            return replace(card, icon=Icon.PROGRESS, status_text="Waiting", detail_text=text, actions=(Action.CANCEL,))
        case Downloading(progress):
            return _with_progress(card, progress)
        case Downloaded():
            return replace(
                card,
                icon=Icon.SELECTED if selected else Icon.DOWNLOADED,
                status_text="Selected" if selected else "Downloaded",
                reason=_warning(fit),
                tap=Action.SELECT,
                actions=(Action.DELETE,) if selected else (Action.SELECT, Action.DELETE),
            )
        case _:
            assert_never(state)


def _choosable(card: Card, fit: Fit | None) -> Card:
    """A card that is downloaded by a tap, unless this machine cannot take the model."""
    if fit is not None and fit.is_refused:
        return replace(
            card,
            icon=Icon.UNAVAILABLE,
            status_text="Does not fit",
            reason=_warning(fit),
            enabled=False,
            opacity=DIMMED,
            actions=(),
        )
    return replace(card, tap=Action.DOWNLOAD, reason=card.reason or _warning(fit))


def _warning(fit: Fit | None) -> str:
    """What speaks against the model, if anything does."""
    return fit.reasons[0] if fit is not None and fit.verdict in _BAD else ""


def _with_progress(card: Card, progress: DownloadProgress) -> Card:
    card = replace(
        card,
        size_text=bytes_text(progress.bytes_total) if progress.bytes_total else card.size_text,
        detail_text=detail_line(progress),
        fraction=progress.fraction if progress.bytes_total else None,
        percent=progress.percent if progress.bytes_total else None,
    )
    match progress.status:
        case DownloadStatus.COMPLETE:
            return replace(card, icon=Icon.DOWNLOADED, status_text="Downloaded")
        case DownloadStatus.CANCELLED:
            return replace(card, icon=Icon.DOWNLOAD, status_text="Cancelled", actions=(Action.RETRY,))
        case DownloadStatus.ERROR:
            return replace(
                card, icon=Icon.FAILED, status_text="Failed", reason=progress.message, actions=(Action.RETRY,)
            )
        case status:
            text = "Stalled" if progress.stalled else _RUNNING[status]
            return replace(card, icon=Icon.PROGRESS, status_text=text, actions=(Action.CANCEL,))


def _labelled(card: Card) -> Card:
    """With all that a screen reader needs to say."""
    percent = "" if card.percent is None else f"{card.percent} percent"
    said = (card.title, card.subtitle, card.size_text, card.status_text, percent, card.reason)
    return replace(card, label=", ".join(part.rstrip(".") for part in said if part))
