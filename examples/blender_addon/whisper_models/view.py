"""What the panel shows: a pure function of one look, so that a test needs neither Blender nor a download.

Rule: nothing is decided in Blender's draw functions. Texts are whole; only where a line breaks depends on the panel.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._vendor.modelfetch import Action, Card, Downloading, DownloadStatus, Icon, model_card
from .models import MODELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .session import Look, Run

ICONS = {
    Icon.DOWNLOAD: "IMPORT",
    Icon.PROGRESS: "TIME",
    Icon.DOWNLOADED: "CHECKMARK",
    Icon.SELECTED: "CHECKMARK",
    Icon.FAILED: "ERROR",
    Icon.UNAVAILABLE: "CANCEL",
}
"""A card's meanings as Blender's own pictures."""

OFFLINE = "Blender's online access is off: allow it in Preferences > System > Network"
SEPARATOR = " · "


@dataclass(frozen=True, slots=True)
class View:
    """All that the panel draws.

    ``facts``: size, memory and abilities. ``bar``: 0.0 to 1.0, None for no bar. ``percent``: the same, rounded down: 100
    means that every byte is here. ``lines``: what is to be said besides, a warning or a failure. ``download``: the
    button's text, empty for no such button. ``refusal``: why it is off.
    """

    model: str
    title: str
    subtitle: str
    icon: str
    facts: str
    status: str
    detail: str = ""
    bar: float | None = None
    percent: int = 0
    lines: tuple[str, ...] = ()
    download: str = ""
    refusal: str = ""
    is_running: bool = False
    is_downloaded: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What an operator reports at its end: ``level`` is Blender's INFO, WARNING or ERROR."""

    level: str
    text: str


def panel_view(look: Look, chosen: str, *, is_online: bool) -> View:
    """The view of the running download's model, or else of the one that was chosen."""
    card = shown_card(look, chosen)
    is_downloaded = Action.SELECT in card.actions or card.icon in {Icon.DOWNLOADED, Icon.SELECTED}
    may_start = not look.is_running and not is_downloaded
    return View(
        model=card.id,
        title=card.title,
        subtitle=card.subtitle,
        icon=ICONS[card.icon],
        facts=SEPARATOR.join(filter(None, (card.size_text, card.ram_text, ", ".join(card.badges)))),
        status=card.status_text,
        detail="" if is_downloaded else card.detail_text,
        bar=None if is_downloaded else card.fraction,
        percent=0 if is_downloaded else card.percent or 0,
        lines=(card.reason,) if card.reason else (),
        download=download_text(card) if may_start else "",
        refusal=refusal(card, is_online=is_online) if may_start else "",
        is_running=look.is_running,
        is_downloaded=is_downloaded,
    )


def shown_card(look: Look, chosen: str) -> Card:
    """The card of the model that a download is about, with how far it is; else the chosen one's, as the cache has it."""
    run = look.run
    if (
        run is not None
        and (run.is_running or run.model == chosen)
        and run.progress.status is not DownloadStatus.COMPLETE
    ):
        return model_card(MODELS[run.model], Downloading(run.progress))
    return next(card for card in look.cards if card.id == chosen)


def download_text(card: Card) -> str:
    """What the button says, with the size before anything is fetched."""
    if Action.RETRY in card.actions:
        return "Try Again" if card.icon is Icon.FAILED else "Resume"
    return f"Download ({card.size_text})" if card.size_text else "Download"


def refusal(card: Card, *, is_online: bool) -> str:
    """Why the model cannot be downloaded now; empty when it can."""
    if not card.enabled:
        return card.reason
    return "" if is_online else OFFLINE


def ending(run: Run) -> Report:
    """What is reported of a download that has ended."""
    title = MODELS[run.model].display_name or run.model
    progress = run.progress
    if progress.status is DownloadStatus.COMPLETE:
        return Report("INFO", f"{title} is downloaded and checked.")
    if progress.status is DownloadStatus.CANCELLED:
        return Report("INFO", f"{title}: {progress.message}")
    return Report("ERROR", f"{title}: {progress.message}")


def menu(look: Look) -> tuple[tuple[str, str, str, str, int], ...]:
    """The models as items of Blender's menu: identifier, text, tooltip, icon and number."""
    return tuple(
        (card.id, SEPARATOR.join(filter(None, (card.id, card.size_text))), tooltip(card), ICONS[card.icon], number)
        for number, card in enumerate(look.cards)
    )


def tooltip(card: Card) -> str:
    """All that a card says, for who points at it."""
    parts = (card.subtitle, card.ram_text, card.status_text, card.reason)
    return SEPARATOR.join(part.rstrip(".") for part in parts if part)


def folded(text: str, columns: int) -> tuple[str, ...]:
    """``text`` in lines of at most ``columns`` letters, broken at its dots where it has some; Blender's labels never wrap."""
    return tuple(_folded(text, max(8, columns)))


def _folded(text: str, columns: int) -> Iterator[str]:
    line = ""
    for part in text.split(SEPARATOR):
        joined = f"{line}{SEPARATOR}{part}" if line else part
        if len(joined) <= columns:
            line = joined
            continue
        if line:
            yield line
        *whole, line = textwrap.wrap(part, columns) or [""]
        yield from whole
    if line:
        yield line
