"""A card as HTML that stands still: what a notebook file keeps of a download, readable without a kernel.

Rule: it has the elements that ``notebook.js`` draws, except those that do something, and the same style.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ..core.shown.card import Icon

if TYPE_CHECKING:
    from ..core.shown.card import Card

_SYMBOLS = {
    Icon.DOWNLOAD: "↓",
    Icon.PROGRESS: "…",
    Icon.DOWNLOADED: "✓",
    Icon.SELECTED: "✓",
    Icon.FAILED: "!",
    Icon.UNAVAILABLE: "-",
}


def card_html(card: Card, style: str) -> str:
    """The markup of ``card`` with ``style`` in front of it."""
    head = "".join(
        (
            _element("span", "title", card.title),
            "".join(_element("span", "badge", badge) for badge in card.badges),
            _element("span", "figures", " · ".join(filter(None, (card.size_text, card.ram_text)))),
        )
    )
    line = "".join(
        (
            _element("span", "status", card.status_text),
            _element("span", "percent", "" if card.percent is None else f"{card.percent}%"),
            _element("span", "detail", card.detail_text),
        )
    )
    body = (
        f'<div class="modelfetch-head">{head}</div>{_element("div", "subtitle", card.subtitle)}{_bar(card)}'
        f'<div class="modelfetch-line">{line}</div>{_element("div", "reason", card.reason)}'
    )
    return (
        f'<style>{style}</style><div class="modelfetch-cards"><div class="modelfetch-active"><div class="modelfetch-card" '
        f'role="group" aria-label="{escape(card.label)}" data-icon="{card.icon.value}">'
        f'<span class="modelfetch-icon" aria-hidden="true">{_SYMBOLS[card.icon]}</span>'
        f'<div class="modelfetch-body">{body}</div></div></div></div>'
    )


def _element(tag: str, name: str, text: str) -> str:
    """An element that is left out when it would be empty."""
    return f'<{tag} class="modelfetch-{name}">{escape(text)}</{tag}>' if text else ""


def _bar(card: Card) -> str:
    if card.fraction is None:
        return ""
    return (
        f'<div class="modelfetch-bar" role="progressbar" aria-label="{escape(card.title)}" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{card.percent}"><div class="modelfetch-fill" style="width: {card.fraction:.2%}"></div></div>'
    )
